"""A run, step by step: one file a step, each safe to run twice."""
