"""Runs in Slack: the card, the status, the Stop button."""
