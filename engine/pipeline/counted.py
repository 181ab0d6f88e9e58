"""Which countries a source has rows of, before anybody chooses: by one look at the file, or one query that counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from engine.cloud.select_country import MARK, MOST_COUNTED, asks_country, counting, counting_countries, of_country
from engine.cloud.warehouse import Warehouse
from engine.columns import Column
from engine.data.countries_in import countries_of, tally_of, tally_of_answer
from engine.data.dataset import CountryRows, Finding, Source
from engine.data.guess import Guess, guess
from engine.data.intake.file import Asked, to_parquet
from engine.errors import BadInput, Refused

# Whose rows are looked at for the columns of a SELECT that is one for each country, until one has any.
TRIED_FIRST: Final = ("de", "us", "gb", "fr", "it", "es", "nl", "pl", "se", "ch", "at", "be")


@dataclass(frozen=True)
class Counted:
    """The countries with rows, the most first, and what is said of rows that name none."""

    countries: tuple[CountryRows, ...] = ()
    findings: tuple[Finding, ...] = ()


NONE_COUNTED: Final = Counted()


def in_file(path: Path, asked: Asked, columns: Sequence[Column]) -> Counted:
    """Count a file's rows by country, where a column seems to name it. Raises BadData."""
    roles = guess(columns)
    if not roles.country_var:
        return NONE_COUNTED
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.parquet"
        to_parquet(path, raw, asked)
        return Counted(*countries_of(tally_of(raw, roles.country_var, _dates(columns, roles)), roles.country_var))


def in_warehouse(
    warehouse: Warehouse, source: Source, columns_of: Callable[[Source], tuple[Column, ...]], query: str, dialect: str
) -> tuple[tuple[Column, ...], Counted]:
    """Return the columns of a table or SELECT, and its rows by country, as far as a query can count them.

    query: the SELECT of a source that is read once for all. Raises BadInput, Refused, Unavailable.
    """
    if asks_country(source.sql):
        return _for_each(warehouse, source, columns_of, dialect)
    columns = columns_of(source)
    roles = guess(columns)
    if not roles.country_var:
        return columns, NONE_COUNTED
    asked = counting(query, roles.country_var, _dates(columns, roles), dialect=dialect)
    return columns, _answered(warehouse, asked, roles.country_var)


def _for_each(
    warehouse: Warehouse, source: Source, columns_of: Callable[[Source], tuple[Column, ...]], dialect: str
) -> tuple[tuple[Column, ...], Counted]:
    """The same of a SELECT that is one for each country."""
    columns = _first_with_rows(source, TRIED_FIRST, columns_of)
    asked = counting_countries(source.sql, _dates(columns, guess(columns)), dialect=dialect)
    if not asked:
        return columns, Counted((), (_uncounted(),))
    found = _answered(warehouse, asked)
    if found.countries and not any(column.examples for column in columns):
        columns = columns_of(_at(source, found.countries[0].country))
    return columns, found


def _answered(warehouse: Warehouse, asked: str, column: str = "") -> Counted:
    """What a counting query finds. One that is refused says nothing about the source: it is a query of ours."""
    try:
        rows = warehouse.preview(asked, rows=MOST_COUNTED)
    except (BadInput, Refused) as error:
        text = f"Which countries have rows could not be counted: {error.what}"
        remedy = "Choose the countries; one without rows is told, and made no dataset of."
        return Counted((), (Finding(code="country.uncounted", grade="INFO", text=text, remedy=remedy),))
    countries, findings = countries_of(tally_of_answer(rows), column)
    if len(rows) < MOST_COUNTED:
        return Counted(countries, findings)
    text = f"“{column}” holds more than {MOST_COUNTED:,} different values: only the most frequent ones were counted."
    return Counted(countries, (*findings, Finding(code="country.many", grade="REVIEW", column=column, text=text)))


def _first_with_rows(
    source: Source, codes: Sequence[str], columns_of: Callable[[Source], tuple[Column, ...]]
) -> tuple[Column, ...]:
    """The columns as the first country has them that has rows; else any. Raises what the first attempt raised."""
    known: tuple[Column, ...] = ()
    failed: BadInput | Refused | None = None
    for code in codes:
        try:
            columns = columns_of(_at(source, code))
        except (BadInput, Refused) as error:
            # Where each country has a table of its own, not every one has.
            failed = failed or error
            continue
        if any(column.examples for column in columns):
            return columns
        known = known or columns
    if not known and failed is not None:
        raise failed
    return known


def _at(source: Source, code: str) -> Source:
    return source.model_copy(update={"sql": of_country(source.sql, code)})


def _dates(columns: Sequence[Column], roles: Guess) -> str:
    """The column of dates, where it holds nothing else: of texts the first is no first day."""
    return next((one.name for one in columns if one.name == roles.date_var and one.type == "date"), "")


def _uncounted() -> Finding:
    return Finding(
        code="country.uncounted",
        grade="INFO",
        text=f"Which countries have rows cannot be told from this SELECT before it is read: {MARK} stands where it is "
        "more than one condition on all rows.",
        remedy="Choose the countries; one without rows is told, and made no dataset of.",
    )
