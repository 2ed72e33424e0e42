"""The making of a plan: what of a source becomes which image and which file, and what stands against it; no pixel.

The images that were described for a plan stay with it as long as it is carried out at once (`PreparedPlan`); the plan
itself is values only.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from omio.sources.collect import Collection, SourceFile, choose_images, collect, without_garbage_collection
from omio.sources.kinds import SourceLike
from omio.sources.notices import Message, issue, one_per_kind, padding, recorded, recorded_if
from omio_core.errors import MergeError, MetadataError, MetadataWarning, OmioError, WriteError
from omio_core.images.enforce import refuse_missing
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge
from omio_core.merging.recipe import AXES, Merge
from omio_core.merging.record import region
from omio_core.metadata.namespaces import MERGE
from omio_core.pixels.absence import absence
from omio_core.pixels.stream import unit
from omio_core.settings import current
from omio_core.wording import advise, either

from . import channels, targets
from .plan import Plan
from .values import Input, Output, PreparedOutput, WriteOptions

LAYOUTS = ("files", "one-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPlan:
    """A plan with its images at hand, and the warnings to issue when it is executed."""

    plan: Plan
    outputs: tuple[PreparedOutput, ...]
    messages: tuple[Message, ...] = ()

    def refuse(self) -> None:
        """Raise the first error, if there is one; else warn of what is to be warned of.

        Raises
        ------
        OmioError
        """
        for one in self.outputs:
            if one.error is not None:
                raise one.error
        issue(self.messages)


def prepare(
    source: SourceLike,
    said: Request,
    *,
    image: int | str | None = None,
    along: str | None = None,
    out: str | os.PathLike[str] | None = None,
    writing: WriteOptions | None = None,
) -> PreparedPlan:
    """Plan what becomes of a source.

    Parameters
    ----------
    source
        See `omio.sources.kinds`.
    said
        How it is opened.
    image
        Which images of each file: an index, a name, "all"; all where None, if they are not merged.
    along
        The axis to merge along: T, Z or C.
    out
        A file or a folder; None for beside the source.
    writing
        How files are written; None where images are wanted.

    Raises
    ------
    OmioError
        Something cannot be read, or there is no such axis. What stands against a merge or a name is no error here
        but a problem of the output.
    """
    if along is not None and along not in tuple(AXES):
        raise MergeError(
            f"images cannot be merged along {along!r}", evidence=f"the source is {source!r}"[:200],
            remedy=f"choose one of {', '.join(AXES)}", axis=along,
        )  # fmt: skip
    if writing is not None and writing.layout not in LAYOUTS:
        raise WriteError(f"layout cannot be {writing.layout!r}", remedy=f"choose one of {', '.join(LAYOUTS)}")
    with without_garbage_collection():
        collection = collect(source, channels.of_inputs(said, along))
        groups = list(_groups(collection, image, along, writing))
        with recorded_if(len(collection.files) > 1) as told:
            made = [_made(group, along, said, to_file=writing is not None) for group in groups]
    if writing is not None:
        made = targets.name(collection, made, out, said.policies.collision, writing)
    tellings = one_per_kind(told)
    gaps = [collection.gaps] if along is not None and collection.gaps else []
    # what a merge is warned of is among its conflicts
    notes = [*gaps, *(one.text for one in (*collection.messages, *(() if along else tellings)))]
    plan = Plan(
        outputs=tuple(one.output for one in made), request=said, writing=writing, skipped=collection.listing.skipped,
        family=collection.listing.family, notes=(*collection.listing.notes, *notes),
    )  # fmt: skip
    told_too = padding(one.output.padded for one in made)  # of a plan, its outputs say it
    unlike = [
        Message(category=MetadataWarning, text=f"merged along {along}, one after another, although {gap}")
        for gap in gaps
    ]
    return PreparedPlan(plan=plan, outputs=tuple(made), messages=(*collection.messages, *unlike, *tellings, *told_too))


_Group = list[tuple[SourceFile, Image]]


def _groups(
    collection: Collection, image: int | str | None, along: str | None, writing: WriteOptions | None
) -> Iterator[_Group]:
    """The images that become one output, each with its file."""
    picked = choose_images(collection, image, along=along)
    if along is not None:
        yield [(one, each) for one, images in picked for each in images]
        return
    for one, images in picked:
        if writing is not None and writing.layout == "one-file":
            yield [(one, each) for each in images]
        else:
            yield from ([(one, each)] for each in images)


def _made(group: _Group, along: str | None, said: Request, *, to_file: bool) -> PreparedOutput:
    """What becomes of a group, as far as descriptions and metadata tell."""
    taken, parts = tuple(one for one, _ in group), tuple(image for _, image in group)
    inputs = tuple(_input(one, image, said) for one, image in group)
    made = PreparedOutput(output=Output(inputs=inputs, along=along), files=taken, images=parts)
    if along is not None:
        chosen_names = {kind: getattr(said.policies, kind) for kind in ("shapes", "dtypes", "conflict")}
        try:
            parts = channels.deal_names(parts, along, said)
            made = replace(made, images=(merge(parts, along, **chosen_names),))
        except (MergeError, MetadataError) as error:
            return made.failed(error)
    output = replace(_placed(made), memory=_memory(made.images, to_file=to_file))
    made = replace(made, output=output)
    try:
        unknown = tuple(dict.fromkeys(name for image in made.images for name in image.metadata.needed()))
        made = replace(made, output=replace(output, unknown=unknown, conflicts=tuple(_conflicts(made.images[0]))))
        for one in made.images:
            refuse_missing(one.picture.label(), [one], said.policies)
    except (MergeError, MetadataError) as error:
        return made.failed(error)
    return made


def _placed(made: PreparedOutput) -> Output:
    """The output with its sizes, and of a merge where each input lies and what is padded."""
    first = made.images[0]
    output = replace(
        made.output, shape=first.shape, dtype=str(first.dtype), nbytes=sum(one.nbytes for one in made.images)
    )
    recipe = first.merged
    if made.output.along is None or not isinstance(recipe, Merge):
        return output
    inputs, padded = [], []
    for one, place in zip(output.inputs, recipe.places, strict=True):
        spans = {axis: (start, stop) for axis, (start, stop) in region(place).items()}
        inputs.append(replace(one, region=spans))
        short = [
            f"{axis} {stop} to {length}"
            for (axis, (_, stop)), length in zip(spans.items(), first.shape, strict=True)
            if axis != output.along and stop < length
        ]
        if short:
            padded.append(f"{os.path.basename(one.path)}: {', '.join(short)}")
    return replace(output, inputs=tuple(inputs), padded=tuple(padded))


def _input(taken: SourceFile, image: Image, said: Request) -> Input:
    picture, decision = image.picture.stored, taken.opened.decision
    assert picture is not None  # as all images of a file are stored
    assumed = (*picture.description.assumptions, *picture.layout.assumptions)
    if said.overrides.axes is not None:
        rule = f"named by the caller: {said.overrides.axes}"
    else:
        rule = "; ".join(dict.fromkeys(assumed)) or "named by the file"
    return Input(
        path=taken.opened.path,
        image=picture.index,
        images=len(taken.opened.images),
        name=image.name,
        reader=decision.reader.name,
        because=decision.reason,
        members=picture.key.members,
        native_axes=picture.description.axes,
        native_shape=tuple(picture.description.levels[0].shape),
        rule=rule,
        shape=image.shape,
        dtype=str(image.dtype),
        absent=absence(picture),
    )


def _conflicts(image: Image) -> Iterator[str]:
    """What the inputs of a merge state differently, and what a policy made of it; and where they leave gaps."""
    if not isinstance(image.merged, Merge):
        return
    record = image.metadata.facts.annotations.get(MERGE, {})
    for one in record.get("conflicts", ()):
        if not one["fact"].startswith("Annotations["):  # files describe themselves differently as a rule
            recorded = "unknown" if one["action"] == "null" else f"{one['value']!r}, that of {one['from']}"
            yield f"{one['fact']}: {recorded} (differs in {one['differing']}, such as {one['such as']})"
    for one in record.get("gaps", ()):
        yield f"{one['kind']} between {one['after']} and {one['before']}: a step of {one['step']:g} {one['unit']}"
    yield from record.get("notes", ())


def _memory(images: Sequence[Image], *, to_file: bool) -> int:
    """Bytes that an output needs: all of it in memory; or of a file what is in flight between reader and writer."""
    if not to_file:
        return sum(one.nbytes for one in images)
    settings = current()
    most = 0
    for one in images:
        task = math.prod(unit(one.shape, one.picture.blocks, one.dtype.itemsize)) * one.dtype.itemsize
        flight = min((settings.workers + 2) * 2 * task, max(settings.max_bytes, 2 * task))
        most = max(most, min(flight, 2 * one.nbytes))
    return most


def plan(
    source: SourceLike,
    said: Request,
    *,
    image: int | str | None,
    along: str | None,
    out: str | os.PathLike[str] | None,
    writing: WriteOptions,
    to: str,
) -> Plan:
    """The plan alone: what would be warned of is in it; see `omio.plan`."""
    if to not in ("files", "memory"):
        remedy = either(advise("choose {to}", to="files"), advise("{to}", to="memory"), joint=" or ")
        raise OmioError(f"there is no plan to {to!r}", remedy=remedy)
    if to == "memory" and out is not None:
        raise OmioError(
            "what is read into memory has no name", evidence=f"out={os.fspath(out)!r}", remedy="leave it out"
        )
    with recorded():
        return prepare(source, said, image=image, along=along, out=out, writing=writing if to == "files" else None).plan
