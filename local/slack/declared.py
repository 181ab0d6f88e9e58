"""What an app's manifest declares, as far as this Slack goes by it: where deliveries go, what people are offered."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
DEFAULT_PATH = "/slack/events"


@dataclass(frozen=True)
class Declared:
    """Slash commands and shortcuts as the page offers them, and the events that the app wants to hear of."""

    commands: tuple[Json, ...]
    shortcuts: tuple[Json, ...] = ()
    events: frozenset[str] = frozenset()

    def shortcut(self, callback_id: str, kind: str) -> bool:
        """Whether there is such a shortcut: `global`, or of a `message`."""
        return any(one["callback_id"] == callback_id and one["type"] == kind for one in self.shortcuts)


def declared(manifest: Json) -> Declared:
    """Read a manifest; without one there is the command alone."""
    features = manifest.get("features", {})
    known = features.get("slash_commands") or [{"command": "/mmm", "description": ""}]
    asked = ("command", "description", "usage_hint")
    commands = tuple({name: one.get(name, "") for name in asked} for one in known)
    drawn = ("name", "type", "callback_id", "description")
    shortcuts = tuple({name: one.get(name, "") for name in drawn} for one in features.get("shortcuts") or ())
    events = manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events") or ()
    return Declared(commands, shortcuts, frozenset(events))


def endpoints(manifest: Json, app_url: str) -> dict[str, str]:
    """Where commands, clicks, option queries and events go: the manifest's paths, at `app_url`."""
    settings = manifest.get("settings", {})
    interactivity = settings.get("interactivity", {})
    named = {
        "commands": next((one.get("url") for one in manifest.get("features", {}).get("slash_commands", [])), None),
        "interactivity": interactivity.get("request_url"),
        "options": interactivity.get("message_menu_options_url"),
        "events": settings.get("event_subscriptions", {}).get("request_url"),
    }
    return {kind: app_url.rstrip("/") + (urlsplit(url).path if url else DEFAULT_PATH) for kind, url in named.items()}
