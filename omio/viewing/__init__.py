"""Viewing: images for people to look at."""
