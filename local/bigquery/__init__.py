"""BigQuery on loopback: the REST surface that the real client speaks, DuckDB behind it."""
