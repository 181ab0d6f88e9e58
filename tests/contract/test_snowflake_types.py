"""The local Snowflake's types and names, as the real connector sees them: NUMBER stays NUMBER, DATE stays DATE, and a
quoted name keeps its case. The rules are Snowflake's ("Arithmetic operators", "AVG", "DATE_TRUNC", "Identifiers").
"""

import datetime
from contextlib import closing
from decimal import Decimal

import pytest
from snowflake.connector import errors as sf

from local.snowflake.typed import Number, product, quotient
from tests.local_snowflake import local_snowflake

FIXED, REAL, TEXT, DATE, TIMESTAMP, BOOLEAN = 0, 1, 2, 3, 8, 13
JAN, FEB = datetime.date(2024, 1, 31), datetime.date(2024, 2, 15)


@pytest.fixture(scope="module")
def cursor(tmp_path_factory):
    """One session for all: a table of every type, and one whose names differ in case alone."""
    with (
        local_snowflake(tmp_path_factory.mktemp("snowflake")) as account,
        closing(account.connect()) as connection,
        closing(connection.cursor()) as open_cursor,
    ):
        for statement in (
            "create table t (a int, m number(14,2), n number(10,0), f float, d date, ts timestamp_ntz, b boolean, "
            "s varchar, k number(10,8))",
            "insert into t values (7, 10.01, 3, 1.5, '2024-01-31', '2024-01-31 10:11:12', true, 'x', 0.12345678), "
            "(2, 5.05, 4, 2.5, '2024-02-15', '2024-02-15 10:11:12', false, 'y', 0.5)",
            'create table "Mixed" ("Id" int, id int, "id" int)',
            'insert into "Mixed" values (1, 2, 3)',
            "create table mixed (x int)",
        ):
            open_cursor.execute(statement)
        yield open_cursor


def failure(cursor, sql):
    with pytest.raises(sf.Error) as raised:
        cursor.execute(sql)
    return raised.value.errno, raised.value.sqlstate, raised.value.raw_msg


