"""A day of a whole deployment in virtual time: see bench/simulate.py."""
