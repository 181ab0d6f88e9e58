"""What the doctor asks Slack: whose the token is, what it may do, and whether the default channel takes us."""

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.errors import code_of, meaning
from bot.slack.scopes import APP_LEVEL, bot_scopes
from bot.slack.staying import StayingClient
from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.secrets import secret_service
from engine.doctor.settings import place_of
from engine.doctor.subject import Asks, Check, Subject
from engine.errors import LockedOut, Refused, Unavailable
from engine.settings import Settings

TIMEOUT = 10
APP = "https://api.slack.com/apps, your app"
INSTALL = f"{APP}, Install App: install it again"
SCOPES = "x-oauth-scopes"


def look_at_token(subject: Subject) -> Iterator[Finding]:
    """Ask whose the bot token is, and read its scopes off the answer."""
    settings = subject.settings
    if not settings.slack_token_secret:
        yield skipped("Each workspace that installed the app has a token: type /mmm doctor there.")
        return
    client = _client(settings, subject.secret(settings.slack_token_secret))
    try:
        answer = _asked(client, "auth.test")
    except (Refused, LockedOut) as error:
        fix = f"{INSTALL}, and store the new token where MMM_SLACK_TOKEN_SECRET points."
        yield failed(f"Slack does not take the bot token ({code_of(error)}).", fix)
        return
    team, named = str(answer.get("team_id", "")), f"{answer.get('team', '')} ({answer.get('team_id', '')})"
    yield ok(f"Slack takes the bot token: it is {answer.get('user', '')} in {named}.")
    yield _of_team(settings, team, named, str(answer.get("enterprise_id") or ""))
    yield from _of_scopes(answer.headers.get(SCOPES))


def _of_team(settings: Settings, team: str, named: str, enterprise: str) -> Finding:
    check = "slack workspace"
    if team != settings.workspace:
        fix = f"Set {place_of('workspace')} to {team}, or store the token of {settings.workspace}."
        said = f"The token belongs to {named}, MMM_WORKSPACE is {settings.workspace}: every request is refused."
        return failed(said, fix, check=check)
    if settings.enterprise and enterprise != settings.enterprise:
        other = f"The workspace belongs to {enterprise or 'no organisation'}, MMM_ENTERPRISE is {settings.enterprise}."
        return failed(other, f"Correct {place_of('enterprise')}.", check=check)
    return ok("The token and the settings mean the same workspace.", check=check)


def _of_scopes(told: str | None) -> Iterator[Finding]:
    check, needed = "slack scopes", set(bot_scopes())
    if told is None:
        yield skipped("Slack's answer does not say which scopes the token has.", check=check)
        return
    held = {scope.strip() for scope in told.split(",") if scope.strip()}
    if lacking := sorted(needed - held):
        fix = f"{APP}, App Manifest: paste what mmm manifest prints; then {INSTALL}."
        yield failed(f"The token lacks {', '.join(lacking)}.", fix, check=check)
    elif more := sorted(held - needed):
        fix = f"{APP}, OAuth & Permissions: remove them; then {INSTALL}."
        yield warning(f"The token may more than the app needs: {', '.join(more)}.", fix, check=check)
    else:
        yield ok(f"The token has the {len(needed)} scopes that the app needs, and no more.", check=check)


def look_at_channel(subject: Subject) -> Iterator[Finding]:
    """Read the newest message of the default channel: where we are not, Slack refuses."""
    settings = subject.settings
    channel = settings.channel_default
    if not channel or not settings.slack_token_secret:
        yield skipped("No channel is offered first: the form offers the one where it was opened.")
        return
    try:
        client = _client(settings, subject.secret(settings.slack_token_secret))
        _asked(client, "conversations.history", channel=channel, limit=1)
    except (Refused, LockedOut) as error:
        code = code_of(error)
        if code == "channel_not_found":
            fix = f"Correct {place_of('channel_default')}: a channel's details end with its id. Private: /invite @mmm."
            yield failed(f"There is no channel {channel}, or it is private and I am not in it.", fix)
        elif code == "not_in_channel":
            yield failed(f"I am not in the channel {channel}.", "Type /invite @mmm there.")
        elif code == "missing_scope":
            yield skipped("The token lacks the scope to look; see slack scopes.")
        else:
            yield failed(f"The channel {channel} cannot be read ({code}).", "See slack token.")
        return
    yield ok(f"The channel {channel} is there, and I am in it.")


def look_at_dialling(subject: Subject) -> Iterator[Finding]:
    """Ask for an address to dial. It is not dialled: whatever holds a connection keeps it."""
    settings = subject.settings
    if not settings.slack_app_token_secret:
        yield skipped("Slack reaches the bot by HTTP: no app-level token is needed.")
        return
    client = StayingClient(base_url=settings.slack_url, timeout=TIMEOUT)
    token = subject.secret(settings.slack_app_token_secret)
    try:
        _speaking(lambda: client.apps_connections_open(app_token=token))
    except (Refused, LockedOut) as error:
        fix = f"{APP}: Socket Mode on; Basic Information, App-Level Tokens: one with {APP_LEVEL}."
        yield failed(f"Slack does not let the bot dial in ({code_of(error)}).", fix)
        return
    yield ok("Slack lets the bot dial in (Socket Mode).")


def look_at_signature(subject: Subject) -> Iterator[Finding]:
    """Whether requests can be checked at all. That the secret is the right one, only a request can show."""
    settings = subject.settings
    if settings.slack_app_token_secret:
        yield skipped("Slack is dialled (Socket Mode): its requests carry no signature.")
    elif settings.slack_signing_secret:
        where = (
            "the secret's own check says whether it can be read"
            if subject.part != "worker"
            else "only the bot reads it"
        )
        yield ok(
            f"Requests are checked by their signature; {where}. /mmm doctor in Slack shows that it is the right one."
        )


def _client(settings: Settings, token: str) -> WebClient:
    return StayingClient(token=token, base_url=settings.slack_url, timeout=TIMEOUT)


def _asked(client: WebClient, method: str, **arguments: Any) -> Any:
    answer = _speaking(lambda: client.api_call(method, params=arguments))
    answer.headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer


def _speaking(call: Any) -> Any:
    """Call Slack; its refusals and its silence become our errors."""
    try:
        return call()
    except SlackApiError as error:
        raise meaning(error.response) from error
    except (SlackClientError, URLError, OSError, HTTPException) as error:
        raise Unavailable("Slack does not answer.", detail=str(error)) from error


def _asks(setting: str) -> Asks:
    """Slack, and Secret Manager where it has the token."""
    service = secret_service(setting)
    return lambda settings: (settings.slack_url, *service(settings))


CHECKS = (
    Check("slack token", look_at_token, seconds=30.0, asks=_asks("slack_token_secret")),
    Check("slack channel", look_at_channel, seconds=30.0, asks=_asks("slack_token_secret")),
    Check("slack dialling", look_at_dialling, ("bot",), seconds=30.0, asks=_asks("slack_app_token_secret")),
    Check("slack signature", look_at_signature),
)