# What is computed of a column, its value in the first row or of all rows, and its type: code, precision, scale.
COMPUTED = {
    "sum of money": ("sum(m)", Decimal("15.06"), FIXED, 38, 2),
    "sum of whole numbers": ("sum(a)", 9, FIXED, 38, 0),
    "sum of floats": ("sum(f)", 4.0, REAL, None, None),
    "sum of what differs": ("sum(distinct m)", Decimal("15.06"), FIXED, 38, 2),
    "sum of a choice": ("sum(iff(b, m, 0))", Decimal("10.01"), FIXED, 38, 2),
    "average of money": ("avg(m)", Decimal("7.53000000"), FIXED, 38, 8),
    "average of whole numbers": ("avg(a)", Decimal("4.500000"), FIXED, 38, 6),
    "average of what differs": ("avg(distinct a)", Decimal("4.500000"), FIXED, 38, 6),
    "average of floats": ("avg(f)", 2.0, REAL, None, None),
    "average of nothing": ("avg(iff(a > 99, m, null))", None, FIXED, 38, 8),
    "median": ("median(m)", Decimal("7.53000"), FIXED, 17, 5),
    "count": ("count(*)", 2, FIXED, 18, 0),
    "count of what differs": ("count(distinct m)", 2, FIXED, 18, 0),
    "smallest": ("min(m)", Decimal("5.05"), FIXED, 14, 2),
    "sum by sum": ("sum(m) / sum(a)", Decimal("1.67333333"), FIXED, 38, 8),
    "sum by count": ("sum(m) / count(*)", Decimal("7.53000000"), FIXED, 38, 8),
    "sum by nothing": ("sum(m) / nullif(sum(a) - 9, 0)", None, FIXED, 38, 8),
    "average by average": ("avg(m) / avg(a)", Decimal("1.673333333333"), FIXED, 38, 12),
    "sum by float": ("sum(m) / sum(f)", 3.765, REAL, None, None),
    "DIV0": ("div0(sum(m), 0)", Decimal(0), FIXED, 38, 8),
    "rounded": ("round(sum(m) / sum(a), 2)", Decimal("1.67"), FIXED, 38, 2),
    "as a share": ("sum(m) / sum(a) * 100", Decimal("167.33333300"), FIXED, 38, 8),
    "newest date": ("max(d)", FEB, DATE, None, None),
    "month of the newest date": ("date_trunc('month', max(d))", datetime.date(2024, 2, 1), DATE, None, None),
}
OF_A_ROW = {
    "by a whole number": ("m / a", Decimal("1.43000000"), FIXED, 20, 8),
    "of a whole number": ("a / m", Decimal("0.699301"), FIXED, 38, 6),
    "of two columns of digits": ("n / n", Decimal("1.000000"), FIXED, 16, 6),
    "of literals": ("1 / 3", Decimal("0.333333"), FIXED, 7, 6),
    "rounded away from zero": ("-2 / 3", Decimal("-0.666667"), FIXED, 38, 6),
    "smaller than a digit": ("1 / 100000000", Decimal(0), FIXED, 7, 6),
    "of a quotient": ("m / a / n", Decimal("0.476666666667"), FIXED, 24, 12),
    "of a float": ("f / a", 1.5 / 7, REAL, None, None),
    "product": ("m * m", Decimal("100.2001"), FIXED, 28, 4),
    "product of many digits": ("k * k", Decimal("0.015241576528"), FIXED, 16, 12),
    "product with a float": ("m * f", 15.015, REAL, None, None),
    "over a window": ("avg(m) over (partition by b)", Decimal("10.01000000"), FIXED, 38, 8),
    "share of a window": ("m / sum(m) over ()", Decimal("0.66467463"), FIXED, 22, 8),
    "number of a row": ("row_number() over (order by a desc)", 1, FIXED, 18, 0),
    "week": ("date_trunc('week', d)", datetime.date(2024, 1, 29), DATE, None, None),
    "month of a shifted date": ("date_trunc('month', dateadd(day, 1, d))", datetime.date(2024, 2, 1), DATE, None, None),
    "TRUNC": ("trunc(d, 'month')", datetime.date(2024, 1, 1), DATE, None, None),
    "month of a time": ("date_trunc('month', ts)", datetime.datetime(2024, 1, 1), TIMESTAMP, 0, 9),
    "hour of a time": ("date_trunc('hour', ts)", datetime.datetime(2024, 1, 31, 10), TIMESTAMP, 0, 9),
    "a month later": ("dateadd(month, 1, d)", datetime.date(2024, 2, 29), DATE, None, None),
    "ADD_MONTHS": ("add_months(d, 1)", datetime.date(2024, 2, 29), DATE, None, None),
    "an hour later": ("dateadd(hour, 1, d)", datetime.datetime(2024, 1, 31, 1), TIMESTAMP, 0, 9),
    "a day after a time": ("dateadd(day, 1, ts)", datetime.datetime(2024, 2, 1, 10, 11, 12), TIMESTAMP, 0, 9),
    "plus an interval": ("d + interval '1 day'", datetime.date(2024, 2, 1), DATE, None, None),
    "plus days": ("d + 1", datetime.date(2024, 2, 1), DATE, None, None),
    "days between": ("d - to_date('2024-01-01')", 30, FIXED, 38, 0),
    "TO_DATE": ("to_date('2024-01-02')", datetime.date(2024, 1, 2), DATE, None, None),
    "comparison": ("a > 2", True, BOOLEAN, None, None),
    "negation": ("not b", False, BOOLEAN, None, None),
}


@pytest.mark.parametrize(("what", "value", "kind", "precision", "scale"), COMPUTED.values(), ids=list(COMPUTED))
def test_what_is_computed_of_all_rows_has_snowflakes_type(cursor, what, value, kind, precision, scale):
    rows = cursor.execute(f"select {what} as x from t").fetchall()
    field = cursor.description[0]
    assert (rows, type(rows[0][0])) == ([(value,)], type(value))
    assert (field.name, field.type_code, field.precision, field.scale) == ("X", kind, precision, scale)


@pytest.mark.parametrize(("what", "value", "kind", "precision", "scale"), OF_A_ROW.values(), ids=list(OF_A_ROW))
def test_what_is_computed_of_a_row_has_snowflakes_type(cursor, what, value, kind, precision, scale):
    row = cursor.execute(f"select {what} as x from t qualify row_number() over (order by d) = 1").fetchone()
    field = cursor.description[0]
    assert (row, type(row[0])) == ((value,), type(value))
    assert (field.name, field.type_code, field.precision, field.scale) == ("X", kind, precision, scale)


