"""File access: positioned reads, bounded probes, fingerprints, and atomic writes."""
