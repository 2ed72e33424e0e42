"""A plugin of everything, all through the one door: reader, writer, policies, annotation; type checkers read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omio_core.contract import (
    ConflictCase,
    ImageLike,
    Location,
    Match,
    Metadata,
    Policy,
    Probe,
    Reader,
    Verdict,
    Writer,
    hookimpl,
)

OMIO_API = 1


def sniff(probe: Probe) -> Verdict:
    """The first bytes decide."""
    if probe.head[:4] == b"TEN1":
        return Verdict(Match.EXACT, "begins with TEN1")
    return Verdict(Match.NO, "does not begin with TEN1")


def accepts(images: Sequence[ImageLike]) -> Verdict:
    """One image of uint16."""
    if len(images) != 1:
        return Verdict(Match.NO, f"it holds one image, not {len(images)}")
    if images[0].dtype.name != "uint16":
        return Verdict(Match.NO, f"its pixels are uint16, not {images[0].dtype}")
    return Verdict(Match.EXACT, "one image of uint16")


def decide(case: ConflictCase) -> str:
    """Sizes must agree; names of channels become unknown."""
    if case.about == "size":
        return "raise"
    return "null" if case.fact.startswith("Channels") else "first"


@hookimpl
def omio_readers() -> list[Reader]:
    """One reader."""
    return [Reader(name="ten", title="Ten", suffixes=(".ten",), sniff=sniff, open="omio_ten.read:open_ten")]


@hookimpl
def omio_writers() -> list[Writer]:
    """One writer, with one option."""
    return [
        Writer(
            name="ten",
            title="Ten",
            suffixes=(".ten",),
            accepts=accepts,
            write="omio_ten.write:write_ten",
            options={"comment": "a text"},
        )
    ]


@hookimpl
def omio_policies() -> list[Policy]:
    """A rule of its own for two kinds."""
    return [
        Policy(kind="conflict", name="ten", decide=decide, summary="Sizes must agree."),
        Policy(kind="collision", name="ten", decide=lambda case: "skip", summary="Leaves what is there."),
    ]


@hookimpl
def omio_annotate(metadata: Metadata, source: Location) -> Mapping[str, object]:
    """Count the planes."""
    return {"name": source.name, "planes": metadata.shape[0] * metadata.shape[1]}
