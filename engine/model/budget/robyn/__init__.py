"""Robyn's allocator and response curves, by Robyn's formula: carryover held at its mean, whatever is spent.

For runs that choose by Robyn's rule, and for the comparison with Robyn's recorded numbers; nothing else asks it.
"""
