"""The choice of a file's flavour of TIFF, by its first page and header; it reads no pixel.

The order matters: programs keep the comments of others, so the richest flavour that still fits the pages is tried
first. OME-XML comes before every vendor's mark: it states where each plane lies, and a program that writes it may leave
tags of other programs beside it, as Prairie View does.
"""

from __future__ import annotations

import re
import struct

from omio_core.contract import CorruptFileError, LimitExceededError, UnsupportedFeatureError

from . import _imagej, _micromanager, _ome, _plain, _scanimage, _shaped, _stk, _svs
from ._ifd import Chain, PageSequence
from ._members import Members
from ._notkept import of_pages
from ._picture import Picture, Stack, picture
from ._segments import contiguous_start
from ._tags import DESCRIPTION

# the TIFF of cellSens has the small pictures alone; the image lies in _<stem>_/stack*/frame_t*.ets
_OVERVIEW = (
    "this is the overview of an image of cellSens (VSI): the image itself is in the .ets files of the folder beside "
    "it, which are not read"
)
_NIH = 43314  # NIH Image's header
_UNUSED = "nothing of it is used. Unknown for it: which planes the pages are, and what the description says of them"


def pictures(chain: Chain, members: Members) -> list[Picture]:
    """Describe the images of a file; `members` finds the other files of a set.

    OME-TIFF comes first, then STK, whose planes have no IFDs; then Micro-Manager, SVS, ScanImage, ImageJ, tifffile's
    own, NIH Image, and plain.

    A description that is longer than the settings allow is not used, and the user is warned.

    Raises
    ------
    CorruptFileError
        The description contradicts the pages, or they are damaged.
    UnsupportedFeatureError
        The flavour stores its planes in a way that OMIO does not read.
    LimitExceededError
        The file declares more than the settings allow.
    """
    first = chain.pages[0]
    try:
        description = chain.text(first, DESCRIPTION) or ""
    except (CorruptFileError, LimitExceededError) as error:
        if _stk.is_stack(chain):  # the private tags describe its planes
            return _stk.pictures(chain)
        tag = chain.tag(first, DESCRIPTION)
        if isinstance(error, CorruptFileError) or tag is None or tag.number > chain.file.size:
            raise  # the file ends before its own description: it is not whole
        return _ome.without_text(chain, f"{error.what} ({error.evidence}): {_UNUSED}", kind="TIFF")
    if _ome.is_ome(description):
        return _ome.pictures(chain, description, members)
    if _stk.is_stack(chain):
        return _stk.pictures(chain)
    if _micromanager.is_stack(chain):
        return _micromanager.pictures(chain)
    if _svs.is_svs(chain, description):
        return _svs.pictures(chain)
    pages = _plain.full_pages(chain.pages)
    if pages[0] is not first:
        description = chain.text(pages[0], DESCRIPTION) or ""
    words = of_pages(chain)
    if names_ome(chain.location.name) and description.lstrip().startswith("<"):
        return _ome.without_text(
            chain, f"the name is that of an OME-TIFF, and no OME-XML is found: {_UNUSED}", kind="TIFF"
        )
    found = _pictures_of_planes(chain, pages, description)
    if chain.location.name.lower().endswith(".vsi"):
        found = [picture.with_warnings((_OVERVIEW,)) for picture in found]
    return [picture.with_not_kept(words) for picture in found] if words else found


def as_they_lie(chain: Chain) -> list[Picture]:
    """Describe the pages of a file without any text of it: one image for pages that look alike."""
    if _stk.has_planes_behind_page(chain):
        return _stk.pictures(chain)
    return _plain.pictures(chain, _plain.full_pages(chain.pages), texts=False, kind="TIFF without its texts")


def names_ome(name: str) -> bool:
    """Whether a file is named as an OME-TIFF."""
    return re.search(r"\.ome\.(tiff?|btf|tf[28])$", name.lower()) is not None


def _pictures_of_planes(chain: Chain, pages: PageSequence, description: str) -> list[Picture]:
    """Describe the images of the flavours whose planes are the full pages, in their order."""
    frame_data = _scanimage.header(chain, description)
    if frame_data is not None:
        return _scanimage.pictures(chain, pages, frame_data)
    if description.startswith(_imagej.PREFIX):
        return _imagej.pictures(chain, pages, description)
    shaped = _shaped.pictures(chain, pages, description)
    if shaped:
        return shaped
    nih_planes = _count_nih_planes(chain)
    if nih_planes > len(pages):
        return [_nih_picture(chain, nih_planes)]
    return _plain.pictures(chain, pages)


def _count_nih_planes(chain: Chain) -> int:
    """The number of slices in NIH Image's header: the 16-bit number at byte 260 of it; 0 if there is no such header.

    https://imagej.net/nih-image/more-docs/ "File Formats": the header is at byte 256 of the file, the number of
    slices at byte 516, in the byte order of the Macintosh.
    """
    tag = chain.tag(chain.pages[0], _NIH)
    if tag is None or chain.file.size < 518:
        return 0
    planes: int = struct.unpack(chain.form.order + "h", chain.file.read(516, 2))[0]
    return planes


def _nih_picture(chain: Chain, planes: int) -> Picture:
    """Describe a stack of NIH Image behind one IFD."""
    first = chain.pages[0]
    if not first.structure.direct:
        raise UnsupportedFeatureError(
            f"{chain.file.path} is a stack of NIH Image that is not read",
            evidence=f"{planes} slices behind one IFD, compression {first.structure.compression}",
            remedy="open it with ImageJ and save it as TIFF",
            path=chain.file.path,
        )
    return picture(
        axes="Q", lead=(planes,), stacks=[Stack(pages={0: first}, start=contiguous_start([first], planes))],
        kind="NIH Image stack",
    )  # fmt: skip
