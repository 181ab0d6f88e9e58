"""The training container, part by part: claim, fetch, train, upload, tell."""
