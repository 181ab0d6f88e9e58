"""A team on one machine: real Slack, real Snowflake, and our stand-ins for Google Cloud on this machine's disk."""
