"""Reading what people drop: from bytes to typed columns, with every doubt told."""
