"""What a plan can be expected to bring."""
