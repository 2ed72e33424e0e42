"""Formats and policies that OMIO brings itself; each folder enters by its own entry point, as a stranger's would."""
