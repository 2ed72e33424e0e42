"""Several images as one: what may be merged, what goes where, and whose facts hold."""
