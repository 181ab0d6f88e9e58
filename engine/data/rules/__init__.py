"""What values can show that is wrong with them: one file a subject, each a few rules."""
