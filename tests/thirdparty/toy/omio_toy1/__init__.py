"""A stranger's plugin: what .toy1 looks like from outside; it reads no pixel.

A .toy1 file is ``TOY1``, then Z, C, Y, X as little-endian 32-bit integers, the pixel size in nanometres as a
little-endian double, and then Z x C x Y x X little-endian 16-bit pixels.
"""

from __future__ import annotations

from omio_core.contract import ConflictCase, Match, MissingCase, Policy, Probe, Reader, Verdict, hookimpl

OMIO_API = 1


def sniff(probe: Probe) -> Verdict:
    """TOY1 is the whole signature."""
    if probe.head[:4] == b"TOY1":
        return Verdict(Match.EXACT, "begins with TOY1")
    return Verdict(Match.NO, f"begins with {probe.head[:4]!r}, not with TOY1")


def first(case: ConflictCase) -> str:
    """Decide every conflict for the first source."""
    return "first"


def depth(case: MissingCase) -> str:
    """Only a size of Z is needed."""
    return "raise" if "PhysicalSizeZ" in case.missing else "accept"


@hookimpl
def omio_readers() -> list[Reader]:
    """One reader, with one option."""
    return [
        Reader(
            name="toy1",
            title="Toys, version 1",
            suffixes=(".toy1",),
            sniff=sniff,
            open="omio_toy1.read:open_toy",
            options={"flip": "whether Y is upside down"},
        )
    ]


@hookimpl
def omio_policies() -> list[Policy]:
    """Policies under names of our own; none is ever chosen by being installed."""
    return [
        Policy(kind="conflict", name="toy-first", decide=first, summary="The first toy wins."),
        Policy(kind="missing", name="toy-depth", decide=depth, summary="A toy needs its depth, and nothing else."),
    ]


@hookimpl
def omio_annotate(metadata, source):
    """Greet every image, whoever reads it."""
    return {"shape": "x".join(map(str, metadata.shape)), "greeting": "made with toys"}
