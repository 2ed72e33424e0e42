"""Which flavour of TIFF a file is, told by its first page; it reads no pixel.

The order matters: programs keep the comments of others, and the richest that still fits the pages is tried first.
"""

from __future__ import annotations

from omio_core.errors import UnsupportedFeatureError

from . import _imagej, _ome, _plain, _shaped
from ._ifd import Chain
from ._picture import Picture
from ._tags import DESCRIPTION

_UIC2 = 33629  # MetaMorph: its count is the number of planes behind one IFD


def pictures(chain: Chain) -> list[Picture]:
    """Describe the images of a file: OME-TIFF, ImageJ, tifffile's own, or plain, in this order.

    Raises
    ------
    CorruptFileError, UnsupportedFeatureError, LimitExceededError
    """
    first = chain.pages[0]
    stack = chain.tag(first, _UIC2)
    if stack is not None and stack.count > 1:
        raise UnsupportedFeatureError(
            f"{chain.file.path} is a MetaMorph stack (STK)",
            evidence=f"tag {_UIC2} declares {stack.count} planes behind one IFD",
            remedy="save it as TIFF or OME-TIFF with MetaMorph, ImageJ or Bio-Formats",
            path=chain.file.path,
        )
    description = chain.text(first, DESCRIPTION) or ""
    if _ome.is_ome(description):
        return _ome.pictures(chain, description)
    pages = _plain.full_pages(chain.pages)
    if pages[0] is not first:
        description = chain.text(pages[0], DESCRIPTION) or ""
    if description.startswith(_imagej.PREFIX):
        return _imagej.pictures(chain, pages, description)
    if _shaped.parse(description) is not None:
        return _shaped.pictures(chain, pages)
    return _plain.pictures(chain, pages)
