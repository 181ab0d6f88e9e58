"""Snowflake on loopback, for the real connector."""
