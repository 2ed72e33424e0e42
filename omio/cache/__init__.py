"""Images as zarr arrays, in memory or in a cache on disk; it knows no format."""
