"""What administrators ask: why somebody may or may not, and whether everything is there that the app needs."""
