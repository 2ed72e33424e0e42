"""OME-XML in and out: read, write, validate; it knows no file format."""
