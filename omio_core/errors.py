"""Every error and warning of OMIO, and how to raise them; of OMIO it knows only how messages are worded.

An error says what happened, what the evidence is, and what to do about it. These three parts, and every fact passed
as a keyword, are attributes of the error. They survive pickling, so that an error crosses process borders unchanged.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from types import FrameType, MemberDescriptorType
from typing import Any

from .wording import joined, worded


class OmioError(Exception):
    """The base class of all errors that OMIO raises on purpose.

    Parameters
    ----------
    what
        One sentence: what happened.
    evidence
        The observation that led to the error.
    remedy
        What the user can do.
    **facts
        Values for programs (``path=``, ``reader=``, ...). Each becomes an attribute.

    Notes
    -----
    All three are plain texts, which the command line shows as they are, or texts of `omio_core.wording`, whose
    keywords the command line spells as its own flags: ``remedy=advise("choose {axes}", axes="ZYX")`` reads
    ``choose axes="ZYX"`` in Python and ``choose --axes ZYX`` on the command line. The attributes are texts in both
    cases.

    Examples
    --------
    >>> error = OmioError("it is not a picture", evidence="0 bytes", path="a.tif")
    >>> print(error)
    it is not a picture
      evidence: 0 bytes
    >>> error.path
    'a.tif'
    """

    def __init__(self, what: str, *, evidence: str | None = None, remedy: str | None = None, **facts: Any):
        self.what = what
        self.evidence = evidence
        self.remedy = remedy
        self.facts = facts
        lines = [what]
        if evidence:
            lines.append(worded("  evidence: {}", evidence))
        if remedy:
            lines.append(worded("  remedy: {}", remedy))
        super().__init__(joined("\n", lines))
        for name, value in facts.items():
            if isinstance(getattr(type(self), name, None), MemberDescriptorType):
                setattr(self, name, value)  # OSError's errno and ImportError's path would hide the fact

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __str__(self) -> str:
        # without this, OSError would print its own (errno, message) pair
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.what, self.evidence, self.remedy, self.facts)


def _rebuild(
    kind: type[OmioError], what: str, evidence: str | None, remedy: str | None, facts: dict[str, Any]
) -> OmioError:
    return kind(what, evidence=evidence, remedy=remedy, **facts)


class PluginError(OmioError):
    """A plugin is at fault, not the data."""


class PluginLoadError(PluginError):
    """A plugin could not be imported or registered."""


class PluginContractError(PluginError):
    """A loaded plugin violated the contract."""


class MissingDependencyError(PluginError, ImportError):
    """A package that a plugin needs is not installed; the remedy names the command that installs it."""


class DispatchError(OmioError, ValueError):
    """OMIO could not choose a single reader or writer."""


class NoReaderError(DispatchError):
    """No installed reader recognises the file."""


class NoWriterError(DispatchError):
    """No installed writer writes files with this suffix."""


class UnknownReaderError(DispatchError):
    """The requested reader is not installed."""


class AmbiguousReaderError(DispatchError):
    """Several readers recognise the file equally well."""


class UnknownOptionError(DispatchError):
    """The chosen reader or writer does not have this option."""


class ReadError(OmioError, OSError):
    """The file could not be read."""


class CorruptFileError(ReadError):
    """The file contradicts itself, or is truncated."""


class AbsentDataError(ReadError):
    """Planes, tiles or files that the image consists of are absent."""


class UnsupportedFeatureError(ReadError):
    """The file is valid, but uses a feature that the reader does not support."""


class LimitExceededError(ReadError):
    """The file declares, or the work needs, more than a limit allows: one of the settings, or ``max_memory``."""


class FileChangedError(ReadError):
    """The file has changed since it was described."""


class MetadataError(OmioError, ValueError):
    """The metadata cannot be true."""


class MissingMetadataError(MetadataError):
    """A required fact is unknown, and the policy ``missing`` forbids that."""


class MetadataConflictError(MetadataError):
    """Two sources state different values for the same fact."""


class AmbiguousAxesError(MetadataError):
    """The axes cannot be determined."""


class AmbiguousSidecarError(MetadataError):
    """Several sidecar files fit the same image equally well."""


class ManyImagesError(OmioError, ValueError):
    """The source contains several images, and none was chosen."""


class MergeError(OmioError, ValueError):
    """The images cannot be merged under the chosen policies."""


class WriteError(OmioError, OSError):
    """The file could not be written; an existing file of that name is unchanged."""


class CacheError(OmioError):
    """A cache entry is damaged or gone, or something that is not OMIO's has its name."""


