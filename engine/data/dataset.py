"""A dataset: a source, what its columns mean, and one immutable snapshot of its rows."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.columns import Column
from engine.data.changes import Changes
from engine.data.intake.units import CURRENCY_UNITS
from engine.data.mapping import Mapping

# ISO 3166 alpha-2 in lower case: it stands in the names of objects, where nothing else could be found again.
Country = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
# Of a form that is about several countries, which of them is known later.
MaybeCountry = Annotated[str, Field(pattern=r"^([a-z]{2})?$")]


class Source(BaseModel):
    """Where rows come from: a CSV dropped into Slack, a warehouse table, or one SELECT."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["csv", "table", "select"]
    file_id: str = ""
    file_name: str = ""
    table: str = ""
    sql: str = ""
    connection: str = Field("", description="The connection that it is read through; empty: the settings' own.")

    @property
    def label(self) -> str:
        """The source in a few words, for people."""
        return {"csv": self.file_name or "CSV file", "table": self.table, "select": "SELECT"}[self.kind]


class Offer(BaseModel):
    """A remedy as one press: sets the draft's choice `key` to `value`, and everything is read anew with it."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="What is chosen; the names are in `engine.data.intake.choices`.")
    value: str
    label: str = Field(description="The button's words.")


class Finding(BaseModel):
    """One observation about data: what, where, how bad, and what to do."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable name of the rule, such as `date.duplicate`.")
    grade: Literal["FAIL", "REVIEW", "INFO"]
    column: str = ""
    where: str = Field(default="", description="Rows or dates concerned, as text.")
    row: int | None = Field(default=None, description="The first row concerned, as a spreadsheet numbers it.")
    value: str = Field(default="", description="An example of the value concerned, as it was written.")
    text: str = Field(description="What is wrong, in one sentence.")
    remedy: str = Field(default="", description="What to do about it, in one sentence.")
    number: float | None = None
    overridable: bool = Field(default=False, description="A FAIL that a person may accept knowingly.")
    offers: tuple[Offer, ...] = Field(default=(), description="Remedies as buttons.")
    trust: bool = Field(default=False, description="Bears on how far a result may be trusted: the verdict tells it.")


class CountryRows(BaseModel):
    """How many rows of a source are of one country; from when to when, where its dates are known to be dates."""

    model_config = ConfigDict(frozen=True)

    country: Country
    rows: int
    first_date: date | None = None
    last_date: date | None = None


class Draft(BaseModel):
    """A dataset that somebody is defining. `columns` and `findings` are known once the source was read.

    Every wish has a draft of its own: the roles sent once more, a finding accepted, another reading. So nothing that
    is named after a draft (a step, a message, a dataset) is taken for the one of an earlier wish.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    workspace: str
    title: str
    country: MaybeCountry = Field(description="Empty in a form that is about several.")
    source: Source
    fresh: bool = Field(False, description="Its rows are read anew, also where they were kept.")
    public: bool = Field(False, description="Everybody could look where it is told of, when it was made.")
    who: str = Field(description="Slack user id of the person defining it.")
    channel: str = Field(description="Channel that hears of it.")
    created_at: datetime
    origin: str = Field(default="", description="The draft that its form was first read as; empty for that one itself.")
    columns: tuple[Column, ...] = ()
    findings: tuple[Finding, ...] = Field(default=(), description="What was assumed on reading the columns.")
    interval: str = Field(default="", description="How far apart the rows are, where reading the columns told.")
    week_dated: str = Field(default="", description="Which of its days a weekly row seems to carry: first or last.")
    view_id: str = Field(default="", description="The modal to update, if it is still open.")
    accepted: tuple[str, ...] = Field(default=(), description="Rules whose overridable FAIL a person accepted.")
    choices: dict[str, str] = Field(default_factory=dict, description="How to read what can be read in several ways.")
    chosen: dict[str, str] = Field(default_factory=dict, description="By choice, the words on the button pressed.")
    changes: Changes = Field(default=Changes(), description="What the person changed about the roles guessed.")
    roles: Mapping | None = Field(None, description="What its form began with, and what was said beside its fields.")
    rows_of: str = Field("", description="The dataset whose rows it has, with other roles; empty: its source is read.")
    scope: str = Field("", description="`universal`: its mapping is for every country of its title.")
    mapping_file: str = Field("", description="The Slack file that says what its columns mean; empty for none.")
    several: bool = Field(default=False, description="Its form asks for countries: each becomes a dataset of its own.")
    found: tuple[CountryRows, ...] = Field(default=(), description="The countries that have rows, the most first.")
    countries: tuple[Country, ...] = Field(default=(), description="Those chosen: a draft of each is made of this one.")
    round: str = Field(default="", description="The round of several countries that it belongs to.")
    rows_in: str = Field(default="", description="Its rows, where they were read together with other countries'.")
    query_id: str = Field(default="", description="The query that read those.")
    read_at: datetime | None = Field(None, description="When it did.")
    kept_as: str = Field("", description="Under which name they were kept to be used again.")
    renews: tuple[str, ...] = Field(default=(), description="The snapshots that it is to follow, by country.")


# By column, the stretches in which it never changes: first and last day.
Still = dict[str, tuple[tuple[date, date], ...]]


class Dataset(BaseModel):
    """A snapshot's manifest. `id` is `country/ts`; its rows never change."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    workspace: str
    title: str
    country: Country
    ts: str
    source: Source
    mapping: Mapping
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    crc32c: str = Field(description="Checksum of raw.parquet as Cloud Storage states it (base64).")
    first_date: date
    last_date: date
    interval: Literal["day", "week", "month"]
    query_id: str = ""
    read_at: datetime | None = Field(None, description="When its rows were read from the warehouse.")
    kept_as: str = Field("", description="Under which name its rows were kept to be used again; empty: they were not.")
    findings: tuple[Finding, ...] = ()
    accepted: tuple[str, ...] = Field(default=(), description="Rules whose overridable FAIL a person accepted.")
    choices: dict[str, str] = Field(default_factory=dict, description="How to read what can be read in several ways.")
    still: Still = Field(default_factory=dict, description="When a driver stands still: tells which windows know it.")
    rows_of: str = Field("", description="The dataset that its rows were copied from, to give them other roles.")
    who: str
    channel: str
    created_at: datetime

    @property
    def id(self) -> str:
        return f"{self.country}/{self.ts}"

    @property
    def currencies(self) -> dict[str, str]:
        """The currency of each column that has one."""
        return {column.name: column.unit for column in self.columns if column.unit in CURRENCY_UNITS}
