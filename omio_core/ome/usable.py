"""OME-XML that has a flaw: which of its images can be used, and what is unknown for the flaw; it opens no file.

An image is used if its Pixels element, with all its TiffData, stands complete before the flaw. A text that cannot be
parsed at all describes no image.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.parsing.mend import Mended, mend_xml
from omio_core.parsing.xml import children_named, first_named

from .structure import OmeDocument, OmeImage, image_of, parse_ome, structure_of
from .tree import document

_TITLE = "OME-XML"
_CONTAINERS = ("OME", "Image", "Instrument", "StructuredAnnotations", "Plate")
_ENCODING = re.compile(r"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_BEHIND_IMAGES = {"StructuredAnnotations", "ROI"}  # ome.xsd, OME: these elements follow the images


@dataclass(frozen=True, slots=True, kw_only=True)
class UsableOme:
    """OME-XML as far as it can be used.

    Attributes
    ----------
    xml
        A well-formed document for `ome_facts`; empty if nothing of the text can be used.
    document
        Its structure. Its images are those that can be used, with their indices in `xml`.
    flaw
        What is wrong with the text, in words; empty if nothing is.
    unknown
        What of it is used, and what is unknown for the flaw, in words.
    has_all
        Whether it is known that the text describes no further image.
    """

    xml: str
    document: OmeDocument
    flaw: str = ""
    unknown: str = ""
    has_all: bool = True

    @property
    def warning(self) -> str:
        """What the user is told: the flaw, and what is unknown for it; empty if nothing is wrong."""
        return "; ".join(text for text in (self.flaw, self.unknown) if text)

    @property
    def is_lost(self) -> bool:
        """Whether the text says nothing of the pages: it describes no image, and names no file that does."""
        return bool(self.flaw) and not self.document.images and self.document.metadata_file is None


def usable_ome(xml: str) -> UsableOme:
    """Read the structure of a document, or of the part of it that stands complete before a flaw.

    Unlike `parse_ome` it raises no error. A text that declares a DOCTYPE or a name for an unknown encoding, or is
    longer than the limits allow, is not parsed.

    Examples
    --------
    >>> usable = usable_ome("<OME><Image><Pixels SizeZ='1' SizeC='1' SizeT='3'/></Image></OME>&")
    >>> usable.document.images[0].size_t, usable.flaw[:24]
    (3, 'the OME-XML is malformed')
    """
    stated = _ENCODING.match(xml)
    if stated is not None and not _is_known(stated[1]):
        return _unusable(f"the OME-XML has an encoding that is not known ({stated[1][:40]})")
    try:
        return UsableOme(xml=xml, document=parse_ome(xml))
    except (CorruptFileError, LimitExceededError) as error:
        fault = error
    mended = mend_xml(xml, _TITLE, containers=_CONTAINERS)
    text = mended.xml.decode("utf-8", "replace")
    if not mended.flaw:
        return _with_faulty_images(xml, fault)
    has_all = not mended.open_elements or bool(_BEHIND_IMAGES & set(mended.open_elements[1:2]))
    try:
        usable = _with_faulty_images(text, None) if text else None
    except (CorruptFileError, LimitExceededError):
        usable = None
    if usable is None:
        return _unusable(mended.flaw)
    unknown = "; ".join(words for words in (_unknown(mended, usable), usable.warning) if words)
    return UsableOme(
        xml=text, document=usable.document, flaw=mended.flaw, unknown=unknown, has_all=has_all and usable.has_all
    )


LOST = (
    "nothing of it is used. Unknown for it: which planes the pages are, the pixel sizes, channels, times and "
    "positions that it states, and whether other files belong to it"
)
"""What is unknown if nothing of a text can be used."""


def _unusable(flaw: str) -> UsableOme:
    return UsableOme(xml="", document=OmeDocument(), flaw=flaw, unknown=LOST, has_all=False)


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _with_faulty_images(xml: str, fault: CorruptFileError | LimitExceededError | None) -> UsableOme:
    """The structure of a well-formed document without the images that have none; `fault` is why it has some."""
    try:
        tree = document(xml)
    except (CorruptFileError, LimitExceededError):
        if fault is None:
            raise
        words = f"{fault.what} ({fault.evidence})" if fault.evidence else fault.what
        return _unusable(words)
    images: list[OmeImage] = []
    faults: list[str] = []
    for index, element in enumerate(children_named(tree.root, "Image")):
        if fault is None and first_named(element, "Pixels") is None:
            continue  # the image in which the flaw stands
        try:
            images.append(image_of(tree, index, element))
        except CorruptFileError as error:
            faults.append(f"{error.what} ({error.evidence})" if error.evidence else error.what)
    unknown = "" if not faults else "what that image says of its pages is not used" if images else LOST
    return UsableOme(
        xml=xml,
        document=structure_of(tree, tuple(images)),
        flaw="; ".join(dict.fromkeys(faults)),
        unknown=unknown,
        has_all=not faults,
    )


def _unknown(mended: Mended, usable: UsableOme) -> str:
    """What is unknown for the flaw, in words."""
    if not mended.open_elements:
        return "all of it stands before that, and is used"
    if not usable.document.images and usable.document.metadata_file is None:
        return LOST
    where = "/".join(mended.open_elements)
    further = (
        "annotations and regions"
        if _BEHIND_IMAGES & set(mended.open_elements[1:2])
        else ("further images, their annotations and regions")
    )
    return f"what stands before that is used. Unknown for it: the rest of {where}, and {further} behind it"
