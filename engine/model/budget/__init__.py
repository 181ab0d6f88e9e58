"""What a spend brings, and how a budget is best split."""
