"""What a fresh laptop lacks: key pairs for the warehouse's users and the secrets the services read."""

import json
from dataclasses import dataclass
from pathlib import Path

from local import workspace
from local.embedded.folder import keep
from local.environment import (
    SECOND_KEY_SECRET,
    SECOND_USER,
    SIGNING_SECRET,
    SLACK_TOKEN_SECRET,
    SNOWFLAKE_KEY_SECRET,
    SNOWFLAKE_USER,
)
from local.guard import new_word, read_word, signing_secret
from local.snowflake.keys import key_pair


@dataclass(frozen=True)
class Keys:
    """Files the stand-ins are started with."""

    snowflake_users: dict[str, Path]
    job_environment: Path


def the_word(folders: dict[str, Path]) -> str:
    """The word that this state's servers ask for; made once, so that a page stays open through a restart.

    Raises BadSettings where somebody put one there that keeps nobody out.
    """
    path = word_file(folders)
    if not path.exists():
        keep(path, new_word().encode())
    return read_word(path)


def word_file(folders: dict[str, Path]) -> Path:
    """Where the word is kept."""
    return folders["keys"] / "word"


def prepare(folders: dict[str, Path], job_environment: dict[str, str], word: str) -> Keys:
    """Make the key pairs once, and (re)write the secrets and the training job's settings."""
    pair, second = key_pair(folders["keys"]), key_pair(folders["keys"], "north")
    secrets = folders["google"] / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / SLACK_TOKEN_SECRET).write_text(workspace.BOT_TOKEN)
    (secrets / SIGNING_SECRET).write_text(signing_secret(word))
    (secrets / SNOWFLAKE_KEY_SECRET).write_text(pair.private.read_text())
    (secrets / SECOND_KEY_SECRET).write_text(second.private.read_text())
    settings = folders["keys"] / "job_environment.json"
    settings.write_text(json.dumps(job_environment, indent=1))
    return Keys({SNOWFLAKE_USER: pair.public, SECOND_USER: second.public}, settings)
