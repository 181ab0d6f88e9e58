"""What administrators ask: why somebody may or may not."""
