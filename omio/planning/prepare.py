"""Make a plan: decide which images and files a source becomes, and find problems; reads no pixel.

The images described for a plan stay with it as long as it is executed at once (`PreparedPlan`); the plan itself is
values only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from omio.sources.choice import choose_images
from omio.sources.collect import (
    Collection,
    SourceFile,
    describe_listing,
    looker,
    with_failures,
    without_garbage_collection,
)
from omio.sources.failures import Failure, adder, error_of
from omio.sources.kinds import SourceLike, find
from omio.sources.notices import Message, issue, one_per_kind, padding, recorded, recorded_if
from omio_core.errors import (
    LimitExceededError,
    MergeError,
    MetadataError,
    MetadataWarning,
    OmioError,
    WriteError,
)
from omio_core.images.enforce import refuse_missing
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge
from omio_core.merging.recipe import AXES, Merge
from omio_core.merging.record import region
from omio_core.metadata.namespaces import MERGE
from omio_core.pixels.absence import absence
from omio_core.wording import message

from . import channels, memory, targets
from .plan import Plan
from .quick import Glance, described_names, in_order
from .settling import quick_for, settling_for
from .values import Failed, Input, Output, PreparedOutput, WriteOptions

LAYOUTS = ("files", "one-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPlan:
    """A plan with its images at hand, and the warnings to issue when it is executed."""

    plan: Plan
    outputs: tuple[PreparedOutput, ...]
    messages: tuple[Message, ...] = ()
    failures: tuple[Failure, ...] = ()

    def refuse(self, *, stop: bool = True) -> None:
        """Raise the first error; if there is none, or if the rest goes on in spite of it, issue the warnings.

        Parameters
        ----------
        stop
            Whether one error stops everything, also where files are made from several sources.

        Raises
        ------
        OmioError, OSError
            A source cannot be read, or an output has a problem.
        """
        if stop or not self.plan.possible:
            if len(self.failures) > 1:
                raise error_of({failure.path: failure.error for failure in self.failures}, "read")
            for failure in self.failures:
                raise failure.error
            for output in self.outputs:
                if output.error is not None:
                    raise output.error
        issue(self.messages)


def prepare(
    source: SourceLike,
    request: Request,
    *,
    image: int | str | None = None,
    along: str | None = None,
    out: str | os.PathLike[str] | None = None,
    writing: WriteOptions | None = None,
    remake: bool = False,
    stop: bool = True,
) -> PreparedPlan:
    """Plan what becomes of a source.

    Parameters
    ----------
    source
        See `omio.sources.kinds`.
    request
        How the source is opened.
    image
        Which images of each file: an index, a name, "all". None: all, if they are not merged.
    along
        The axis to merge along: T, Z or C.
    out
        A file or a folder; None for beside the source.
    writing
        How files are written; None where images are wanted.
    remake
        Whether an update replaces what is up to date, too.
    stop
        Whether the first file that cannot be read is an error; else it is a problem of the plan. The source as a whole
        must be there, and one of its files readable.

    Raises
    ------
    OmioError
        A source cannot be read, or there is no such axis or layout. Reasons against a merge or a name are no error
        here: each is a problem of its output.
    """
    _check(source, along, writing)
    failures: list[Failure] | None = None if stop else []
    with without_garbage_collection():
        listing = find(source, None if failures is None else adder(failures))
        settling = None if writing is None else settling_for(listing, request, along, out, writing, remake=remake)
        look = Glance(looker(channels.without_merged_names(request, along)))
        quick = None
        if settling is not None and settling.updates:
            settles = along is None and image is None and not remake
            quick = quick_for(settling, listing, look, request.reader, settles=settles)
        collection = describe_listing(listing, look, failures=failures, known=None if quick is None else quick.known)
        groups = list(_groups(collection, image, along, writing, failures))
        collection = with_failures(collection, failures)
        with recorded_if(len(collection.files) > 1) as warning_records:
            outputs = [_prepare_output(group, along, request, writing) for group in groups]
        if settling is not None:
            settling = settling.knowing(collection, outputs, described_names(collection, quick))
            outputs = targets.name(collection, outputs, out, settling)
    image_messages = one_per_kind(warning_records)
    # a merge has its warnings among its conflicts
    notes = tuple(one.text for one in (*collection.messages, *(() if along else image_messages)))
    gaps = (collection.gaps,) if along is not None and collection.gaps else ()
    plan = Plan(
        outputs=in_order(collection, outputs, {} if quick is None else quick.outputs),
        request=request,
        writing=writing,
        skipped=collection.listing.skipped,
        failed=tuple(Failed(path=failure.path, problem=message(failure.error)) for failure in collection.failures),
        stale=() if settling is None else settling.stale(collection),
        family=tuple(map(str, collection.listing.family)),
        notes=(*collection.listing.notes, *gaps, *notes),
    )
    messages = (*collection.messages, *_gap_messages(gaps, along), *image_messages)
    padding_messages = padding(prepared.output.padded for prepared in outputs)  # no notes: the outputs have it
    return PreparedPlan(
        plan=plan,
        outputs=tuple(outputs),
        messages=(*messages, *padding_messages),
        failures=collection.failures,
    )


def _gap_messages(gaps: Sequence[str], along: str | None) -> list[Message]:
    return [
        Message(category=MetadataWarning, text=f"merged along {along}, one after another, although {gap}")
        for gap in gaps
    ]


def _check(source: SourceLike, along: str | None, writing: WriteOptions | None) -> None:
    """Refuse an axis or a layout that does not exist."""
    if along is not None and along not in tuple(AXES):
        raise MergeError(
            f"images cannot be merged along {along!r}", evidence=f"the source is {source!r}"[:200],
            remedy=f"choose one of {', '.join(AXES)}", axis=along,
        )  # fmt: skip
    if writing is not None and writing.layout not in LAYOUTS:
        raise WriteError(f"layout cannot be {writing.layout!r}", remedy=f"choose one of {', '.join(LAYOUTS)}")


_Group = list[tuple[SourceFile, Image]]


def _groups(
    collection: Collection,
    image: int | str | None,
    along: str | None,
    writing: WriteOptions | None,
    failures: list[Failure] | None,
) -> Iterator[_Group]:
    """Yield the images that become one output, each with its file."""
    picked = choose_images(collection, image, along=along, failures=failures)
    if along is not None:
        yield [(file, image) for file, images in picked for image in images]
        return
    for file, images in picked:
        if writing is not None and writing.layout == "one-file":
            yield [(file, image) for image in images]
        else:
            yield from ([(file, image)] for image in images)


def _prepare_output(group: _Group, along: str | None, request: Request, writing: WriteOptions | None) -> PreparedOutput:
    """Decide what becomes of a group, as far as descriptions and metadata tell."""
    files, parts = tuple(file for file, _ in group), tuple(image for _, image in group)
    inputs = tuple(_describe_input(file, image, request) for file, image in group)
    prepared = PreparedOutput(output=Output(inputs=inputs, along=along), files=files, images=parts)
    if along is not None:
        policies = {kind: getattr(request.policies, kind) for kind in ("shapes", "dtypes", "conflict")}
        try:
            parts = channels.deal_names(parts, along, request)
            prepared = replace(prepared, images=(merge(parts, along, **policies),))
        except (MergeError, MetadataError) as error:
            return prepared.failed(error)
    output = replace(_place_inputs(prepared), memory=memory.needed(prepared.images, writing))
    prepared = replace(prepared, output=output)
    try:
        memory.refuse(output, writing)
        unknown = tuple(dict.fromkeys(name for image in prepared.images for name in image.metadata.needed()))
        prepared = replace(
            prepared, output=replace(output, unknown=unknown, conflicts=tuple(_conflicts(prepared.images[0])))
        )
        for image in prepared.images:
            refuse_missing(image.picture.label(), [image], request.policies)
    except (LimitExceededError, MergeError, MetadataError) as error:
        return prepared.failed(error)
    return prepared


def _place_inputs(prepared: PreparedOutput) -> Output:
    """Return the output with its sizes; for a merge, also where each input lies and what is padded."""
    first = prepared.images[0]
    output = replace(
        prepared.output,
        shape=first.shape,
        dtype=str(first.dtype),
        nbytes=sum(image.nbytes for image in prepared.images),
    )
    recipe = first.merged
    if prepared.output.along is None or not isinstance(recipe, Merge):
        return output
    inputs, padded = [], []
    for source, place in zip(output.inputs, recipe.places, strict=True):
        spans = {axis: (start, stop) for axis, (start, stop) in region(place).items()}
        inputs.append(replace(source, region=spans))
        short = [
            f"{axis} {stop} to {length}"
            for (axis, (_, stop)), length in zip(spans.items(), first.shape, strict=True)
            if axis != output.along and stop < length
        ]
        if short:
            padded.append(f"{source.location.name}: {', '.join(short)}")
    return replace(output, inputs=tuple(inputs), padded=tuple(padded))


def _describe_input(file: SourceFile, image: Image, request: Request) -> Input:
    picture, decision = image.picture.stored, file.opened.decision
    assert picture is not None  # all images of a file are stored
    assumed = (*picture.description.assumptions, *picture.layout.assumptions)
    if request.overrides.axes is not None:
        rule = f"named by the caller: {request.overrides.axes}"
    else:
        rule = "; ".join(dict.fromkeys(assumed)) or "named by the file"
    return Input(
        location=picture.key.location,
        image=picture.index,
        images=len(file.opened.images),
        name=image.name,
        reader=decision.reader.name,
        because=decision.reason,
        members=picture.key.members,
        listing=picture.key.listing,
        native_axes=picture.description.axes,
        native_shape=tuple(picture.description.levels[0].shape),
        rule=rule,
        shape=image.shape,
        dtype=str(image.dtype),
        absent=absence(picture),
    )


def _conflicts(image: Image) -> Iterator[str]:
    """Yield what the inputs of a merge state differently, with what a policy made of it, and where they leave gaps."""
    if not isinstance(image.merged, Merge):
        return
    record = image.metadata.facts.annotations.get(MERGE, {})
    for conflict in record.get("conflicts", ()):
        if not conflict["fact"].startswith("Annotations["):  # annotations differ from file to file as a rule
            choice = "unknown" if conflict["action"] == "null" else f"{conflict['value']!r}, that of {conflict['from']}"
            yield f"{conflict['fact']}: {choice} (differs in {conflict['differing']}, such as {conflict['such as']})"
    for gap in record.get("gaps", ()):
        yield f"{gap['kind']} between {gap['after']} and {gap['before']}: a step of {gap['step']:g} {gap['unit']}"
    yield from record.get("notes", ())


def plan(
    source: SourceLike,
    request: Request,
    *,
    image: int | str | None,
    along: str | None,
    out: str | os.PathLike[str] | None,
    writing: WriteOptions | None,
    remake: bool = False,
) -> Plan:
    """Return the plan alone; it contains the warnings that its execution would issue. See `omio.plan`.

    Raises
    ------
    OmioError
        `out` names a file for images in memory, or as for `prepare`.
    """
    if writing is None and out is not None:
        raise OmioError(
            "what is read into memory has no name", evidence=f"out={os.fspath(out)!r}", remedy="leave it out"
        )
    with recorded():
        return prepare(
            source, request, image=image, along=along, out=out, writing=writing, remake=remake, stop=False
        ).plan
