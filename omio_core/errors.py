"""Every error and warning OMIO raises, and the words they share; of OMIO it knows only how messages are worded.

An error says what happened, on what evidence, and what to do about it. The three parts and every fact given by
keyword stay available as attributes, and survive pickling, so that a worker process can hand an error on unharmed.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType, MemberDescriptorType
from typing import Any

from .wording import joined, worded


class OmioError(Exception):
    """The root of all errors OMIO raises on purpose.

    Parameters
    ----------
    what
        One sentence: what happened.
    evidence
        What was seen that led to it.
    remedy
        What the reader of the message can do.
    **facts
        Anything a program may want (``path=``, ``reader=``, ...); each becomes an attribute.

    Notes
    -----
    All three may be plain texts, which the command line shows as they are, or texts of `omio_core.wording`, whose
    keywords it spells as flags of its own: ``remedy=advise("choose {axes}", axes="ZYX")`` is ``choose axes="ZYX"`` in
    Python and ``choose --axes ZYX`` there. The attributes are texts either way.

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
                setattr(self, name, value)  # OSError's errno, ImportError's path: they would hide the fact

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __str__(self) -> str:
        # OSError would otherwise print (errno, message) pairs of its own making
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.what, self.evidence, self.remedy, self.facts)


def _rebuild(
    kind: type[OmioError], what: str, evidence: str | None, remedy: str | None, facts: dict[str, Any]
) -> OmioError:
    return kind(what, evidence=evidence, remedy=remedy, **facts)


class PluginError(OmioError):
    """Something is wrong with a plugin, not with the data."""


class PluginLoadError(PluginError):
    """A plugin could not be imported or registered."""


class PluginContractError(PluginError):
    """A plugin was loaded, and then did not keep to the contract."""


class MissingDependencyError(PluginError, ImportError):
    """A package that a plugin needs is not installed; the remedy names the extra that brings it."""


class DispatchError(OmioError, ValueError):
    """No single reader or writer could be chosen."""


class NoReaderError(DispatchError):
    """No installed reader recognises the file."""


class NoWriterError(DispatchError):
    """No installed writer writes files of that name."""


class UnknownReaderError(DispatchError):
    """The reader asked for by name is not installed."""


class AmbiguousReaderError(DispatchError):
    """Several readers claim the file equally."""


class UnknownOptionError(DispatchError):
    """An option that the chosen reader or writer does not have."""


class ReadError(OmioError, OSError):
    """The file could not be read."""


class CorruptFileError(ReadError):
    """The file contradicts itself, or ends too soon."""


class AbsentDataError(ReadError):
    """Planes, tiles or files that should be there are not."""


class UnsupportedFeatureError(ReadError):
    """The file is sound, and uses something that the reader does not do."""


class LimitExceededError(ReadError):
    """The file declares more than a limit in the settings allows."""


class FileChangedError(ReadError):
    """The file is not the one that was described before."""


class MetadataError(OmioError, ValueError):
    """Metadata that cannot be true."""


class MissingMetadataError(MetadataError):
    """A needed fact is unknown, and the policy ``missing`` forbids that."""


class MetadataConflictError(MetadataError):
    """Two sources state different values for one fact."""


class AmbiguousAxesError(MetadataError):
    """The axes cannot be told from the file."""


class AmbiguousSidecarError(MetadataError):
    """Several sidecar files claim one picture equally."""


class ManyImagesError(OmioError, ValueError):
    """The source holds several images and none was chosen."""


class MergeError(OmioError, ValueError):
    """Images that cannot be merged under the policies named."""


class WriteError(OmioError, OSError):
    """The file could not be written; what stood under its name still stands."""


class CacheError(OmioError):
    """A cache entry is unusable."""


class BatchError(OmioError):
    """A batch could not go on."""


class OmioWarning(UserWarning):
    """The root of all warnings OMIO gives.

    Parameters
    ----------
    *args
        The message.
    path
        The file the warning is about; None where it is about no single file. It stays available as an attribute.
    """

    def __init__(self, *args: object, path: str | None = None):
        super().__init__(*args)
        self.path = path


class PluginLoadWarning(OmioWarning):
    """A plugin is left out; the message names it and says why."""


