"""What Slack takes as a manifest, for the parts of it that an app like ours has: keys, lengths, numbers, formats.

After Slack's own schema (slackapi/manifest-schema, 2.0.0) and stricter where Slack is strict only later: addresses
are https, and they are there where deliveries come by HTTP, and only there.
"""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator


def https(url: str) -> str:
    """Return an address that begins with https and names a host. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
        raise ValueError(f"{url} is no https address")
    return url


def _different(items: list[str]) -> list[str]:
    if len(set(items)) != len(items):
        raise ValueError("something is named twice")
    return items


Url = Annotated[str, StringConstraints(max_length=3000), AfterValidator(https)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Scopes = Annotated[list[Name], Field(max_length=255), AfterValidator(_different)]
Events = Annotated[list[Name], Field(max_length=100), AfterValidator(_different)]
Colour = Annotated[str, StringConstraints(pattern=re.compile(r"^#([0-9a-fA-F]{3}){1,2}$"))]


class Part(BaseModel):
    """A group of keys; others than those named are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Part):
    major_version: Literal[1, 2]
    minor_version: int | None = None


class DisplayInformation(Part):
    name: str = Field(min_length=1, max_length=35)
    description: str = Field(min_length=1, max_length=140)
    long_description: str | None = Field(None, min_length=175, max_length=4000)
    background_color: Colour | None = None


class AppHome(Part):
    home_tab_enabled: bool
    messages_tab_enabled: bool
    messages_tab_read_only_enabled: bool


class BotUser(Part):
    display_name: str = Field(min_length=1, max_length=80)
    always_online: bool = False


class Shortcut(Part):
    name: str = Field(min_length=1, max_length=24)
    type: Literal["global", "message"]
    callback_id: str = Field(min_length=1, max_length=255)
    description: str = Field(min_length=1, max_length=150)


class SlashCommand(Part):
    command: str = Field(min_length=2, max_length=32, pattern=r"^/[^\s/]+$")
    url: Url | None = None
    description: str = Field(min_length=1, max_length=2000)
    usage_hint: str | None = Field(None, min_length=1, max_length=1000)
    should_escape: bool = False


class Features(Part):
    app_home: AppHome | None = None
    bot_user: BotUser | None = None
    shortcuts: list[Shortcut] = Field([], max_length=10)
    slash_commands: list[SlashCommand] = Field([], max_length=50)


class BotScopes(Part):
    bot: Scopes
    bot_optional: Scopes = []


class OauthConfig(Part):
    scopes: BotScopes
    redirect_urls: Annotated[list[Url], Field(max_length=1000), AfterValidator(_different)] = []


class EventSubscriptions(Part):
    request_url: Url | None = None
    bot_events: Events


class Interactivity(Part):
    is_enabled: bool
    request_url: Url | None = None
    message_menu_options_url: Url | None = None


class ManifestSettings(Part):
    event_subscriptions: EventSubscriptions
    interactivity: Interactivity
    org_deploy_enabled: bool = False
    socket_mode_enabled: bool = False
    token_rotation_enabled: bool = False


class Manifest(Part):
    """A whole manifest."""

    metadata: Metadata = Field(alias="_metadata")
    display_information: DisplayInformation
    features: Features
    oauth_config: OauthConfig
    settings: ManifestSettings

    @model_validator(mode="after")
    def _addresses_where_deliveries_come_by_http(self) -> Self:
        """By HTTP each kind of delivery needs its address; over a socket none has one."""
        given: dict[str, str | None] = {
            **{f"the command {one.command}": one.url for one in self.features.slash_commands},
            "events": self.settings.event_subscriptions.request_url,
            "interactivity": self.settings.interactivity.request_url,
            "searches": self.settings.interactivity.message_menu_options_url,
        }
        for what, url in given.items():
            if bool(url) == self.settings.socket_mode_enabled:
                raise ValueError(f"{what}: an address stands where none belongs" if url else f"{what}: no address")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        _different([one.command for one in self.features.slash_commands])
        _different([one.callback_id for one in self.features.shortcuts])
        return self
