"""Everything a person touches: Slack and the HTTP API."""
