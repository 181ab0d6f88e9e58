"""Slack on a laptop: a strict Web API, a sender of signed requests, and a page."""
