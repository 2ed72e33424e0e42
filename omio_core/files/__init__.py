"""Where bytes are: positioned reads, one bounded look, writes that are whole or not at all."""
