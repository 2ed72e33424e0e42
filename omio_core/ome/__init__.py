"""Read, write and validate OME-XML; it knows no file format."""
