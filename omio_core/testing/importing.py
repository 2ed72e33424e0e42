"""Checks whether importing a plugin is light: another process imports it and asks its hooks; needs no pytest."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .candidate import Candidate, search_path
from .findings import Finding

HEAVY = (
    "numpy", "scipy", "pandas", "tifffile", "imagecodecs", "zarr", "numcodecs", "dask", "distributed", "xarray", "yaml",
    "ruamel", "ome_types", "ome_zarr", "xsdata", "pydantic", "lxml", "h5py", "PIL", "skimage", "cv2", "imageio",
    "matplotlib", "torch", "tensorflow", "napari", "fsspec", "requests", "aiohttp", "httpx", "aicspylibczi", "czifile",
    "pylibCZIrw", "nd2", "readlif", "mrcfile", "nibabel", "pydicom", "SimpleITK", "itk", "jpype", "scyjava", "bioio",
)  # fmt: skip
"""Packages that take long to import or may not be installed: each belongs behind the reference to ``open``."""

MANY = 40  # modules; a package that loads more of them is heavy, whatever its name
_NATIVE = (".so", ".pyd", ".dylib")
_SECONDS = 120


def import_findings(plugin: Candidate) -> Iterator[Finding]:
    """Yield what is wrong with importing a plugin and asking its hooks, as another process sees it."""
    seen = _look(plugin)

    def finding(rule: str, sentence: str) -> Finding:
        return Finding(rule=rule, subject=f"plugin {plugin.name}", sentence=sentence)

    if "error" in seen:
        yield finding("import", f"{plugin.value} cannot be imported: {seen['error']}")
        return
    for package in seen["heavy"]:
        yield finding(
            "light import",
            f"importing {plugin.module} and asking its hooks loads {package}; import it in the module that `open` or "
            "`write` names",
        )
    for thread in seen["threads"]:
        yield finding("light import", f"importing it starts the thread {thread!r}; only the core starts threads")
    if seen["handlers"]:
        yield finding("light import", "importing it adds a handler to the root logger; leave logging to the user")
    if seen["moved"]:
        yield finding("light import", f"importing it changes the current folder to {seen['moved']}")
    for name in seen["files"]:
        yield finding("light import", f"importing it writes the file {name} in the current folder")
    if seen["printed"]:
        first = seen["printed"].splitlines()[0][:200]
        yield finding("light import", f"importing it prints {first!r}; a plugin prints nothing")


def _look(plugin: Candidate) -> Mapping[str, Any]:
    code = "import sys; from omio_core.testing.importing import report; report(*sys.argv[1:])"
    with tempfile.TemporaryDirectory() as folder:
        answer, empty = Path(folder, "answer.json"), Path(folder, "empty")
        empty.mkdir()
        try:
            done = subprocess.run(
                [sys.executable, "-c", code, plugin.value, plugin.name, str(answer)],
                cwd=empty,
                env={**os.environ, "PYTHONPATH": search_path(), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"it takes more than {_SECONDS} seconds"}
        if not answer.exists():
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            return {"error": f"the process ends with {done.returncode}: {last[0]}"}
        seen: dict[str, Any] = json.loads(answer.read_text("utf-8"))
        seen["printed"] = done.stdout + done.stderr
        seen["files"] = sorted(os.listdir(empty))
        return seen


def report(value: str, name: str, answer: str) -> None:
    """Import a plugin in this process, ask its hooks, and write what that did to the file `answer` as JSON.

    Parameters
    ----------
    value, name
        Of the entry point.
    answer
        The path of the file.
    """
    from .candidate import answer as ask

    plugin = Candidate(name=name, value=value)
    before, threads, folder = set(sys.modules), set(threading.enumerate()), os.getcwd()
    handlers = list(logging.getLogger().handlers)
    seen: dict[str, Any]
    try:
        module = plugin.entry.load()
        for hook in ("omio_readers", "omio_writers", "omio_policies"):
            ask(module, hook)
    except BaseException as error:  # noqa: BLE001 - the plugin border: SystemExit too
        seen = {"error": f"{type(error).__name__}: {error}"}
    else:
        moved = os.getcwd()
        seen = {
            "heavy": _heavy(set(sys.modules) - before, plugin.module.partition(".")[0]),
            "threads": [thread.name for thread in set(threading.enumerate()) - threads],
            "handlers": logging.getLogger().handlers != handlers,
            "moved": moved if moved != folder else "",
        }
    Path(answer).write_text(json.dumps(seen), "utf-8")


def _heavy(loaded: set[str], own: str) -> list[str]:
    """Return the packages among the modules that are heavy, each once."""
    packages: dict[str, list[str]] = {}
    for module in loaded:
        packages.setdefault(module.partition(".")[0], []).append(module)
    light = {own, "omio", "omio_core", "omio_plugins", "pluggy", "__main__", *sys.stdlib_module_names}
    heavy = []
    for package, modules in sorted(packages.items()):
        if package in light or (package.startswith("_") and package not in HEAVY):
            continue
        files = [str(getattr(sys.modules.get(module), "__file__", None) or "") for module in modules]
        if package in HEAVY or len(modules) > MANY or any(file.endswith(_NATIVE) for file in files):
            heavy.append(package)
    return heavy