def test_today_is_a_date(cursor):
    row = cursor.execute("select current_date, dateadd('day', -1, current_date())").fetchone()
    assert {type(one) for one in row} == {datetime.date} and row[0] - row[1] == datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (Number(14, 2), Number(38, 0), Number(20, 8)),
        (Number(1, 0), Number(1, 0), Number(7, 6)),
        (Number(38, 2), Number(38, 0), Number(38, 8)),
        (Number(20, 10), Number(5, 3), Number(25, 12)),
        (Number(38, 20), Number(38, 0), Number(38, 20)),
    ],
)
def test_a_quotients_digits_follow_the_documented_rule(one, other, kind):
    assert quotient(one, other) == kind


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (Number(14, 2), Number(14, 2), Number(28, 4)),
        (Number(10, 8), Number(10, 8), Number(16, 12)),
        (Number(20, 15), Number(10, 1), Number(29, 15)),
        (Number(38, 0), Number(38, 0), Number(38, 0)),
    ],
)
def test_a_products_digits_follow_the_documented_rule(one, other, kind):
    assert product(one, other) == kind


def test_a_quotient_of_many_digits_is_exact(cursor):
    """A float has sixteen digits; these have more."""
    row = cursor.execute("select 123456789012345678.91::number(20,2) / 7").fetchone()
    assert row == (Decimal("17636684144620811.27285714"),)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("select 155634733.73::number(14,2) / 1.37::number(14,2)", Decimal("113601995.42335766")),
        ("select 999999999999.99::number(14,2) / 0.01::number(14,2)", Decimal("99999999999999.00000000")),
        (
            "select 999999999999.99::number(14,2) * 999999999999.99::number(14,2)",
            Decimal("999999999999980000000000.0001"),
        ),
        ("select sum(m) * sum(m) * 1000000000000 from t", Decimal("226803600000000.0000")),
        ("select 9223372036854775807 / 3", Decimal("3074457345618258602.333333")),
        ("select sum(9223372036854775807) / count(*) from t", Decimal("9223372036854775807.000000")),
    ],
)
def test_large_numbers_are_computed_with(cursor, sql, value):
    assert cursor.execute(sql).fetchone() == (value,)


def test_types_go_through_queries_within_queries(cursor):
    sql = """
        with days as (select d, sum(m) as s, count(*) as n from t group by d),
             weeks as (select date_trunc('week', d) as w, s / n as q from days)
        select w, avg(q), sum(q) / 2 from (select * from weeks) where q > (select avg(m) / 100 from t)
        group by w having avg(q) > 0 order by sum(q) / 2
    """
    rows = cursor.execute(sql).fetchall()
    week = datetime.date(2024, 2, 12)
    assert rows[0] == (week, Decimal("5.050000000000"), Decimal("2.525000000000"))
    assert [field.type_code for field in cursor.description] == [DATE, FIXED, FIXED]


@pytest.mark.parametrize("clause", ["group by m / a, d", "group by 1, d", "group by all"])
def test_a_quotient_can_be_grouped_by(cursor, clause):
    rows = cursor.execute(f"select m / a, d, count(*) from t {clause} order by d").fetchall()
    assert rows == [(Decimal("1.43000000"), JAN, 1), (Decimal("2.52500000"), FEB, 1)]
    assert [field.name for field in cursor.description] == ["M / A", "D", "COUNT(*)"]


def test_an_alias_can_be_divided(cursor):
    assert cursor.execute("select a as z, z / 2 as half from t order by 1").fetchall() == [
        (2, Decimal("1.000000")),
        (7, Decimal("3.500000")),
    ]


def test_what_is_bound_counts_as_what_it_is(cursor):
    sql = "select sum(m) / ?, avg(m * ?), ? / 3 from t where a > ? and s <> ? limit ?"
    row = cursor.execute(sql, (2, 2.0, 7, 0, "nobody", 5)).fetchone()
    assert row == (Decimal("7.53000000"), pytest.approx(15.06), Decimal("2.333333"))
    assert isinstance(row[1], float)


@pytest.mark.parametrize(
    "sql", ["select 1 / 0", "select a / 0 from t", "select f / (a - a) from t", "select f / 0 from t"]
)
def test_nothing_is_divided_by_zero(cursor, sql):
    assert failure(cursor, sql)[:2] == (100051, "22012")


