"""The SQL guard: what passes, what does not, and that nothing slips through in between."""

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from engine.cloud.select import one_select, select_all, table_name
from engine.errors import BadSelect


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        pytest.param("select 1", "select 1", id="plain"),
        pytest.param("select 1;", "select 1", id="closing semicolon"),
        pytest.param("select 1;;;", "select 1", id="many semicolons"),
        pytest.param("select 1; -- done", "select 1", id="comment after the semicolon"),
        pytest.param("select a, -- drop table t\n b /* ; */ from t", "select a, b from t", id="comments go"),
        pytest.param("select a // drop ' table\n from t", "select a from t", id="comments of both kinds go"),
        pytest.param("select /*+ hint(a) */ 1", "select 1", id="hints go"),
        pytest.param("select\n\n  1,\n\t2\n", "select 1, 2", id="lines"),
        pytest.param("\ufeffselect 1", "select 1", id="byte order mark"),
        pytest.param("select $$a';b -- c$$", "select $$a';b -- c$$", id="dollar string"),
        pytest.param("Select Count(*) From t", "Select Count(*) From t", id="capitals stay"),
    ],
)
def test_what_is_sent_is_what_was_typed_without_comments(sql, written):
    assert one_select(sql) == written
    assert one_select(written) == written


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(
            "select date_trunc('week', d) w, sum(c) from t group by 1 having sum(c) > 0 order by 1", id="weekly"
        ),
        pytest.param("select a from t qualify row_number() over (partition by a order by b) = 1", id="qualify"),
        pytest.param("select * from t pivot(sum(a) for b in ('x', 'y'))", id="pivot"),
        pytest.param(
            "select iff(a > 0, zeroifnull(b), div0(c, d)), try_to_number(e), listagg(f, ',') from t", id="functions"
        ),
        pytest.param(
            "with recursive c as (select 1 n union all select n + 1 from c where n < 5) select * from c", id="rec"
        ),
        pytest.param(
            "select * from a join b using (x) left join c on a.y = c.y where exists (select 1 from d)", id="joins"
        ),
        pytest.param("select time_slice(d, 1, 'week'), dateadd(day, -7, d), last_day(d), year(d) from t", id="dates"),
        pytest.param("select * from (values (1, 2)) as v(a, b)", id="values in from"),
        pytest.param("select * from t at(offset => -60)", id="time travel"),
        pytest.param("select * from t sample (10)", id="sample"),
        pytest.param("select top 5 * from t", id="top"),
    ],
)
def test_what_analysts_write_is_accepted(sql):
    assert one_select(sql) == sql


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("", "no SQL", id="empty"),
        pytest.param("-- only a comment", "no SQL", id="comment only"),
        pytest.param("select 1; select 2", "2 statements", id="two selects"),
        pytest.param("select * from t; drop table t", "2 statements", id="stacked drop"),
        pytest.param("select ; as", "A semicolon", id="half a statement behind"),
        pytest.param("put file:///etc/passwd @s", "This is PUT", id="put"),
        pytest.param("get @s file:///tmp", "This is GET", id="get"),
        pytest.param("copy into t from @s", "This is COPY", id="copy into table"),
        pytest.param("copy into @s from (select 1)", "This is COPY", id="copy into stage"),
        pytest.param("call f()", "This is CALL", id="call"),
        pytest.param("show tables", "This is SHOW", id="show"),
        pytest.param("list @s", "This is LIST", id="list"),
        pytest.param("rm @s", "This is RM", id="remove"),
        pytest.param("insert into x select 1", "This is INSERT", id="insert"),
        pytest.param("update t set a = 1", "This is UPDATE", id="update"),
        pytest.param("delete from t", "This is DELETE", id="delete"),
        pytest.param("merge into a using b on a.x = b.x when matched then delete", "This is MERGE", id="merge"),
        pytest.param("truncate table t", "This is TRUNCATE", id="truncate"),
        pytest.param("create table x as select 1", "This is CREATE", id="create"),
        pytest.param("drop table t", "This is DROP", id="drop"),
        pytest.param("alter session set query_tag = 'x'", "This is ALTER", id="alter"),
        pytest.param("grant select on t to role r", "This is GRANT", id="grant"),
        pytest.param("use role accountadmin", "This is USE", id="use"),
        pytest.param("set x = 1", "This is SET", id="set"),
        pytest.param("begin", "This is BEGIN", id="begin"),
        pytest.param("execute immediate 'drop table t'", "This is EXECUTE", id="execute immediate"),
        pytest.param("explain select 1", "This is EXPLAIN", id="explain"),
        pytest.param("describe table t", "This is DESCRIBE", id="describe"),
        pytest.param("values (1)", "not a SELECT", id="values"),
        pytest.param("table t", "not a SELECT", id="table"),
        pytest.param("with a as (select 1) update t set x = 1", "This is UPDATE", id="with update"),
        pytest.param("with a as (select 1) delete from t", "This is DELETE", id="with delete"),
        pytest.param("with a as (insert into x values (1)) select * from a", "WITH a is INSERT", id="insert in with"),
        pytest.param("select * into t from x", "INTO writes a table", id="select into"),
        pytest.param("select * from t for update", "FOR UPDATE", id="for update"),
        pytest.param("select * from @stage", "@stage is a stage", id="stage"),
        pytest.param("select * from @~/x", "stage", id="user stage"),
        pytest.param("select t.$1 from @stage/file.csv t", "", id="staged file"),
        pytest.param("select file_url from directory(@s)", "DIRECTORY", id="directory"),
        pytest.param("select get_presigned_url(@s, 'x')", "GET_PRESIGNED_URL", id="presigned url"),
        pytest.param("select * from 's3://bucket/x'", "not the name of a table", id="file url"),
        pytest.param("select * from identifier('t')", "not the name of a table", id="identifier"),
        pytest.param("select * from read_csv('/etc/passwd')", "not the name of a table", id="read_csv"),
        pytest.param("select system$wait(1)", "SYSTEM$WAIT", id="system function"),
        pytest.param('select "SYSTEM$WAIT"(1)', "SYSTEM$WAIT", id="quoted system function"),
        pytest.param("select x from t where system$wait(1) = 'a'", "SYSTEM$WAIT", id="system function in where"),
        pytest.param("select my_external(x) from t", "MY_EXTERNAL", id="external function"),
        pytest.param("select db.s.f(x) from t", "somebody's own", id="qualified function"),
        pytest.param("select db.s.abs(x) from t", "somebody's own", id="qualified namesake of a built-in"),
        pytest.param("select snowflake.cortex.complete('m', 'p')", "somebody's own", id="cortex"),
        pytest.param("select ai_complete('m', 'p')", "AI_COMPLETE", id="ai function"),
        pytest.param("select ai_agg(a, 'p') from t", "AI_AGG", id="ai function the parser knows"),
        pytest.param("select * from table(f(1))", "table function", id="table function"),
        pytest.param("select * from table(db.s.f(1))", "table function", id="qualified table function"),
        pytest.param("select * from table(information_schema.query_history())", "table function", id="history"),
        pytest.param("select * from table(result_scan(last_query_id()))", "table function", id="result scan"),
        pytest.param("select * from t, lateral f(t.x)", "table function", id="lateral function"),
        pytest.param("select * from table('t')", "table function", id="table by text"),
        pytest.param("select s.nextval", "sequence", id="sequence"),
        pytest.param("select $secret", "variable", id="session variable"),
        pytest.param("select ?", "placeholder", id="placeholder"),
        pytest.param("select :1", "placeholder", id="numbered placeholder"),
        pytest.param("select * form t", "cannot be read", id="typo"),
        pytest.param("select * from lateral . x", "cannot be read", id="what the parser stumbles over"),
        pytest.param("select 'abc", "quote that is not closed", id="open quote"),
        pytest.param("select 1 /* abc", "cannot be read", id="open comment"),
        pytest.param("(" * 3000 + "select 1" + ")" * 3000, "nested too deeply", id="nested"),
        pytest.param("select '" + "a" * 60_000 + "'", "characters", id="too long"),
    ],
)
def test_everything_else_is_refused_with_what_was_found(sql, said):
    with pytest.raises(BadSelect) as refusal:
        one_select(sql)
    assert said in refusal.value.what + refusal.value.todo
    assert refusal.value.todo
    assert refusal.value.field == "sql"


