"""A connection: where a warehouse is, who reads it, and the name of the secret that proves it. Never the secret.

Two things are never taken from a person: an address (a connection leads to the account's own host, or to the one that
an operator set for that very account), and a reference. What is stored is a secret's name, which must begin as this
workspace's secrets for connections do; the project and everything around it is ours. So nobody reads the bot's token,
another workspace's key or a file through a connection, whatever is typed or stored.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.cloud.warehouse import ReadsSecrets
from engine.errors import BadInput, BadSettings, Refused
from engine.settings import Settings, account_of

DEFAULT: Final = "default"
# What is typed where a connection's name is expected, and means something else.
RESERVED: Final = (DEFAULT, "new")
Kind = Literal["snowflake", "bigquery"]
Auth = Literal["key_pair", "password", "service_account", "workload"]

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# A secret's name as Secret Manager takes it, with room for what stands before it.
SECRET = re.compile(r"[A-Za-z0-9_-]{1,255}")
# A user, role, warehouse, database or schema: as it is written in SQL, in quotes or not.
IDENTIFIER = re.compile(r'[A-Za-z_][A-Za-z0-9_$]{0,254}|"(?:[^"\x00-\x1f]|""){1,255}"')
# A project of Google's: also one of an old kind, with a domain before it. A dataset of BigQuery's.
PROJECT = re.compile(r"(?:[a-z0-9.-]{1,200}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
DATASET = re.compile(r"\w{1,1024}")
LOGIN = re.compile(r"[A-Za-z0-9_$.@+-]{1,255}")
# What looks like a secret and stands where none belongs: a key in PEM, or the JSON of a service account.
PASTED = re.compile(r"-----BEGIN|PRIVATE KEY|\"private_key\"|MII[A-Za-z0-9+/]{20,}")


class Connection(BaseModel):
    """A named way into a warehouse. Stored ones are changed by compare-and-swap; `default` is the settings'."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    name: str
    kind: Kind = "snowflake"
    account: str = Field(description="Snowflake's account identifier; the project that BigQuery bills.")
    user: str = ""
    warehouse: str = ""
    database: str = ""
    schema_name: str = ""
    role: str = ""
    secret: str = Field("", description="The secret's name in Secret Manager; a reference only in `default`.")
    auth: Auth = "key_pair"
    who: str = Field("", description="Who made or last changed it.")
    created_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def is_default(self) -> bool:
        """Whether it is the one that the settings describe, which nobody can change from Slack."""
        return self.name == DEFAULT

    def says_as(self, other: "Connection") -> bool:
        """Whether two say the same, whoever said it when."""
        aside = {"who", "created_at", "changed_at"}
        return self.model_dump(exclude=aside) == other.model_dump(exclude=aside)

    @property
    def scope(self) -> str:
        """What decides what can be seen through it, as one word: who sees the same shares what was found there.

        Where no user is named, the key says who reads: two keys are two readers, whatever else is alike.
        """
        about = (self.kind, self.account.casefold(), self.user, self.role, self.warehouse)
        reader = () if self.user else (self.auth, self.secret)
        return sha256("\n".join((*about, self.database, self.schema_name, *reader)).encode()).hexdigest()[:32]

    @property
    def at(self) -> str:
        """Where it leads, in a few words."""
        where = ".".join(part for part in (self.database, self.schema_name) if part)
        return f"{self.account}{f' · {where}' if where else ''}"


def default_of(settings: Settings) -> Connection | None:
    """The connection that the settings describe; None where they name no account."""
    if not settings.snowflake_account:
        return None
    return Connection(
        name=DEFAULT,
        account=settings.snowflake_account,
        user=settings.snowflake_user,
        warehouse=settings.snowflake_warehouse,
        database=settings.snowflake_database,
        schema_name=settings.snowflake_schema,
        role=settings.snowflake_role,
        secret=settings.snowflake_key_secret,
    )


def secret_prefix(settings: Settings) -> str:
    """How the names begin of the secrets that this workspace's connections may use.

    Where a deployment serves several workspaces, with the team; a team id has no hyphen, so none begins another's.
    """
    team = f"{settings.workspace}-" if settings.many else ""
    return f"{settings.queue_prefix}-connection-{team}"


def secret_of(name: str, settings: Settings) -> str:
    """The name of a connection's secret where nobody chose another."""
    return f"{secret_prefix(settings)}{name}"


def reference_of(connection: Connection, settings: Settings) -> str:
    """Where a connection's secret is read from. Raises BadInput where that is none of this workspace's."""
    if connection.is_default:
        return settings.snowflake_key_secret
    if problem := secret_problem(connection.secret, settings):
        raise BadInput(f"The connection {connection.name} names a secret that it may not read.", problem)
    return f"projects/{settings.project}/secrets/{connection.secret}/versions/latest"


