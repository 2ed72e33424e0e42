"""ImageJ's flavour of TIFF: a stack in T, Z, C order, described in ``key=value`` lines; it reads no pixel.

Keys as ImageJ writes them: https://github.com/imagej/ImageJ/blob/master/ij/io/FileSaver.java
(getDescriptionString); private tags 50838 and 50839: ij/io/TiffEncoder.java of the same repository.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from omio_core.contract import CorruptFileError, Fact, Facts, seconds

from . import _plain
from ._ifd import Chain, PageSequence
from ._imagej_sizes import contradiction, number, sizes
from ._imagej_tags import metadata
from ._levels import reduced_candidates, stacks
from ._notkept import of_imagej
from ._pages import PagesInOrder
from ._picture import Picture, Stack, picture
from ._segments import contiguous_start
from ._structure import Structure
from ._tags import RawTags, jsonable, notes, raw_tags

PREFIX = "ImageJ="
_DIMENSIONS = (("frames", "T"), ("slices", "Z"), ("channels", "C"))


def pictures(chain: Chain, pages: PageSequence, description: str) -> list[Picture]:
    """Describe the one image of an ImageJ file.

    Raises
    ------
    CorruptFileError
        The stack is longer than the file.
    """
    first = pages[0]
    raw, keys = raw_tags(chain, first), parse(description)
    facts, vendor = partial(imagej_facts, raw), partial(str, description)
    conflict = contradiction(raw, keys)
    warnings = (conflict,) if conflict else ()
    if any(run.layout.structure.picture != first.structure.picture for run in pages.runs):
        difference = ("the pages differ, so they are no ImageJ stack",)
        return _plain.pictures(chain, pages, facts=facts, assumptions=difference, warnings=warnings, signed=signed_note)
    lengths, images, wrong = _counts(pages, keys)
    stack = len(pages) if len(pages) >= images > 1 or (len(pages) > 1 and images == 1) else images
    if stack == 1:
        stack = math.prod(lengths.values())
    if stack > len(pages) > 1 and not _has_images_behind_page(pages, stack):
        # ImageJ writes one page for each image, or one for all; the chain of these pages is whole
        wrong = (*wrong, f"the ImageJ description says {stack} images, the file has {len(pages)} pages: they are taken")
        stack = len(pages)
    warnings = (*warnings, *wrong)
    axes, lead, assumptions = _axes(lengths, stack, str(keys.get("order", "")).upper())
    # ImageJ writes stacks of 4 GB and more with one IFD
    start = None if stack <= len(pages) else contiguous_start(list(pages), stack)
    stack_pages = PagesInOrder(pages[:stack])
    return [
        picture(
            axes=axes, lead=lead,
            stacks=(
                stacks(stack_pages, reduced_candidates(stack_pages)) if start is None
                else [Stack(pages=stack_pages, start=start)]
            ),
            kind="ImageJ hyperstack" if stack > 1 else "ImageJ TIFF", facts=facts, assumptions=assumptions,
            warnings=warnings, vendor=vendor, signed=signed_note(first.structure, description),
            not_kept=of_imagej(raw),
        )
    ]  # fmt: skip


def _counts(pages: PageSequence, keys: Mapping[str, Any]) -> tuple[dict[str, int], int, tuple[str, ...]]:
    """The lengths of T, Z and C and the number of images, both in pages; and what is wrong with them.

    ImageJ counts pages. Bio-Formats counts each sample of an RGB pixel, in `channels=` and in `images=`
    (bfconvert 7.3.1: one RGB page is ``images=3``, ``channels=3``).
    """
    samples = pages[0].structure.samples
    stated = {key: _read_count(keys, key) for key in (*(key for key, _ in _DIMENSIONS), "images")}
    if wrong := [key for key, count in stated.items() if count is None]:
        words = ", ".join(f"{key}={str(keys[key])[:40]}" for key in wrong)
        note = f"the ImageJ description says {words}, which is no number of images: none of its counts is used"
        return {axis: 1 for _, axis in _DIMENSIONS}, len(pages), (note,)
    lengths = {axis: stated[key] or 1 for key, axis in _DIMENSIONS}
    images, declared = stated["images"] or 1, math.prod(lengths.values())
    if samples == 1:
        return lengths, images, ()
    if (
        declared == images == samples * len(pages)
        and lengths["C"] % samples == 0
        and not (len(pages) == 1 and _has_images_behind_page(pages, images))
    ):
        return {**lengths, "C": lengths["C"] // samples}, len(pages), ()
    if declared > max(images, len(pages)) and lengths["C"] == samples:
        lengths["C"] = 1  # samples are declared as channels, and images are pages
    return lengths, images, ()


def _has_images_behind_page(pages: PageSequence, images: int) -> bool:
    """Whether so many images lie one after the other from the data of the first page on, as in stacks of 4 GB."""
    try:
        contiguous_start(list(pages), images)
    except CorruptFileError:
        return False
    return True


def signed_note(structure: Structure, description: str) -> str:
    """A sentence on why pixels are signed although the file stores unsigned ones; "" if they are as stored.

    ImageJ adds 32768 to signed 16-bit pixels, stores them as unsigned, and describes that as a straight line
    (``cf=0``) from value 0 at -32768 in steps of 1: `isSigned16Bit` and `setSigned16BitCalibration` of
    https://github.com/imagej/ImageJ/blob/master/ij/measure/Calibration.java; ij152_from_int16.tif of the tests' files.
    Every other calibration states what the pixels measure, not their type; so does this one with ``zeroclip=true``,
    which shows all values below 0 as 0.
    """
    if structure.dtype != "uint16" or structure.bits != 16:
        return ""
    keys = parse(description)
    line = tuple(number(keys, key) for key in ("cf", "c0", "c1"))
    if line != (0.0, -32768.0, 1.0) or keys.get("zeroclip") is True:
        return ""
    return (
        "pixels are signed 16-bit by ImageJ's calibration (cf=0, c0=-32768, c1=1): they are stored as unsigned, and "
        "32768 is subtracted"
    )


def _axes(lengths: Mapping[str, int], stack: int, order: str) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Axes before those of a page, lengths, assumptions; ImageJ ignores dimensions whose product is not the stack."""
    if math.prod(lengths.values()) == stack:
        axes = order[::-1] if sorted(order) == ["C", "T", "Z"] else "TZC"  # written fastest first; CZT by default
        return axes, tuple(lengths[a] for a in axes), ()
    if all(n == 1 for n in lengths.values()):
        return "Q", (stack,), ()
    dimensions = ", ".join(f"{key} {lengths[axis]}" for key, axis in _DIMENSIONS)
    return (
        "Q",
        (stack,),
        (f"the ImageJ description says {dimensions}, the stack has {stack} images: its axis is unknown",),
    )


