"""Merging images: whether they may be merged, where each is placed, and which facts the result has."""