class BatchError(OmioError):
    """A batch could not continue."""


class OmioWarning(UserWarning):
    """The base class of all warnings of OMIO.

    Parameters
    ----------
    *args
        The message.
    path
        The file that the warning is about; None if it is about no single file. Available as an attribute.
    """

    def __init__(self, *args: object, path: str | None = None):
        super().__init__(*args)
        self.path = path


class PluginLoadWarning(OmioWarning):
    """A plugin is left out; the message gives its name and the reason."""


class MetadataWarning(OmioWarning):
    """Metadata was left out: it cannot be true, or describes a series that the file is only a part of."""


class AssumedAxesWarning(OmioWarning):
    """An axis was assumed; the message names the rule."""


class AbsentPlanesWarning(OmioWarning):
    """Parts of the image are not in the file; they get the format's fill value, 0 if it states none."""


def first_few(
    items: Sequence[str], most: int, *, joint: str = ", ", last: str | None = None, total: int | None = None
) -> str:
    """Join the first few items of a list, and say how many more there are.

    Parameters
    ----------
    items
        All items, or at least the first `most`.
    most
        How many items to name.
    joint
        The separator between two items.
    last
        The separator before "and N more"; None means `joint`.
    total
        The number of all items; needed only if `items` is not complete.

    Examples
    --------
    >>> first_few(["a", "b", "c"], 2), first_few(["a", "b"], 2, joint="; ")
    ('a, b, and 1 more', 'a; b')
    """
    more = (len(items) if total is None else total) - most
    return joint.join(items[:most]) + (f"{joint if last is None else last}and {more} more" if more > 0 else "")


_OUR_PACKAGES = frozenset(("omio", "omio_core", "omio_plugins"))


def warn(message: str, category: type[Warning], *, path: str | None = None) -> None:
    """Warn at the innermost line of code that belongs neither to OMIO nor to the standard library.

    A warning of OMIO's own classes carries `path`, the file it is about: no program has to parse the message for it.

    Frames of the standard library come between where OMIO uses `functools` or `contextlib`. A thread of OMIO has no
    frame of the caller; the warning is then issued at the innermost frame outside OMIO. ``skip_file_prefixes`` of
    `warnings.warn` does part of this, but Python 3.11 lacks it.
    """
    frame: FrameType | None = sys._getframe()
    foreign: list[FrameType] = []
    while frame is not None:
        if _package(frame) not in _OUR_PACKAGES:
            foreign.append(frame)
        frame = frame.f_back
    callers = (other for other in foreign if _package(other) not in sys.stdlib_module_names)
    caller = next(callers, foreign[0] if foreign else sys._getframe(1))
    warnings.warn_explicit(
        category(message, path=path) if issubclass(category, OmioWarning) else message,
        category,
        caller.f_code.co_filename,
        caller.f_lineno,
        module=caller.f_globals.get("__name__", "<unknown>"),
        registry=caller.f_globals.setdefault("__warningregistry__", {}),
    )


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def missing_package(
    error: ImportError, owner: str, extra: str | None, *, install: str = "", **facts: Any
) -> MissingDependencyError:
    """The error for a reader or writer whose module cannot be imported; the remedy installs the missing package.

    Parameters
    ----------
    error
        The failed import.
    owner
        The reader or writer, such as ``"reader czi"``.
    extra
        The extra of omio-core that brings the package, for OMIO's own readers and writers.
    install
        The command that installs it, for those of other packages.
    **facts
        Attributes of the error.
    """
    return MissingDependencyError(
        f"the {owner} needs a package that is not installed",
        evidence=str(error),
        remedy=install or (f"pip install 'omio-core[{extra}]'" if extra else f"install {error.name}"),
        **facts,
    )
