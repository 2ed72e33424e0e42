"""Guarded parsing: XML as a tree, YAML as values; it knows no vocabulary."""
