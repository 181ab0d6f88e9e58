"""`python -m local.snowflake --state DIR --port N --user NAME=FILE`: Snowflake on loopback."""

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
    parser.add_argument(
        "--user",
        action="append",
        required=True,
        metavar="NAME=FILE",
        help="a service user who may log in, and the PEM file of their public key; several times for several",
    )
    parser.add_argument("--word", type=Path, required=True, help="file with the word that callers must know")
    given = parser.parse_args()
    word = read_word(given.word)
    keys = {name: Path(file) for name, _, file in (user.partition("=") for user in given.user)}
    app = create_app(given.state, public_keys=keys, word=word, account=given.account)
    serve(app, given.port, grace=2)


if __name__ == "__main__":
    saying_why(main)
