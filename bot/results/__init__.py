"""Results in Slack: the verdict, the key numbers, the charts."""