def proof_of(connection: Connection, settings: Settings, secrets: ReadsSecrets, *, anew: bool = False) -> str:
    """Return what a connection proves itself with; `anew`: past what is remembered.

    Raises BadInput, Refused where a named connection's secret is not there, BadSettings for the settings' own.
    """
    reference = reference_of(connection, settings)
    try:
        return secrets.refresh(reference) if anew else secrets.read(reference)
    except BadSettings as error:
        if connection.is_default:
            raise
        raise Refused(
            f"There is no secret {connection.secret} yet, or the service may not read it.",
            f"Whoever looks after the service stores it: /mmm connect {connection.name} shows the command.",
            detail=error.detail,
        ) from error


def reader_of(connection: Connection, settings: Settings, secrets: ReadsSecrets) -> str:
    """Who reads, where the connection itself does not say it: a key may be replaced by another account's.

    Empty where a user is named. Raises BadInput, Refused, Unavailable.
    """
    if connection.auth != "service_account":
        return ""
    return sha256(proof_of(connection, settings, secrets).encode()).hexdigest()[:16]


def secret_problem(secret: str, settings: Settings) -> str:
    """What is wrong with a secret's name; nothing where a connection of this workspace may use it."""
    prefix = secret_prefix(settings)
    if SECRET.fullmatch(secret) and secret.startswith(prefix) and len(secret) > len(prefix):
        return ""
    return f"It must be a secret's name that begins with {prefix}, with letters, digits, - and _."


def passwords_allowed(settings: Settings) -> bool:
    """Whether a connection may log in with a password: where an operator said so, and Secret Manager is a stand-in's.

    A password goes to whatever account a connection names; a key pair's proof is of use to that account alone.
    """
    return settings.warehouse_passwords and bool(settings.secrets_url)


def problems_of(connection: Connection, settings: Settings) -> dict[str, str]:
    """What is wrong with a connection that somebody describes, by field; nothing where it may be stored."""
    found: dict[str, str] = {}
    if not NAME.fullmatch(connection.name):
        found["name"] = "Use 1 to 40 small letters, digits and hyphens, such as north-america."
    elif connection.name in RESERVED:
        found["name"] = f"{connection.name} means something else already. Choose another name."
    own = _of_bigquery if connection.kind == "bigquery" else _of_snowflake
    return {**found, **own(connection, settings)}


def _of_snowflake(connection: Connection, settings: Settings) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        if not account_of(connection.account):
            found["account"] = "Give the account identifier, such as MYORG-MYACCOUNT."
    except ValueError as error:
        found["account"] = f"It {error}."
    if not LOGIN.fullmatch(connection.user):
        found["user"] = "Give the name of the service user."
    for field, told in (("warehouse", "warehouse"), ("database", "database"), ("role", "role")):
        if not getattr(connection, field):
            found[field] = f"Name the {told}." + (" It should only read." if field == "role" else "")
    for field in ("warehouse", "database", "schema_name", "role"):
        value = getattr(connection, field)
        if value and not IDENTIFIER.fullmatch(value):
            found[field] = 'Write it as in SQL: letters, digits and _, or anything in "quotes".'
    if problem := secret_problem(connection.secret, settings):
        found["secret"] = problem
    if connection.auth not in ("key_pair", "password"):
        found["auth"] = "Snowflake takes a key pair."
    elif connection.auth == "password" and not passwords_allowed(settings):
        found["auth"] = "Passwords are for development only. Choose the key pair."
    return found


def _of_bigquery(connection: Connection, settings: Settings) -> dict[str, str]:
    found: dict[str, str] = {}
    if not PROJECT.fullmatch(connection.account):
        found["account"] = "Give the id of the project that runs the queries and is billed, such as my-company-data."
    if connection.database and not PROJECT.fullmatch(connection.database):
        found["database"] = "Give the id of the project that holds the tables, or leave it empty: the same."
    if connection.schema_name and not DATASET.fullmatch(connection.schema_name):
        found["schema_name"] = "Give a dataset's name: letters, digits and _."
    for field in ("user", "warehouse", "role"):
        if getattr(connection, field):
            found[field] = "BigQuery has none: leave it empty."
    if connection.auth == "service_account":
        if problem := secret_problem(connection.secret, settings):
            found["secret"] = problem
    elif connection.auth != "workload":
        found["auth"] = "BigQuery takes a service account's key, or this service's own account."
    elif settings.many:
        # It is the deployment's account: whatever was shared with it for one workspace, every other would read.
        found["auth"] = "Where several workspaces share this app, each needs a service account's key of its own."
    return found


def looks_pasted(text: str) -> bool:
    """Whether something that was typed is a secret itself, which must not be kept, shown or logged."""
    return PASTED.search(text) is not None
