"""Stand-ins for the outside world: nothing here is ever imported by `bot` or `engine`."""