def test_a_syntax_error_says_where_it_is():
    with pytest.raises(BadSelect, match="line 2, character"):
        one_select("select a\nfrom t where and")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cf", "Zs"), exclude_characters="\0"), max_size=40))
def test_a_string_stays_the_string_it_was(text):
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    again = sqlglot.parse_one(one_select(f"select '{escaped}' as x"), read="snowflake")
    assert again.find(exp.Literal).this == text


WORDS = (  # noqa: SIM905
    "select with as from where t a b ( ) , ; * ' \" @s ? :x $1 $$ -- /* */ union insert into values delete update set "
    "call put get copy file:///x table lateral flatten f system$x identifier 'a' 1 = . :: => for order by limit \n"
).split(" ")


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_mix_of_words_is_either_refused_or_a_single_query(words):
    sql = "select " + " ".join(words)
    try:
        written = one_select(sql)
    except BadSelect:
        return
    (query,) = sqlglot.parse(written, read="snowflake")
    assert isinstance(query, exp.Query)
    assert not list(query.find_all(exp.DML, exp.DDL, exp.Command, exp.Into, exp.Placeholder, exp.Anonymous))
    assert one_select(written) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("daily", "DAILY", id="bare"),
        pytest.param(" mmm.marketing.daily ", "MMM.MARKETING.DAILY", id="qualified"),
        pytest.param('"My Db".s.t', '"My Db".S.T', id="quoted part"),
        pytest.param('"a""b"', '"a""b"', id="quote inside quotes"),
        pytest.param("order", '"ORDER"', id="reserved word"),
        pytest.param("`mmm.marketing.daily`", "MMM.MARKETING.DAILY", id="backticks around"),
        pytest.param("`mmm`.`marketing`.`daily`", "MMM.MARKETING.DAILY", id="backticks around each part"),
        pytest.param("`my db`.s.t", '"my db".S.T', id="backticks around a part with a space"),
        pytest.param("*daily*", "DAILY", id="stars around"),
        pytest.param("'mmm.s.daily'", "MMM.S.DAILY", id="plain quotes around"),
        pytest.param("’mmm.s.daily’", "MMM.S.DAILY", id="turned quotes around"),
        pytest.param("“My Db”.s.t", '"My Db".S.T', id="turned quotes around a part"),
        pytest.param("\ufeffmmm.s.dai\u200bly;", "MMM.S.DAILY", id="unseen marks and a semicolon"),
    ],
)
def test_table_names_are_written_as_sql(text, written):
    assert table_name(text) == written
    assert one_select(select_all(text)) == f"SELECT * FROM {written}"


@pytest.mark.parametrize(
    "text",
    [
        *("", "a.b.c.d", "a..b", "a.", ".a", "a b", "t;drop table t", "@s", "f()", '"a', "t--", "a" * 300, "1a"),
        *("`a", "``", "*", "''", "`a`b`", "a;;", "'a", "`@s`", "`a`(1)"),
    ],
)
def test_what_is_not_a_table_name_is_refused(text):
    with pytest.raises(BadSelect, match="not the name of a table"):
        table_name(text)


def test_a_turned_quote_that_nothing_closes_is_named():
    with pytest.raises(BadSelect, match="The name has a “") as refusal:
        table_name("“a")
    assert refusal.value.field == "table"
