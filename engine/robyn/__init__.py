"""Robyn itself: what its R scripts need of Python, how they are run, and what of them is missing on a machine."""
