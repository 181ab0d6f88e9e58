"""The word of the servers that tests start, and what follows from it."""

from local.guard import door, signing_secret

WORD = "a-word-of-the-tests-that-nobody-guesses"
SIGNING_SECRET = signing_secret(WORD)
DOOR = door(WORD)
BEARER = {"Authorization": f"Bearer {WORD}"}
