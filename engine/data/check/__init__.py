"""What would go wrong with data before anything is paid for: one list of findings, each with what would mend it."""
