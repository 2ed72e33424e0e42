"""Reading CZI: whole pictures, one plane, and opening alone; against aicspylibczi."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .case import Case, keep

SMALL = (512, 512)  # a plane of the file of many planes: 512 KiB
TINY, PLANES = (16, 16), 10_000  # plane size and planes of the file that is only opened
KINDS = {
    "raw": "uncompressed:",
    "zstd0": "zstd0:ExplicitLevel=1",
    "zstd1": "zstd1:ExplicitLevel=1;PreProcess=HiLoByteUnpack",
}


def prepare(folder: Path, mib: int) -> None:
    """Write the files that the cases read, with ZEISS' own writer."""
    from pylibCZIrw.czi import create_czi

    stack = keep(folder, mib)
    for name, options in KINDS.items():
        with create_czi(str(folder / f"{name}.czi"), compression_options=options) as writer:
            for z, plane in enumerate(stack):
                writer.write(plane, plane={"Z": z})
    with create_czi(str(folder / "planes.czi")) as writer:
        for z in range(_planes(mib)):
            writer.write(stack[0, : SMALL[0], : SMALL[1]], plane={"Z": z})
    with create_czi(str(folder / "tiny.czi")) as writer:
        for t in range(PLANES):
            writer.write(stack[0, : TINY[0], : TINY[1]], plane={"T": t})
        writer.write_metadata("tiny", scale_x=1e-7, scale_y=1e-7, scale_z=1e-6)


def _planes(mib: int) -> int:
    return max(4 * mib * (1 << 20) // (SMALL[0] * SMALL[1] * 2), 2)


def _omio(name: str) -> Any:
    def read(folder: Path) -> Any:
        import omio

        return omio.imread(folder / f"{name}.czi")[0]

    return read


def _aicspylibczi(name: str) -> Any:
    def read(folder: Path) -> Any:
        from aicspylibczi import CziFile

        return CziFile(folder / f"{name}.czi").read_image()[0]

    return read


def omio_plane(folder: Path) -> Any:
    """OMIO: open, one plane, close."""
    import omio

    with omio.imopen(folder / "planes.czi") as image:
        return image[0, image.shape[1] // 2, 0]


def aicspylibczi_plane(folder: Path) -> Any:
    """aicspylibczi: open, one plane."""
    from aicspylibczi import CziFile

    file = CziFile(folder / "planes.czi")
    return file.read_image(Z=file.get_dims_shape()[0]["Z"][1] // 2)[0]


def omio_open(folder: Path) -> None:
    """OMIO: to the described images."""
    import omio

    with omio.imopen(folder / "tiny.czi") as image:
        assert image.shape[0] == PLANES


def aicspylibczi_open(folder: Path) -> None:
    """aicspylibczi: to the lengths of the axes."""
    from aicspylibczi import CziFile

    assert CziFile(folder / "tiny.czi").get_dims_shape()[0]["T"] == (0, PLANES)


def omio_facts(folder: Path) -> None:
    """OMIO: to the metadata, including facts per plane."""
    import omio

    with omio.imopen(folder / "tiny.czi") as image:
        assert image.metadata.to_dict()["SizeT"] == PLANES


def aicspylibczi_facts(folder: Path) -> None:
    """aicspylibczi: to the tree of the XML, which it does not interpret."""
    from aicspylibczi import CziFile

    file = CziFile(folder / "tiny.czi")
    assert file.get_dims_shape()[0]["T"] == (0, PLANES)
    assert file.meta is not None


def _case(name: str, title: str) -> Case:
    return Case(
        title=title,
        contenders={"omio": _omio(name), "aicspylibczi": _aicspylibczi(name)},
        checked="picture.npy",
    )


CASES: Mapping[str, Case] = {
    "CZI raw": _case("raw", "read CZI, uncompressed"),
    "CZI zstd0": _case("zstd0", "read CZI, zstd0"),
    "CZI zstd1": _case("zstd1", "read CZI, zstd1 with hi-lo packing"),
    "CZI cold plane": Case(
        title="open a CZI of many planes, read one",
        contenders={"omio": omio_plane, "aicspylibczi": aicspylibczi_plane},
    ),
    "CZI open": Case(
        title="open a CZI of 10,000 planes",
        contenders={"omio": omio_open, "aicspylibczi": aicspylibczi_open},
    ),
    "CZI facts": Case(
        title="open a CZI of 10,000 planes, all facts",
        contenders={"omio": omio_facts, "aicspylibczi": aicspylibczi_facts},
    ),
}
