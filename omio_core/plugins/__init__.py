"""Plugins: their descriptions, their catalogue, and the choice of a reader, a writer or a policy."""
