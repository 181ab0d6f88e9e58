"""What this Slack remembers, in SQLite and in files: a killed process loses nothing."""
