"""Runs: their states, their records, their place in a queue."""
