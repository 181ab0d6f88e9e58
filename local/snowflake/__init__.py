"""Snowflake on a laptop: fakesnow behind a thin wrapper, with a sample warehouse."""
