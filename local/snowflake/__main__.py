"""`python -m local.snowflake --state DIR --port N --user NAME --public-key FILE`: Snowflake on loopback."""

import argparse
from pathlib import Path

from local.guard import read_word
from local.serving import saying_why, serve
from local.snowflake.app import create_app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m local.snowflake", description="Snowflake on loopback.")
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps the databases")
    parser.add_argument("--port", type=int, default=8422)
    parser.add_argument("--account", default="local", help="account identifier that clients must name")
    parser.add_argument("--user", default="svc", help="the service user who may log in")
    parser.add_argument("--public-key", type=Path, required=True, help="PEM file of that user's public key")
    parser.add_argument("--word", type=Path, required=True, help="file with the word that callers must know")
    given = parser.parse_args()
    word = read_word(given.word)
    app = create_app(given.state, public_keys={given.user: given.public_key}, word=word, account=given.account)
    serve(app, given.port, grace=2)


if __name__ == "__main__":
    saying_why(main)
