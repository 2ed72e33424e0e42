"""The verbs of the cache: what is in it, where it is, and how it is emptied; `omio.cache` does the work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import show
from .paths import for_each

if TYPE_CHECKING:
    from omio.cache.entries import Entry

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@click.group()
def cache() -> None:
    """List, find and empty the cache that imread makes with zarr_store="disk"."""


@cache.command("ls")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array, an object for each entry.")
def ls(paths: tuple[str, ...], as_json: bool) -> None:
    """List the entries of files and folders; without PATH, those of the current folder and of your cache folder."""
    from omio.cache.places import user_folder
    from omio.cache.removal import chosen_entries

    listed: dict[Path, dict[str, Any]] = {}

    def look(path: str) -> None:
        for entry in chosen_entries(path):
            if entry.path not in listed:
                listed[entry.path] = _plain(entry)
                if not as_json:
                    show.line(_text(listed[entry.path]))

    own = str(user_folder())
    try:
        for_each(paths or (".", *([own] if os.path.isdir(own) else [])), look)
    finally:
        if as_json:
            show.json(list(listed.values()))


def _plain(entry: Entry) -> dict[str, Any]:
    from omio.cache.entries import flaw
    from omio.cache.removal import size_of

    return {
        "path": str(entry.path),
        "source": entry.source,
        "shape": entry.array.get("shape"),
        "dtype": entry.array.get("data_type"),
        "bytes": size_of(entry),
        "made": entry.info.get("made"),
        "flaw": flaw(entry),
    }


def _text(entry: dict[str, Any]) -> str:
    state = "" if entry["flaw"] is None else f"  not usable: {entry['flaw']}"
    return f"{entry['path']}  {_size(entry['bytes'])}  of {entry['source']}{state}"


def _size(nbytes: int) -> str:
    size, unit = float(nbytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{nbytes} bytes" if not unit else f"{size:.1f} {_UNITS[unit]}"


@cache.command("clean")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--all", "everything", is_flag=True, help="For a file: all entries of the cache folder beside it.")
@click.option("--unusable", is_flag=True, help="Only entries whose source has changed or is gone, or that lack a part.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
def clean(paths: tuple[str, ...], everything: bool, unusable: bool, dry_run: bool) -> None:
    """Remove the entries of files and folders, and nothing that OMIO did not make.

    PATH is a file, a folder that has a cache folder, a cache folder, or an entry.
    """
    from omio.cache.removal import remove

    def do(path: str) -> None:
        removal = remove(path, everything=everything, unusable=unusable, dry_run=dry_run)
        for each in removal.removed:
            show.line(f"{'would remove' if dry_run else 'removed'} {each}")
        for each, why in removal.kept:
            show.warning(f"{each} is left: {why}")
        if removal.removed:
            show.line(f"{path}: {_size(removal.nbytes)}")
        elif not removal.kept:
            show.line(f"{path}: there is nothing to remove")

    for_each(paths, do)


@cache.command("path")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def path(paths: tuple[str, ...]) -> None:
    """Print where the cache of files and folders is, whether it exists or not; without PATH, your cache folder."""
    from omio.cache.places import named_folder, user_folder

    if not paths:
        show.line(str(user_folder()))

    def do(path: str) -> None:
        show.line(str(named_folder(path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path)))))

    for_each(paths, do)
