"""The Slack SDK lives here alone."""
