"""The OME-Zarr plugin as the core sees it: names, suffixes, and how it recognises a store; it reads no pixel."""

from __future__ import annotations

from omio_core.contract import Reader, hookimpl

from ._sniff import sniff

OMIO_API = 1

READER = Reader(
    name="ome_zarr",
    title="OME-Zarr 0.4, 0.5 and 0.6: folders and zip files; images, plates, labels",
    suffixes=(".ome.zarr.zip", ".ome.zarr", ".zarr.zip", ".zarr", ".ozx"),
    sniff=sniff,
    open="omio_plugins.ome_zarr._read:open_ome_zarr",
    options={"label": "the name of the label image that is opened in place of each image, such as 'nuclei'"},
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
