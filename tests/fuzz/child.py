"""Reads files that may do harm, one request a line, and says what came of each; it judges nothing.

Run as a script by `bounded.Bounded`, never imported. Requests and answers are lines of JSON on the first two file
descriptors; whatever else prints goes to the third.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from omio_core.errors import OmioError, OmioWarning
from omio_core.images.opening import open_source
from omio_core.metadata import model
from omio_core.pixels import handles

_CODE = (".py", ".pyc", ".so", ".pyd", ".dylib", ".dll")  # a module or a codec that is loaded at first use
_INSTALLED = tuple({os.path.realpath(folder) + os.sep for folder in (sys.prefix, sys.base_prefix)})
_WATCHED = ("open", "os.listdir", "os.scandir")
_opened: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what is opened or listed, if somebody wants to know (docs.python.org/3/library/audit_events.html)."""
    if _opened is not None and event in _WATCHED and isinstance(arguments[0], str | bytes):
        path = os.fsdecode(arguments[0])
        if not path.endswith(_CODE) and path not in sys.path:  # where a package's version is looked for
            _opened.append(path)


def _bound(growth: int) -> bool:
    """Let this process hold `growth` bytes more than now; False where the system has no such limit.

    RLIMIT_DATA counts what is private and writable, touched or not: what malloc and numpy take, and no code.
    """
    try:
        import resource

        with open("/proc/self/status") as status:
            held = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData"))
    except (ImportError, OSError):
        return False
    resource.setrlimit(resource.RLIMIT_DATA, (held + growth, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    return True


def _pixels(pixels: np.ndarray) -> dict[str, Any]:
    """What tells one picture from another; `first` is of the plane T=0, Z=0 with all its channels."""
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    digest = hashlib.sha256(little.view(np.uint8).reshape(-1).data if little.size else b"").hexdigest()
    one = pixels.shape[:2] == (1, 1)  # then it is all there is, and that may be much
    first = digest if one else hashlib.sha256(little[:1, :1].tobytes()).hexdigest()
    return {"shape": list(pixels.shape), "dtype": str(pixels.dtype), "sha256": digest, "first": first}


def _steps(request: dict[str, Any], said: dict[str, Any]) -> Iterator[str]:
    """Go through what is asked for, naming each step before it is done."""
    path, asked = request["path"], request["steps"]
    yield "describe"
    images = open_source(path).images
    said["described"] = [[list(image.shape), str(image.dtype)] for image in images]
    if "metadata" in asked:
        yield "metadata"
        for image in images:
            json.dumps(model.to_dict(image.metadata), allow_nan=False)
            image.explain()
            str(image.vendor)
    if "shrink" in asked:
        yield "shrink"
        os.truncate(path, request["shrink_to"])
    if "read" in asked:
        yield "read"
        said["pictures"] = [
            _pixels(image.level(level).to_numpy()) for image in images for level in range(len(image.levels))
        ]


def _raised(error: BaseException) -> dict[str, Any]:
    """The class of an error, and of those it came of; "itself" where that leads back to an error before."""
    chain: list[str] = []
    met = {id(error)}
    of = error.__cause__ or error.__context__
    while of is not None and len(chain) < 10:
        if id(of) in met:
            chain.append("itself")
            break
        met.add(id(of))
        chain.append(type(of).__name__)
        of = of.__cause__ or of.__context__
    ours = isinstance(error, OmioError)
    # a foreign exception that the core caught at a plugin's border says so in its evidence
    border = ours and bool(chain) and f"raised {chain[0]}" in (getattr(error, "evidence", None) or "")
    return {
        "kind": type(error).__name__, "omio": ours, "border": border, "chain": chain, "message": str(error)[:2000],
    }  # fmt: skip


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    global _opened
    said: dict[str, Any] = {"bounded": _bound(request["growth"])}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _opened = [] if request["watch"] else None
        try:
            for step in _steps(request, said):
                said["step"] = step
        except Exception as error:  # noqa: BLE001 - which class it is, is what is asked
            said["error"] = _raised(error)
        finally:
            opened, _opened = _opened, None
            handles.HANDLES.clear()
    real = dict.fromkeys(os.path.realpath(path) for path in opened or ())
    said["opened"] = [path for path in real if not path.startswith(_INSTALLED)]
    said["warnings"] = sorted({w.category.__name__ for w in caught if issubclass(w.category, OmioWarning)})
    said["foreign_warnings"] = sorted(
        {f"{w.category.__name__}: {w.message}"[:300] for w in caught if not issubclass(w.category, OmioWarning)}
    )
    return said


def main() -> None:
    """Answer until there is nobody to ask."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    faulthandler.enable()
    sys.addaudithook(_watch)
    versions = {"python": sys.version.split()[0], "tifffile": tifffile.__version__}
    answers.write(json.dumps({**versions, "imagecodecs": imagecodecs.__version__}) + "\n")
    answers.flush()
    for line in requests:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