def _read_count(keys: Mapping[str, Any], key: str) -> int | None:
    """A number of images; None if the value is none."""
    value = keys.get(key, 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 31:
        return None
    return value


def parse(description: str) -> dict[str, Any]:
    """Parse the keys of a description; numbers, true and false become Python values.

    Examples
    --------
    >>> parse("ImageJ=1.54f\\nimages=3\\nunit=um\\nloop=false")
    {'ImageJ': '1.54f', 'images': 3, 'unit': 'um', 'loop': False}
    """
    keys: dict[str, Any] = {}
    for line in description.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            keys[key.strip()] = value if key == "ImageJ" else _value(value.strip())
    return keys


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "_" in text or len(text) > 40:  # Python would accept underscores in numbers
        return text
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def imagej_facts(raw: RawTags) -> Facts:
    """The facts in the description and the tags; lengths in micrometres, times in seconds."""
    keys = parse(raw.description)
    known: dict[str, Any] = dict(sizes(raw, keys))
    interval = number(keys, "finterval")
    value = None if interval is None else seconds(interval, str(keys.get("tunit", "s")))
    if value is not None:
        known["time_increment"] = Fact(value, "file", "ImageJ description: finterval")
    annotations = notes(raw, description=False)
    annotations["imagej"] = {**_private_values(raw), **keys}
    return Facts(**known, annotations=annotations)


def _private_values(raw: RawTags) -> dict[str, Any]:
    """The values of ImageJ's private tags: Info, Labels, Ranges, LUTs, ROI, Overlays, properties."""
    values: dict[str, Any] = {}
    if raw.imagej is not None:
        try:
            values = jsonable(metadata(*raw.imagej, raw.order))
        except ValueError as error:  # keep the bytes, so nothing is lost
            values = {"IJMetadata": jsonable(raw.imagej[0]), "IJMetadata error": str(error)}
    lines = [line for line in raw.description.splitlines() if line.strip()]
    keys = {line.partition("=")[0].strip() for line in lines if "=" in line}
    if len(keys) < len(lines):  # lines that are no key=value, or a key that occurs twice
        values["description"] = raw.description
    return values
