"""The workspace every stand-in agrees on: one team, one app, three people, a handful of names in the cloud."""

from dataclasses import dataclass

TEAM_ID = "T0MMMLOCAL"
TEAM_NAME = "Northwind"
TEAM_DOMAIN = "northwind"

APP_ID = "A0MMMBOT"
BOT_ID = "B0MMMBOT"
BOT_USER = "U0MMMBOT"
BOT_NAME = "mmm"
BOT_TOKEN = "xoxb-local-mmm-bot"
APP_TOKEN = "xapp-local-mmm-bot"
VERIFICATION_TOKEN = "local-verification-token"
CLIENT_ID = "100200300.400500600"
CLIENT_SECRET = "c11e47c11e47c11e47c11e47c11e47f0"


@dataclass(frozen=True)
class Person:
    """A member of the workspace; or somebody from another one, who shares a channel with it."""

    id: str
    name: str
    real_name: str
    color: str
    guest: bool = False
    single_channel_guest: bool = False
    stranger: bool = False
    bot: bool = False
    gone: bool = False
    team: str = TEAM_ID
    domain: str = "northwind.example"
    email_confirmed: bool = True

    @property
    def email(self) -> str:
        return f"{self.name}@{self.domain}"


@dataclass(frozen=True)
class UserGroup:
    """A named set of members."""

    id: str
    handle: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel; `bot` says whether the app was invited. A private one has members, a public one everybody."""

    id: str
    name: str
    topic: str
    bot: bool
    archived: bool = False
    private: bool = False
    members: tuple[str, ...] = ()


ANA = Person("U0ANA", "ana", "Ana Lind", "8b5cf6")
BEN = Person("U0BEN", "ben", "Ben Osei", "0f766e")
GIL = Person("U0GIL", "gil", "Gil Marsh", "b45309", guest=True)
PEOPLE = (ANA, BEN, GIL)
USER_GROUPS = (UserGroup("S0ANALYSTS", "analysts", (ANA.id,)),)

MARKETING = Channel("C0MARKETING", "marketing", "What works, and what it costs", bot=True)
GENERAL = Channel("C0GENERAL", "general", "Everything for everyone", bot=True)
RANDOM = Channel("C0RANDOM", "random", "Anything else", bot=False)
ARCHIVE = Channel("C0ARCHIVE", "old-plans", "Kept for the record", bot=True, archived=True)
LAUNCH = Channel("C0LAUNCH", "launch-plans", "Not announced yet", bot=True, private=True, members=(ANA.id,))
CHANNELS = (MARKETING, GENERAL, RANDOM, LAUNCH, ARCHIVE)

DMS = {"D0ANA": ANA.id, "D0BEN": BEN.id, "D0GIL": GIL.id}


@dataclass(frozen=True)
class OtherTeam:
    """A second workspace, for an app that serves several: nothing of the first is in it."""

    id: str
    name: str
    domain: str
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    dms: dict[str, str]


EVA = Person("U0EVA", "eva", "Eva Holm", "be185d", team="T0SOUTH", domain="southwind.example")
SALES = Channel("C0SALES", "sales", "What is sold, and why", bot=True)
SOUTHWIND = OtherTeam("T0SOUTH", "Southwind", "southwind", (EVA,), (SALES,), {"D0EVA": EVA.id})

PROJECT = "mmm-local"
REGION = "europe-west1"
BUCKET = "mmm-local"
QUEUES = ("mmm-stage", "mmm-look", "mmm-launch", "mmm-watch", "mmm-notify")
JOB = "mmm-training"
TASKS_ACCOUNT = "tasks@mmm-local.example"
JOB_ACCOUNT = "job@mmm-local.example"
SERVICES_ACCOUNT = "services@mmm-local.example"
