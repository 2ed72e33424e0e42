"""Two files or folders compared: what is understood, not what is stored."""
