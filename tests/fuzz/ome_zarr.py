"""Small sound OME-Zarrs, made in code: what is damaged is a metadata document, a chunk, a shard or a zip file."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tests.plugins.ome_zarr.made import CHAINS, codecs, group, image, multiscale

from .flavours import Sound, steps

_ROOT = "a.ome.zarr"
_OME_XML = (
    '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image '
    'ID="Image:0" Name="steps"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="20" SizeY="16" '
    'SizeZ="4" SizeC="1" SizeT="1"><Channel ID="Channel:0" Name="green"/></Pixels></Image></OME>'
)


def _of(name: str, folder: Path, damaged: str) -> Sound:
    """The store in a folder, of which one file is damaged."""
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    contents = {f"{_ROOT}/{f.relative_to(folder).as_posix()}": f.read_bytes() for f in files}
    data = contents.pop(f"{_ROOT}/{damaged}")
    return Sound.everywhere(
        name=name, stands_as=f"{_ROOT}/{damaged}", data=data, beside=tuple(contents.items()), opened=_ROOT
    )


def _zip(folder: Path, path: Path) -> Sound:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            member = zipfile.ZipInfo(file.relative_to(folder).as_posix())  # its time is that of 1980
            archive.writestr(member, file.read_bytes())
    return Sound.everywhere(name="zip", stands_as="a.ome.zarr.zip", data=path.read_bytes())


def _made(folder: Path, chain: str) -> Path:
    group(folder, {"multiscales": [multiscale("zyx", [[2, 0.5, 0.5]])]})
    codecs(folder / "0", steps(4, 16, 20), (2, 8, 10), CHAINS[chain])
    return folder


def sound(folder: Path) -> tuple[Sound, ...]:
    """The flavours; `folder` is empty again afterwards."""
    zstd, shards, blosc, v2, made, described = (
        folder / name for name in ("zstd", "shards", "blosc", "v2", "zip", "described")
    )
    _made(zstd, "zstd-checksum")
    _made(shards, "shards")
    _made(blosc, "blosc-lz4-crc32c")
    image(v2, steps(2, 9, 11), "cyx", [1, 0.5, 0.5], version="0.4", chunks=(1, 5, 6), units={"y": "nanometer"})
    _made(described, "zstd")
    (described / "OME").mkdir()
    (described / "OME" / "METADATA.ome.xml").write_text(_OME_XML, encoding="utf-8")
    found = (
        _of("root", zstd, "zarr.json"),
        _of("array", zstd, "0/zarr.json"),
        _of("ome-xml", described, "OME/METADATA.ome.xml"),
        _of("chunk", zstd, "0/c/1/1/1"),
        _of("blosc", blosc, "0/c/0/1/0"),
        _of("shard", shards, "0/c/0/0/0"),
        _of("shards-array", shards, "0/zarr.json"),
        _of("v2-root", v2, ".zattrs"),
        _of("v2-array", v2, "0/.zarray"),
        _of("v2-chunk", v2, "0/1.1.0"),
        _zip(_made(made, "zstd"), folder / "a.zip"),
    )
    for path in (zstd, shards, blosc, v2, made, described):
        shutil.rmtree(path)
    (folder / "a.zip").unlink()
    return found
