"""A small strict Slack: the Web API, a sender of signed requests, and a page a person can use."""
