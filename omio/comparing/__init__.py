"""Compare two files or images: by what their metadata and pixels mean, not by how they are stored."""
