"""Which candidates are tried: Robyn's own search and a faster one, in trials."""
