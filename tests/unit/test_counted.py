"""Which countries a warehouse's source has rows of: counted by one query, or said to be unknown."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from engine.cloud.select_country import MOST_COUNTED
from engine.cloud.warehouse import Warehouse
from engine.columns import Column
from engine.data.dataset import Source
from engine.errors import BadInput, BadSelect, Refused
from engine.pipeline.counted import TRIED_FIRST, in_warehouse

COLUMNS = (Column(name="DATE", type="date"), Column(name="COUNTRY", type="text", examples=("FR", "DE")))
TABLE = Source(kind="table", table="A.B.C")
FOR_EACH = Source(kind="select", sql="SELECT DATE FROM T WHERE C = {country}")
OF_OWN = Source(kind="select", sql="SELECT * FROM SALES_{country}")


class Asked:
    """A warehouse that answers counting queries so, or refuses."""

    def __init__(self, answer: Sequence[dict[str, Any]] | Exception = ()) -> None:
        self.answer, self.queries = answer, list[str]()

    def preview(self, sql: str, rows: int = 5) -> list[dict[str, Any]]:
        self.queries.append(sql)
        if isinstance(self.answer, Exception):
            raise self.answer
        return list(self.answer)


def row(country: str, rows: int = 1) -> dict[str, Any]:
    return {"MMM_COUNTRY": country, "MMM_ROWS": rows, "MMM_FIRST": None, "MMM_LAST": None}


def counted(at: Asked, source: Source, columns: Any = lambda source: COLUMNS) -> Any:
    query = "SELECT * FROM A.B.C" if source is TABLE else ""
    return in_warehouse(cast(Warehouse, at), source, columns, query, "snowflake")[1]


def test_a_table_is_counted_by_one_query() -> None:
    at = Asked([row("FR", 3), row("Mars", 2)])
    found = counted(at, TABLE)
    assert [(one.country, one.rows) for one in found.countries] == [("fr", 3)]
    assert len(at.queries) == 1 and '"COUNTRY"' in at.queries[0] and 'MIN("DATE")' in at.queries[0]
    assert [one.code for one in found.findings] == ["country.unknown"]


@pytest.mark.parametrize("source", [TABLE, FOR_EACH])
@pytest.mark.parametrize("error", [BadSelect("It is not known."), Refused("It may not be read.")])
def test_a_query_that_is_refused_is_said_and_stops_nothing(source: Source, error: Exception) -> None:
    found = counted(Asked(error), source)
    assert found.countries == () and found.findings[0].code == "country.uncounted"
    assert str(error) in found.findings[0].text


def test_more_values_than_are_counted_is_said() -> None:
    found = counted(Asked([row(f"Planet {n}") for n in range(MOST_COUNTED)]), TABLE)
    assert found.findings[-1].code == "country.many"


def test_a_source_without_a_column_of_countries_is_not_counted() -> None:
    at = Asked()
    assert counted(at, TABLE, lambda source: COLUMNS[:1]).countries == () and at.queries == []


def test_where_each_country_has_a_table_the_first_that_is_there_tells_the_columns() -> None:
    tried: list[str] = []

    def columns(source: Source) -> tuple[Column, ...]:
        tried.append(source.sql)
        if not source.sql.endswith("_GB"):
            raise BadInput("There is no such table.")
        return COLUMNS

    found = counted(Asked(), OF_OWN, columns)
    assert tried[-1] == "SELECT * FROM SALES_GB" and found.findings[0].code == "country.uncounted"


def test_where_none_is_there_the_first_refusal_is_told() -> None:
    def none(source: Source) -> tuple[Column, ...]:
        raise BadInput(f"There is no {source.sql[-8:]}.")

    with pytest.raises(BadInput, match=f"SALES_{TRIED_FIRST[0].upper()}"):
        counted(Asked(), OF_OWN, none)
