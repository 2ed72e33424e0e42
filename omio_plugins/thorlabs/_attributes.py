"""Experiment.xml as a flat mapping of attributes, all of them optional; it does not know what they mean."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from omio_core.contract import CorruptFileError, advise, local_name, mend_xml, parse_xml

_DEEPEST = 8  # nested elements; ThorImageLS nests two
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}(?:\.0*)?")
ROOT = "ThorImageExperiment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of an experiment.

    Attributes
    ----------
    title
        The name of the file, for errors and origins.
    values
        The text of each attribute, such as ``"LSM/@pixelX"``; of repeated elements, ``"Pockels[2]/@type"``.
    flaw
        What is wrong with the text and what is unknown for it, in words; empty if nothing is.
    is_cut
        Whether elements that stand behind a flaw are missing.
    """

    title: str
    values: Mapping[str, str]
    flaw: str = ""
    is_cut: bool = False

    @classmethod
    def of(cls, xml: bytes, title: str) -> Attributes:
        """Parse the attributes of an XML text; of a flawed one, those that stand complete before the flaw.

        A flaw in the notes of the user costs the notes alone.

        Raises
        ------
        CorruptFileError
            The XML is malformed before any attribute, declares a DOCTYPE, or is not written by ThorImageLS.
        LimitExceededError
            It is too long.
        """
        root, flaw, is_cut = _parse(xml, title)
        if local_name(root) != ROOT:
            raise CorruptFileError(
                f"{title} is not of ThorImageLS",
                evidence=f"its root element is {local_name(root)[:80]}, not {ROOT}",
                remedy=advise("name the right one with {sidecar}", sidecar=None),
            )
        return cls(title=title, values=_flatten(root), flaw=flaw, is_cut=is_cut)

    def text(self, name: str) -> str | None:
        """The stripped text of an attribute; None where it is missing or empty."""
        return (self.values.get(name) or "").strip() or None

    def integer(self, name: str) -> int | None:
        """An integer that the layout of the pixels depends on; None where it is missing.

        Raises
        ------
        CorruptFileError
            The attribute is no integer, or its element may stand behind a flaw.
        """
        text = self.text(name)
        if text is None:
            self._refuse_lost(name)
            return None
        if not _INTEGER.fullmatch(text):
            raise CorruptFileError(
                f"{self.title} is malformed", evidence=f"{name} is {text[:80]!r}, not a whole number", attribute=name
            )
        return int(text.partition(".")[0])

    def number(self, name: str) -> float | None:
        """A finite number that is only metadata; None where it is missing or invalid (ThorImageLS writes points)."""
        try:
            value = float(self.text(name) or "")
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def names(self, element: str) -> list[str]:
        """The attribute ``name`` of all elements of one name, in order; "" for an element without it."""
        self._refuse_lost(f"{element}/@name")
        count = len({key.rpartition("/@")[0] for key in self.values if key.startswith((f"{element}/@", f"{element}["))})
        keys = (f"{element}{'' if k == 1 else f'[{k}]'}/@name" for k in range(1, count + 1))
        return [self.values.get(key, "").strip() for key in keys]

    def _refuse_lost(self, name: str) -> None:
        """Refuse to take an attribute for missing if its element may stand behind the flaw."""
        element = name.rpartition("/@")[0]
        if self.is_cut and not any(key.startswith((f"{element}/", f"{element}[")) for key in self.values):
            raise CorruptFileError(
                f"{self.title} breaks off before it says what the layout depends on",
                evidence=f"{name} is not among what stands before the flaw; {self.flaw}",
                remedy=_SIDECAR,
                attribute=name,
            )


_NOTES = re.compile(rb"""<ExperimentNotes\b(?:[^>"']|"[^"]*"|'[^']*')*?(?:/>|>.*?</ExperimentNotes\s*>)""", re.DOTALL)
_SIDECAR = advise("say the shape in a sidecar: `omio sidecar` makes a template, then {sidecar}", sidecar=None)


def _parse(xml: bytes, title: str) -> tuple[Element, str, bool]:
    """The root, what is wrong with the text, and whether elements behind the flaw are missing."""
    try:
        return parse_xml(xml, title), "", False
    except CorruptFileError as error:
        fault = error
    without_notes = _NOTES.sub(b"", xml)
    if without_notes != xml:
        with contextlib.suppress(CorruptFileError):
            root = parse_xml(without_notes, title)
            return root, f"the notes in the {title} are malformed ({fault.evidence}), and are not used", False
    mended = mend_xml(without_notes, title, containers=(ROOT,))
    if not mended.xml:
        raise CorruptFileError(fault.what, evidence=fault.evidence, remedy=_SIDECAR, **fault.facts) from fault
    if not mended.open_elements:
        return parse_xml(mended.xml, title), f"{mended.flaw}; all of it stands before that, and is used", False
    where = "/".join(mended.open_elements[1:]) or "what follows"
    flaw = f"{mended.flaw}; what stands before that is used. Unknown for it: {where}, and what stands behind it"
    return parse_xml(mended.xml, title), flaw, True


def _flatten(root: Element) -> dict[str, str]:
    values: dict[str, str] = {}
    pending: list[tuple[str, Element, int]] = [("", root, 0)]
    while pending:
        where, element, depth = pending.pop()
        for key, value in element.attrib.items():
            values[f"{where}@{key.rpartition('}')[2]}"] = value
        if where and (text := (element.text or "").strip()):
            values[where.removesuffix("/")] = text
        if depth == _DEEPEST:
            continue
        seen: Counter[str] = Counter()
        children = []
        for child in element:
            name = local_name(child)
            seen[name] += 1
            children.append((f"{where}{name}{'' if seen[name] == 1 else f'[{seen[name]}]'}/", child, depth + 1))
        pending += reversed(children)
    return values
