"""What the rows of a dataset show before any model: pure functions on its grid, each with a sentence that says it."""
