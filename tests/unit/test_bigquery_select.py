"""What may be sent to BigQuery: one SELECT of tables, word by word as it was typed."""

import pytest

from engine.cloud.bigquery_select import one_select, plain_name, select_all, table_name
from engine.errors import BadSelect


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT * FROM `p-x.d.t`", id="a name in backticks"),
        pytest.param("SELECT * FROM my-project.ds.t", id="a project with a hyphen"),
        pytest.param("SELECT * FROM `p`.`d`.`t`", id="each part in backticks"),
        pytest.param("WITH a AS (SELECT 1 AS x) SELECT x FROM a", id="WITH"),
        pytest.param("(SELECT 1 AS a) UNION ALL (SELECT 2 AS a)", id="set operation"),
        pytest.param("SELECT * EXCEPT (a) FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY b) = 1", id="QUALIFY"),
        pytest.param("SELECT x FROM UNNEST([1, 2]) AS x", id="UNNEST"),
        pytest.param("SELECT SAFE_DIVIDE(a, b), SAFE.SUBSTR(c, 1), NET.HOST(d) FROM t", id="SAFE and NET"),
        pytest.param(
            "SELECT DATE_TRUNC(d, WEEK(MONDAY)), PARSE_DATE('%Y', x), FORMAT_DATE('%Y', d) FROM t", id="dates"
        ),
        pytest.param("SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01'", id="as it was"),
        pytest.param("SELECT 'a # b', \"c -- d\", r'\\d', '''e ; f''' FROM t", id="texts keep what is in them"),
        pytest.param("SELECT * FROM t PIVOT (SUM(x) FOR y IN ('a', 'b'))", id="PIVOT"),
    ],
)
def test_a_select_is_sent_as_it_was_typed(sql):
    assert one_select(sql) == sql


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        pytest.param("select 1 -- one\n", "select 1", id="two dashes"),
        pytest.param("select 1 # one\n from t", "select 1 from t", id="hash"),
        pytest.param("select /* a ; b */ 1;", "select 1", id="block, semicolon"),
        pytest.param("```sql\nselect 1\n```", "select 1", id="a chat's fence"),
        pytest.param("select\u00a0a from t", "select a from t", id="no-break space"),
    ],
)
def test_comments_and_marks_around_it_are_not_sent(sql, sent):
    assert one_select(sql) == sent


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param("", "no SQL", id="nothing"),
        pytest.param("delete from t where true", "DELETE", id="DELETE"),
        pytest.param("merge a using b on true when matched then delete", "MERGE", id="MERGE"),
        pytest.param("export data options(uri='gs://x') as select 1", "EXPORT", id="EXPORT"),
        pytest.param("create table x as select 1", "CREATE", id="CREATE"),
        pytest.param("call a.b()", "CALL", id="CALL"),
        pytest.param("with x as (delete from a where true) select 1", "WITH x is DELETE", id="DELETE in WITH"),
        pytest.param("select 1; drop table x", "A semicolon ends", id="two statements"),
        pytest.param("declare x int64; select x", "A semicolon ends", id="a script"),
        pytest.param("begin select 1; end", "A semicolon ends", id="a block"),
        pytest.param("from t |> where x = 1", "|> chains", id="pipes"),
        pytest.param("from t", "begin with SELECT", id="FROM first"),
        pytest.param("select * from d.f(1)", "not the name of a table", id="table function"),
        pytest.param("select * from external_query('c', 'select 1')", "not the name of a table", id="another database"),
        pytest.param("select * from ml.predict(model `a.b`, (select 1))", "not the name of a table", id="a model"),
        pytest.param("select ai.generate('x')", "reaches outside", id="AI"),
        pytest.param("select d.f(x) from t", "somebody's own function", id="own function"),
        pytest.param("select foo(x) from t", "not on the list", id="unknown function"),
        pytest.param("select @x", "@x is a placeholder", id="parameter"),
        pytest.param("select ? from t", "has no value here", id="question mark"),
        pytest.param("select @@project_id", "has no value here", id="system variable"),
        pytest.param("select 1 from t where c = '{country}'", "'DE'", id="country in a text"),
        pytest.param("select 1 from t where c = {country}", "'DE'", id="country"),
        pytest.param("select “a” from t", 'Write "', id="turned quotes"),
        pytest.param("select a – b from t", "Write -", id="a dash"),
        pytest.param("select 'a from t", "quote that is not closed", id="open text"),
        pytest.param("select 1 +", "cannot be read", id="half"),
        pytest.param("select " + "(" * 4000 + "1" + ")" * 4000, "", id="deep"),
        pytest.param("select 1 " + " " * 60_000, "characters", id="long"),
    ],
)
def test_all_else_is_refused_in_words(sql, told):
    with pytest.raises(BadSelect) as refused:
        one_select(sql)
    assert told in str(refused.value)
    assert refused.value.field == "sql"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        pytest.param("p.d.t", "`p.d.t`", id="plain"),
        pytest.param(" `p.d.T` ; ", "`p.d.T`", id="backticks, case kept"),
        pytest.param("`p`.`d`.`my table`", "`p.d.my table`", id="a space"),
        pytest.param("my-project.d.t", "`my-project.d.t`", id="hyphen"),
        pytest.param("t", "`t`", id="one part"),
        pytest.param("`p.d.Größe`", "`p.d.Größe`", id="letters of any language"),
    ],
)
def test_a_tables_name_is_written_in_backticks(given, written):
    assert table_name(given) == written
    assert one_select(select_all(given)) == f"SELECT * FROM {written}"
    # As it is kept, it is the same table; without backticks where it can do without.
    assert table_name(plain_name(given)) == written
    assert plain_name("`p.d.T`") == "p.d.T" and plain_name("`p.d.my table`") == "`p.d.my table`"


@pytest.mark.parametrize(
    "given", ["", "a.b.c.d", "x y", "`a", "a..b", ".a", "a.", "select 1", "<@U1>", "p.d.t_*", "😀", "a`b`c", "x" * 5000]
)
def test_what_is_no_table_is_refused(given):
    with pytest.raises(BadSelect) as refused:
        table_name(given)
    assert refused.value.field == "table"
    assert len(refused.value.what) < 200