def test_tables_and_views_keep_the_types(cursor):
    cursor.execute(
        "create or replace table kept as select m / a as q, date_trunc('month', d) as mo, avg(m) over () as av from t"
    )
    cursor.execute("create or replace view seen as select mo, sum(q) / count(*) as r from kept group by mo")
    kinds = [row[1] for row in cursor.execute("describe table kept").fetchall()]
    assert kinds == ["NUMBER(20,8)", "DATE", "NUMBER(38,8)"]
    cursor.execute("select * from seen")
    assert [(field.type_code, field.scale) for field in cursor.description] == [(DATE, None), (FIXED, 12)]


# Names


def test_a_quoted_name_keeps_its_case_and_others_do_not(cursor):
    assert cursor.execute('select * from "Mixed"').fetchall() == [(1, 2, 3)]
    assert [field.name for field in cursor.description] == ["Id", "ID", "id"]
    row = cursor.execute('select "Id", id, "id", ID, "ID" from "Mixed"').fetchone()
    assert row == (1, 2, 3, 2, 2)
    assert cursor.execute("select * from MIXED").fetchall() == cursor.execute('select * from "MIXED"').fetchall() == []


@pytest.mark.parametrize(
    ("sql", "errno", "said"),
    [
        ('select * from "mixed"', 2003, "'MMM.MARKETING.mixed' does not exist"),
        ('select "iD" from "Mixed"', 904, "invalid identifier '\"iD\"'"),
        ('select "x" from mixed', 904, "invalid identifier '\"x\"'"),
        ('select x as "y" from mixed where Y = 1', 904, "invalid identifier 'Y'"),
        ('drop table "MIXEd"', 2003, "'MMM.MARKETING.MIXEd' does not exist"),
        ('with "cTe" as (select 1 as one) select one from cte', 2003, "CTE' does not exist"),
    ],
)
def test_a_name_of_another_case_is_another_name(cursor, sql, errno, said):
    got = failure(cursor, sql)
    assert got[0] == errno and said in got[2]


def test_results_have_the_names_that_were_given(cursor):
    cursor.execute('select sum("id") as "Total Spend", 1 as plain, max("Id") from "Mixed"')
    assert [field.name for field in cursor.description] == ["Total Spend", "PLAIN", 'MAX("Id")']
    table = cursor.execute('select "id" as "lower" from "Mixed"').fetch_arrow_all()
    assert table.column_names == ["lower"]
    assert [field.name for field in cursor.describe('select "Id" from "Mixed"')] == ["Id"]


def test_the_information_schema_has_the_names_that_were_given(cursor):
    named = (
        "select table_name from information_schema.tables where table_name in ('Mixed', 'MIXED', 'mixed') order by 1"
    )
    assert cursor.execute(named).fetchall() == [("MIXED",), ("Mixed",)]
    columns = (
        "select c.column_name from information_schema.columns c where c.table_name = 'Mixed' order by ordinal_position"
    )
    assert cursor.execute(columns).fetchall() == [("Id",), ("ID",), ("id",)]
    shown = cursor.execute("show tables").fetchall()
    assert {"Mixed", "MIXED"} <= {row[1] for row in shown}
    assert [row[0] for row in cursor.execute('describe table "Mixed"').fetchall()] == ["Id", "ID", "id"]


def test_a_name_can_be_bound_and_changed(cursor):
    assert cursor.execute("select * from identifier(?)", ('"Mixed"',)).fetchall() == [(1, 2, 3)]
    cursor.execute('create or replace table "Other" ("One" int)')
    cursor.execute('alter table "Other" rename column "One" to "Two"')
    assert cursor.execute('select "Two" from "Other"').fetchall() == []


def test_schemas_have_names_of_their_own(cursor):
    cursor.execute('create schema "Sub"')
    cursor.execute('create table "T" ("c" int)')
    assert cursor.execute("select current_schema()").fetchall() == [("Sub",)]
    assert cursor.connection.schema == "Sub"
    cursor.execute("use schema marketing")
    assert cursor.execute('select "c" from "Sub".t').fetchall() == []
    assert "Schema 'MMM.SUB' does not exist" in failure(cursor, "select * from sub.t")[2]