class MetadataWarning(OmioWarning):
    """Metadata that was left out: it cannot be true, or is of a series of which the file is a part."""


class AssumedAxesWarning(OmioWarning):
    """An axis was assumed, by a rule that the message names."""


class AbsentPlanesWarning(OmioWarning):
    """Parts of the picture are not in the file, and are filled with 0."""


def first_few(
    items: Sequence[str], most: int, *, joint: str = ", ", last: str | None = None, total: int | None = None
) -> str:
    """The first few of a list in words, and how many more there are.

    Parameters
    ----------
    items
        All of them, or at least the first `most`.
    most
        How many are named.
    joint
        What stands between two of them.
    last
        What stands before "and N more"; `joint` where None.
    total
        How many there are, where `items` are not all of them.

    Examples
    --------
    >>> first_few(["a", "b", "c"], 2), first_few(["a", "b"], 2, joint="; ")
    ('a, b, and 1 more', 'a; b')
    """
    more = (len(items) if total is None else total) - most
    return joint.join(items[:most]) + (f"{joint if last is None else last}and {more} more" if more > 0 else "")


_OURS = frozenset(("omio", "omio_core", "omio_plugins"))


def warn(message: str, category: type[Warning], *, path: str | None = None) -> None:
    """Warn at the innermost line that is neither OMIO's nor the standard library's.

    A warning of OMIO's own classes carries `path`, the file it is about, so that nobody has to find it in the message.

    The standard library lies between where OMIO uses `functools` or `contextlib`. In a thread of OMIO's own there is
    no line of the caller; then it is the innermost that is not OMIO's. ``skip_file_prefixes`` of `warnings.warn` does
    a part of this, and is not in Python 3.11.
    """
    frame: FrameType | None = sys._getframe()
    foreign: list[FrameType] = []
    while frame is not None:
        if _package(frame) not in _OURS:
            foreign.append(frame)
        frame = frame.f_back
    known = (one for one in foreign if _package(one) not in sys.stdlib_module_names)
    at = next(known, foreign[0] if foreign else sys._getframe(1))
    warnings.warn_explicit(
        category(message, path=path) if issubclass(category, OmioWarning) else message,
        category,
        at.f_code.co_filename,
        at.f_lineno,
        module=at.f_globals.get("__name__", "<unknown>"),
        registry=at.f_globals.setdefault("__warningregistry__", {}),
    )


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


@contextmanager
def border(
    what: str,
    *,
    kind: type[OmioError] = PluginContractError,
    source: str = "",
    remedy: str | None = None,
    passed: tuple[type[Exception], ...] = (OmioError,),
    **facts: Any,
) -> Iterator[None]:
    """Run a plugin's code; what it raises by mistake becomes an error of ours.

    Parameters
    ----------
    what, kind, remedy, **facts
        The error, its class and what belongs to it.
    source
        What stands before the foreign exception in the evidence.
    passed
        What is let through as it is.

    Raises
    ------
    OmioError
        The code raised something else; the cause is the foreign exception.
    """
    try:
        yield
    except passed:
        raise
    except Exception as error:  # the plugin border
        raise kind(what, evidence=f"{source}{type(error).__name__}: {error}", remedy=remedy, **facts) from error


def reader_border(
    reader: str, path: str, doing: str, *, passed: tuple[type[Exception], ...] = (OmioError,)
) -> AbstractContextManager[None]:
    """The `border` of a reader at work on a file; `doing` is what cannot be done: opened, described, read."""
    return border(
        f"{path} cannot be {doing}",
        kind=CorruptFileError,
        source=f"the reader {reader} raised ",
        remedy="check the file with another program; if it opens there, report it to the reader's author",
        passed=passed,
        path=path,
        reader=reader,
    )


def missing_package(error: ImportError, owner: str, extra: str | None, **facts: Any) -> MissingDependencyError:
    """The error for a reader or writer whose module does not import, with what brings the package."""
    return MissingDependencyError(
        f"the {owner} needs a package that is not installed",
        evidence=str(error),
        remedy=f"pip install 'omio-core[{extra}]'" if extra else f"install {error.name}",
        **facts,
    )
