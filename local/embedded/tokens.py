"""The two tokens: where they come from, where they are kept, and what Slack says to them."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from engine.cloud.secrets import Secrets
from engine.errors import BadSettings, Unavailable
from local.embedded.folder import Folder, keep

BOT, APP = "MMM_SLACK_BOT_TOKEN", "MMM_SLACK_APP_TOKEN"
# Name: the setting that refers to it, its file below secrets/, how it begins, and where to find it in Slack.
TOKENS = {
    BOT: ("MMM_SLACK_TOKEN_SECRET", "slack-bot-token", "xoxb-", "OAuth & Permissions, Bot User OAuth Token"),
    APP: (
        "MMM_SLACK_APP_TOKEN_SECRET",
        "slack-app-token",
        "xapp-",
        "Basic Information, App-Level Tokens, with the scope connections:write",
    ),
}
SLACK = "https://slack.com/api/"


@dataclass(frozen=True)
class Workspace:
    """Whom the tokens belong to."""

    id: str
    name: str
    bot: str


def read_file(path: Path) -> dict[str, str]:
    """Read NAME=VALUE lines from a file that nobody else can read. Raises BadSettings."""
    try:
        mode = path.stat().st_mode
        lines = path.read_text().splitlines()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read.", detail=str(error)) from error
    if stat.S_IMODE(mode) & 0o077:
        raise BadSettings(f"Others can read {path}, and it holds tokens.", f"chmod 600 {path}")
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise BadSettings(f"Line {number} of {path} is not NAME=VALUE.", "Mend or remove it.")
        found[name.strip()] = value.strip().strip("\"'")
    return found


@dataclass(frozen=True)
class Tokens:
    """Both tokens, the settings that refer to them, and those that are to be kept once Slack has taken them."""

    bot: str
    app: str
    references: dict[str, str]
    new: dict[Path, str]

    def keep(self) -> None:
        """Keep what was given, so that a reboot finds it in the folder."""
        for path, token in self.new.items():
            keep(path, token.encode())


def gather(folder: Folder, given: Mapping[str, str]) -> Tokens:
    """Find the tokens: given now, given by reference, or given before. Raises BadSettings naming what lacks."""
    references: dict[str, str] = {}
    new: dict[Path, str] = {}
    found: dict[str, str] = {}
    problems = []
    for name, (setting, file, begins, where) in TOKENS.items():
        path = folder.secrets / file
        if token := given.get(name, "").strip():
            references[setting], new[path] = f"file:{path}", token
        elif setting in given or path.exists():
            references[setting] = given.get(setting, f"file:{path}")
            token = Secrets().read(references[setting])
        else:
            problems.append(f"{name} is not set (Slack app: {where}).")
            continue
        if not token.startswith(begins):
            problems.append(f"{name} must begin with {begins} (Slack app: {where}).")
        found[name] = token
    if problems:
        todo = "Export it, or put it into a file with mode 600 and name that with --env-file."
        raise BadSettings(" ".join(problems), todo)
    return Tokens(found[BOT], found[APP], references, new)


def introduce(bot_token: str, app_token: str, url: str) -> Workspace:
    """Ask Slack whose tokens these are. Raises BadSettings if it refuses one, Unavailable if it does not answer."""
    client = WebClient(base_url=url or SLACK, timeout=10)
    try:
        who = client.auth_test(token=bot_token)
    except SlackApiError as error:
        raise _refused(BOT, error) from error
    except (SlackClientError, URLError, OSError, HTTPException) as error:
        raise Unavailable("Slack does not answer.", "Is this machine online?", detail=str(error)) from error
    try:
        client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        raise _refused(APP, error) from error
    except (SlackClientError, URLError, OSError, HTTPException) as error:
        raise Unavailable("Slack does not answer.", "Is this machine online?", detail=str(error)) from error
    return Workspace(str(who["team_id"]), str(who["team"]), str(who["user"]))


def _refused(name: str, error: SlackApiError) -> BadSettings | Unavailable:
    code = str(error.response.get("error"))
    if code in ("ratelimited", "internal_error", "fatal_error", "service_unavailable"):
        return Unavailable("Slack does not answer.", "Try again in a minute.", detail=code)
    where = TOKENS[name][3]
    if name == APP and code in ("access_denied", "missing_scope", "forbidden"):
        return BadSettings(f"Slack does not let the app dial in ({code}).", "Turn Socket Mode on in the Slack app.")
    return BadSettings(f"Slack does not accept {name} ({code}).", f"Copy it again (Slack app: {where}).")
