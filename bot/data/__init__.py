"""Datasets in Slack: the source, the roles of its columns, and what was found in them."""
