"""Warnings placed where a user can act on them: at the line that called OMIO; it knows no warning and no format."""

from __future__ import annotations
