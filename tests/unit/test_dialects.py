"""Which texts of a SELECT mean the same: nothing that could change a row is ever passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cloud.dialects import BIGQUERY, SNOWFLAKE, dialect_of

BOTH = pytest.mark.parametrize("dialect", [SNOWFLAKE, BIGQUERY], ids=lambda one: one.kind)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="'\\\n\r\x00", categories=["L", "N", "P", "S"]), max_size=12
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**9)


@BOTH
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("select a from t", "SELECT a FROM t", id="case of keywords"),
        pytest.param("select a from t", "select  a\n\tfrom t ;", id="spaces, semicolon"),
        pytest.param("select a from t", "select a -- why\nfrom /* where */ t", id="comments"),
        pytest.param(
            "select a from t group by a order  by 1", "SELECT a FROM t GROUP\nBY a ORDER BY 1", id="two words"
        ),
        pytest.param("select sum(a)from t", "select sum( a ) from t", id="spaces around signs"),
        pytest.param("select a from t where a is not null", "select a from t WHERE a IS NOT NULL", id="operators"),
    ],
)
def test_comments_spaces_and_the_case_of_keywords_do_not_count(dialect, one, other):
    assert dialect.key(one) == dialect.key(other)


@BOTH
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("select a from t where c = 'de'", "select a from t where c = 'DE'", id="case in a text"),
        pytest.param("select a from t where c = 'a b'", "select a from t where c = 'a  b'", id="spaces in a text"),
        pytest.param(
            "select a from t where c = '--x'", "select a from t where c = '--y'", id="what looks like a comment"
        ),
        pytest.param("select a from t where c = 1", "select a from t where c = 1.0", id="numbers"),
        pytest.param("select a as b from t", "select a as c from t", id="names"),
        pytest.param("select a, b from t", "select b, a from t", id="order"),
        pytest.param("select a b from t", "select ab from t", id="a space that matters"),
        pytest.param(
            "select a from t where x = 'a' and y = 'b'", "select a from t where x = 'a'' and y = ''b'", id="quotes"
        ),
    ],
)
def test_whatever_may_change_a_row_counts(dialect, one, other):
    try:
        second = dialect.key(other)
    except Exception:
        return  # BigQuery writes a quote in a text otherwise: that is no SELECT there
    assert dialect.key(one) != second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("select a from `p.d.T`", "select a from `p.d.t`", id="a table's case in backticks"),
        pytest.param("select a from d.T", "select a from d.t", id="a table's case"),
        pytest.param("select a as Date from t", "select a as date from t", id="the case of a column's name"),
        pytest.param("select s.Rows from t", "select s.ROWS from t", id="a keyword that is a name behind a dot"),
        pytest.param('select "a" as x from t', "select 'a' as x from t where true", id="double quotes are texts"),
    ],
)
def test_in_bigquery_the_case_of_names_counts(one, other):
    assert BIGQUERY.key(one) != BIGQUERY.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param('select "a" from t', 'select "A" from t', id="a quoted name"),
        pytest.param("select v:Country from t", "select v:country from t", id="a field of JSON"),
        pytest.param("select v:From from t", "select v:from from t", id="a field called like a keyword"),
        pytest.param("select v:a.Select from t", "select v:a.select from t", id="and one within it"),
        pytest.param("select $$a$$ x from t", "select $$A$$ x from t", id="dollar quotes"),
    ],
)
def test_in_snowflake_the_case_of_what_is_quoted_or_json_counts(one, other):
    assert SNOWFLAKE.key(one) != SNOWFLAKE.key(other)


@BOTH
@settings(max_examples=150, deadline=None)
@given(one=TEXTS, other=TEXTS)
def test_two_selects_that_differ_in_a_text_never_share_a_key(dialect, one, other):
    def key(text):
        try:
            return dialect.key(f"select a from t where c = '{text}'")
        except Exception:
            return None  # refused as a placeholder, say: it has no key at all

    first, second = key(one), key(other)
    assert one == other or first is None or second is None or first != second


@BOTH
@settings(max_examples=60, deadline=None)
@given(one=NUMBERS, other=NUMBERS)
def test_two_selects_that_differ_in_a_number_never_share_a_key(dialect, one, other):
    first, second = (dialect.key(f"select a from t where c = {number}") for number in (one, other))
    assert (str(one) == str(other)) == (first == second)


@pytest.mark.parametrize(
    ("sql", "clock"),
    [
        pytest.param("select a from t where d < current_date()", True, id="today"),
        pytest.param("select a from t where d < CURRENT_DATE", True, id="without brackets"),
        pytest.param("select a from t where c = 'current_date'", False, id="in a text"),
        pytest.param("select a from t", False, id="none"),
    ],
)
@BOTH
def test_what_asks_for_the_day_is_known(dialect, sql, clock):
    assert dialect.has_clock(sql) is clock


def test_a_kind_that_nobody_names_is_snowflake():
    assert dialect_of("") is SNOWFLAKE
    assert dialect_of("bigquery") is BIGQUERY
