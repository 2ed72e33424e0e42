"""The public room of the TIFF plugin: what readers of formats that are built on TIFF stand on.

A reader of such a format passes its own description of the pictures to `TiffImages`, which reads them. It finds the
tables of a file with `read_chain` in `Members`, and makes pictures of pages with `picture`. A package that imports this
module declares omio-core as a dependency; what stands here changes only with the version of the contract.
"""

from __future__ import annotations

from ._chain import read_chain
from ._columns import numbers
from ._ifd import Chain, Page, PageSequence
from ._members import Members
from ._pages import Pages, PagesInOrder
from ._picture import Picture, Stack, picture
from ._plain import full_pages
from ._read import TiffImages
from ._structure import NONE, STRIP_COUNTS, STRIP_OFFSETS, Structure, Values
from ._tables import Form, Layout, Run
from ._tags import jsonable

__all__ = [
    "NONE",
    "STRIP_COUNTS",
    "STRIP_OFFSETS",
    "Chain",
    "Form",
    "Layout",
    "Members",
    "Page",
    "PageSequence",
    "Pages",
    "PagesInOrder",
    "Picture",
    "Run",
    "Stack",
    "Structure",
    "TiffImages",
    "Values",
    "full_pages",
    "jsonable",
    "numbers",
    "picture",
    "read_chain",
]
