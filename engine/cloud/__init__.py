"""One thin wrapper per outside service, through its real client library."""
