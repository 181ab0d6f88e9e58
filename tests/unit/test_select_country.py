"""`{country}` in a SELECT: what is put in, what is not, and the query that counts."""

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cloud.dialects import dialect_of
from engine.cloud.select import one_select
from engine.cloud.select_country import (
    COUNTRY,
    FIRST,
    LAST,
    ROWS,
    asks_country,
    counting,
    counting_countries,
    of_country,
)
from engine.data.countries import COUNTRIES
from engine.errors import BadSelect


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("SELECT * FROM T WHERE C = {country}", "SELECT * FROM T WHERE C = 'FR'"),
        ("SELECT * FROM T WHERE C = '{country}'", "SELECT * FROM T WHERE C = 'FR'"),
        ("SELECT * FROM T WHERE C = { Country }", "SELECT * FROM T WHERE C = 'FR'"),
        ("SELECT * FROM T WHERE C = ‘{country}’", "SELECT * FROM T WHERE C = 'FR'"),
        ("SELECT * FROM T WHERE LOWER(C) = LOWER({country})", "SELECT * FROM T WHERE LOWER(C) = LOWER('FR')"),
        ("SELECT * FROM SALES_{country}", "SELECT * FROM SALES_FR"),
        ("SELECT * FROM {country}_SALES", "SELECT * FROM FR_SALES"),
        ("SELECT * FROM T WHERE SHOP LIKE 'shop_{country}%'", "SELECT * FROM T WHERE SHOP LIKE 'shop_FR%'"),
        ("SELECT '{country}' AS A, 'it''s {country}' AS B FROM T", "SELECT 'FR' AS A, 'it''s FR' AS B FROM T"),
        ("SELECT 1 AS A FROM T", "SELECT 1 AS A FROM T"),
    ],
)
def test_the_country_stands_where_it_is_asked_for(written: str, sent: str) -> None:
    assert of_country(written, "fr") == sent
    assert one_select(of_country(written, "fr")) == sent
    assert asks_country(written) == ("ountry" in written)


@pytest.mark.parametrize("code", ["", "f", "fra", "'; DROP TABLE T; --", "f'", "é1", "12"])
def test_only_two_letters_are_put_in(code: str) -> None:
    with pytest.raises(BadSelect, match="one for each country"):
        of_country("SELECT * FROM T WHERE C = {country}", code)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(COUNTRIES)))
def test_what_is_sent_passed_the_guard_whatever_stands_around_the_mark(before: str, after: str, code: str) -> None:
    text = of_country(f"{before}{{country}}{after}", code)
    assert not asks_country(text.replace("{country}", "")) or "{" in before + after
    try:
        sent = one_select(text)
    except BadSelect:
        return
    assert isinstance(sqlglot.parse_one(sent, read="snowflake"), sqlglot.exp.Query)


ROWS_OF = """
    CREATE TABLE T AS SELECT * FROM (VALUES
        (DATE '2024-01-01', 'FR', 1.0, TRUE), (DATE '2024-01-01', 'FR', 2.0, TRUE),
        (DATE '2024-01-02', 'FR', 3.0, TRUE), (DATE '2024-01-05', 'DE', 4.0, TRUE),
        (DATE '2024-01-06', 'DE', 5.0, FALSE), (DATE '2024-01-07', NULL, 6.0, TRUE)
    ) AS V(DAY, C, X, OK)
"""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DAY, X FROM T WHERE C = {country}",
        "SELECT DAY, X FROM T WHERE {country} = C AND OK",
        "SELECT * FROM T WHERE (LOWER(C) = LOWER('{country}')) ORDER BY DAY",
        "SELECT DAY, SUM(X) AS X FROM T WHERE C = {country} GROUP BY DAY",
        "SELECT DAY, SUM(X) AS X FROM T AS A WHERE A.C = {country} GROUP BY 1 ORDER BY 1",
        "SELECT DAY, C, SUM(X) AS X FROM T WHERE C = {country} GROUP BY ALL",
        "WITH Q AS (SELECT * FROM T WHERE OK) SELECT DAY, X FROM Q WHERE C = {country}",
    ],
)
def test_the_counting_query_counts_what_each_countrys_own_returns(sql: str) -> None:
    duck = duckdb.connect()
    duck.execute(ROWS_OF)
    asked = counting_countries(sql, "DAY")
    answer = duck.execute(sqlglot.transpile(one_select(asked), read="snowflake", write="duckdb")[0])
    names = [column[0] for column in answer.description or ()]
    assert names == [COUNTRY, ROWS, FIRST, LAST]
    counted = {str(row[0]).upper(): row[1:] for row in answer.fetchall() if row[0]}
    for code in ("FR", "DE"):
        own = duck.execute(of_country(sql, code)).df()
        assert counted[code][0] == len(own)
        assert counted[code][1:] == (own["DAY"].min().date(), own["DAY"].max().date())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM SALES_{country}",
        "SELECT * FROM T WHERE C = {country} OR OK",
        "SELECT * FROM T WHERE C <> {country}",
        "SELECT * FROM T WHERE C IN ({country})",
        "SELECT * FROM T WHERE C = {country} AND D = {country}",
        "SELECT SUM(X) AS X FROM T WHERE C = {country}",
        "SELECT * FROM T WHERE C = {country} LIMIT 10",
        "SELECT DISTINCT DAY FROM T WHERE C = {country}",
        "SELECT DAY, SUM(X) OVER (ORDER BY DAY) AS X FROM T WHERE C = {country}",
        "SELECT DAY FROM T WHERE C = {country} UNION ALL SELECT DAY FROM T",
        "SELECT * FROM (SELECT * FROM T WHERE C = {country})",
        "SELECT 'shop_{country}' AS S FROM T WHERE C = {country}",
        "SELECT * FROM T WHERE NOT C = {country}",
        "SELECT {country} FROM",
        "((((",
    ],
)
def test_where_one_query_could_count_wrongly_none_is_asked(sql: str) -> None:
    assert counting_countries(sql) == ""


@pytest.mark.parametrize("kind", ["snowflake", "bigquery"])
def test_a_counting_query_is_one_select_of_its_warehouse(kind: str) -> None:
    dialect = dialect_of(kind)
    table = {"snowflake": "A.B.C", "bigquery": "project.dataset.table"}[kind]
    asked = counting(dialect.select_all(table), "odd ‘name’ “1”", "Day", dialect=kind)
    assert dialect.one_select(asked)
    asked = counting_countries(f"SELECT day, x FROM {table} WHERE c = {{country}}", "day", dialect=kind)
    assert dialect.one_select(asked) and "GROUP BY" in asked
