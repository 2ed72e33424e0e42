"""Whole projects: find their images by rules about folders, convert them one by one, and know what is done."""
