"""Experiments in Slack: the form, and the list."""
