"""Viewing: images for people to look at, as previews and as layers of napari."""
