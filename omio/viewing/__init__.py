"""Show images: as layers of napari, without which this folder can be imported."""
