"""Access to pixels by box: pictures, leases on open files, streaming, memory maps and digests."""
