"""`mmm doctor`: is everything there that the service needs, and if not, what exactly mends it."""
