"""Results: reading them, judging them, putting them in words."""
