"""The names, keywords and dicts of the first OMIO, translated to today's calls."""
