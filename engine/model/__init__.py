"""The native trainer: Robyn's method in Python."""
