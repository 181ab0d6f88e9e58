"""Which candidates are kept, in which groups, and which one Robyn's rule chooses."""
