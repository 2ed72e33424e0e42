"""The door of a sound plugin: readers and writers of a file and a folder format, a policy, annotations.

The tests of the conformance kit plant one fault at a time in a copy of it.
"""

from __future__ import annotations

from omio_core.contract import Match, Policy, Reader, Verdict, Writer, hookimpl

OMIO_API = 1


def sniff_file(probe):
    """Recognise a file by its first bytes."""
    if probe.head[:4] == b"GOOD":
        return Verdict(Match.EXACT, "begins with GOOD")
    return Verdict(Match.NO, f"begins with {probe.head[:4]!r}, not with GOOD")


def sniff_folder(probe):
    """Recognise a folder by its document."""
    document = probe.child("picture.json") if probe.is_folder else None
    if document is not None and b'"good"' in document.head:
        return Verdict(Match.EXACT, "a folder with picture.json")
    return Verdict(Match.NO, "no folder with picture.json")


def accepts_file(images):
    """Take any number of images of whole or floating-point numbers."""
    if not images:
        return Verdict(Match.NO, "there is no image")
    for image in images:
        if image.dtype.kind not in "uif":
            return Verdict(Match.NO, f"{image.dtype} is neither whole nor floating-point numbers")
    return Verdict(Match.EXACT, "whole or floating-point numbers")


def accepts_folder(images):
    """Take one image."""
    if len(images) != 1:
        return Verdict(Match.NO, f"a folder holds one image, and there are {len(images)}")
    return accepts_file(images)


def decide(case):
    """Raise always."""
    return "raise"


READER = Reader(
    name="good_file",
    title="Good files",
    suffixes=(".good",),
    sniff=sniff_file,
    open="PACKAGE.reading:open_file",
    options={"add": "a number that is added to every pixel"},
    install="pip install omio-good",
)
FOLDER_READER = Reader(
    name="good_folder",
    title="Good folders",
    suffixes=(".goods",),
    sniff=sniff_folder,
    open="PACKAGE.reading:open_folder",
)
WRITER = Writer(
    name="good_file",
    title="Good files",
    suffixes=(".good",),
    accepts=accepts_file,
    write="PACKAGE.writing:write_file",
    refuse="PACKAGE.writing:refuse",
    check="PACKAGE.writing:check_file",
)
FOLDER_WRITER = Writer(
    name="good_folder",
    title="Good folders",
    suffixes=(".goods",),
    makes="folder",
    accepts=accepts_folder,
    write="PACKAGE.writing:write_folder",
    check="PACKAGE.writing:check_folder",
)
POLICY = Policy(kind="axes", name="good-axes", decide=decide, summary="Every assumption about axes is an error.")


@hookimpl
def omio_readers():
    """The readers."""
    return [READER, FOLDER_READER]


@hookimpl
def omio_writers():
    """The writers."""
    return [WRITER, FOLDER_WRITER]


@hookimpl
def omio_policies():
    """The policy."""
    return [POLICY]


@hookimpl
def omio_annotate(metadata, source):
    """The shape, and the name of the source."""
    return {"shape": list(metadata.shape), "source": source.name}
