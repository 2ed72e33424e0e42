"""Policies for output names that are taken."""

from __future__ import annotations

from ._constant import always

POLICIES = (
    always("collision", "number", "number", "Take the next free name: x.ome.tif, x-1.ome.tif, ..."),
    always("collision", "raise", "raise", "A name that is taken is an error."),
    always("collision", "overwrite", "overwrite", "Replace the file of that name, whole or not at all."),
    always("collision", "skip", "skip", "Leave the file of that name and write nothing."),
    always("collision", "update", "update", "Remake OMIO's own file where its source or the settings changed."),
)
