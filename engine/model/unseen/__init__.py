"""What a model says of periods that neither it nor anything before it has seen."""
