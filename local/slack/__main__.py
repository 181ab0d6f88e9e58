"""`python -m local.slack`: Slack on a loopback port."""

import argparse
from pathlib import Path

from local.guard import door, read_word
from local.serving import saying_why, serve
from local.slack.app import create_app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--app-url", default="", help="base address of the app; without it the app dials in (Socket Mode)"
    )
    parser.add_argument("--manifest", type=Path, help="the app's manifest: its commands and paths")
    parser.add_argument("--word", type=Path, required=True, help="file with the word that callers must know")
    given = parser.parse_args()
    word = read_word(given.word)
    app = create_app(
        given.state,
        app_url=given.app_url,
        public_url=f"http://127.0.0.1:{given.port}{door(word)}",
        word=word,
        manifest=given.manifest if given.manifest and given.manifest.exists() else None,
    )
    serve(app, given.port, grace=1)


if __name__ == "__main__":
    saying_why(main)
