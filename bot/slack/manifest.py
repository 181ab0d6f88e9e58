"""`mmm manifest`: the app's manifest for one deployment, from `app_manifest.yaml`, as Slack takes it."""

import ipaddress
import json
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.slack.addresses import REDIRECT
from bot.slack.manifest_schema import Manifest
from bot.slack.scopes import APP_LEVEL
from engine.errors import BadInput, BadSettings

SOURCE = Path(__file__).resolve().parents[2] / "app_manifest.yaml"
# Stands in the source for the address of the bot service.
EXAMPLE = "https://mmm.example.com"
# Slack's word that a workspace has taken the app away again; who installs by themselves leaves by themselves.
LEAVING = ("app_uninstalled", "tokens_revoked")
SOCKET_NOTE = (
    f"Socket Mode also takes an app-level token with the scope {APP_LEVEL}: make it on the app's page at "
    "https://api.slack.com/apps, under Basic Information, App-Level Tokens. MMM_SLACK_APP_TOKEN_SECRET names where "
    "it is kept."
)

Json = dict[str, Any]


def source() -> Json:
    """Return the manifest as it stands in the repository."""
    try:
        import yaml
    except ImportError as error:
        raise BadSettings("The manifest cannot be read here: PyYAML is missing.", "Run `make` first.") from error
    if not SOURCE.exists():
        raise BadSettings("app_manifest.yaml is not here.", "Run this from a checkout of the project.")
    loaded: Json = yaml.safe_load(SOURCE.read_text())
    return loaded


def for_http(url: str, *, oauth: bool = False) -> Json:
    """Return the manifest of a deployment that Slack reaches at `url`; with `oauth`, workspaces install it themselves.

    Raises BadInput if Slack could not reach that address.
    """
    base = public_address(url)
    manifest: Json = _moved(source(), base)
    if oauth:
        manifest["oauth_config"]["redirect_urls"] = [f"{base}{REDIRECT}"]
        manifest["settings"]["event_subscriptions"]["bot_events"] += LEAVING
    return checked(manifest)


def for_socket() -> Json:
    """Return the manifest of an app that dials Slack, and so has no address."""
    manifest = source()
    for command in manifest["features"]["slash_commands"]:
        del command["url"]
    settings = manifest["settings"]
    del settings["event_subscriptions"]["request_url"]
    settings["interactivity"] = {"is_enabled": settings["interactivity"]["is_enabled"]}
    settings["socket_mode_enabled"] = True
    return checked(manifest)


def checked(manifest: Json) -> Json:
    """Return a manifest that Slack takes. Raises BadInput naming everything that Slack would refuse."""
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc'])) or 'manifest'}: {one['msg']}" for one in error.errors()]
        raise BadInput("Slack would refuse this manifest.", "; ".join(problems), problems=problems) from error
    return manifest


def public_address(url: str) -> str:
    """Return the address without a slash at its end. Raises BadInput if Slack cannot call it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput(f"{url} is no address.", "Give the bot's address, such as https://mmm.example.com.") from error
    if parts.scheme != "https":
        raise BadInput(f"{url} does not begin with https://.", "Slack calls https addresses only.")
    if not host or parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise BadInput(f"{url} is more or less than an address.", "Give https:// and the host's name, no path.")
    if _on_this_side(host):
        raise BadInput(f"Slack cannot reach {host}.", "Give a public name, or use --socket, which needs no address.")
    return f"https://{parts.netloc.lower()}"


def _on_this_side(host: str) -> bool:
    """Whether a host is one that only its neighbours can reach."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host.strip(".") or host.endswith((".local", ".localhost", ".internal"))


def written(manifest: Json, form: Literal["yaml", "json"]) -> str:
    """Return a manifest as text, always the same for the same manifest."""
    if form == "json":
        return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    import yaml

    text: str = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)
    return text


def _moved(part: Any, base: str) -> Any:
    """The same with every address at `base`."""
    if isinstance(part, dict):
        return {key: _moved(value, base) for key, value in part.items()}
    if isinstance(part, list):
        return [_moved(value, base) for value in part]
    return part.replace(EXAMPLE, base, 1) if isinstance(part, str) and part.startswith(f"{EXAMPLE}/") else part
