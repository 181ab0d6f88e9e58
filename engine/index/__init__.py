"""Indexes: what people list and name is found by its name, however much there is."""
