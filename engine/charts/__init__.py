"""Charts: data in, PNG bytes and alt text out. One file a chart."""
