"""The addresses of the bot that Slack, and the browsers it sends to us, are told of."""

EVENTS = "/slack/events"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
