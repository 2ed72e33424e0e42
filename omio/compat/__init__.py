"""The names, keywords and dicts of the first OMIO, on top of today's calls."""
