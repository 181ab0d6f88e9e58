"""What the benches measured for docs/scale.md, as they printed it."""
