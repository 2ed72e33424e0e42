"""Pixels by the box: pictures, leases on open files, streaming, maps and digests."""
