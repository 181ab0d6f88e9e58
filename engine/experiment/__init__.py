"""Experiments: every setting of a training, defined once."""
