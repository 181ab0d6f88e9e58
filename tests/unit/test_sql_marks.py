"""SQL that came through word processors and chats: what is mended, what is named, and what stays as it is."""

import pytest

from engine.cloud.select import one_select
from engine.errors import BadSelect


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        pytest.param("select * from t where c = ’Germany’", "select * from t where c = 'Germany'", id="closing twice"),
        pytest.param("select * from t where c = ‘Germany’", "select * from t where c = 'Germany'", id="a pair"),
        pytest.param("select * from t where c = ‚Wien‘", "select * from t where c = 'Wien'", id="German pair"),
        pytest.param("select “tv cost” from t", 'select "tv cost" from t', id="a name"),
        pytest.param("select „tv cost“ from t", 'select "tv cost" from t', id="a name, German"),
        pytest.param("select «tv cost», ″a″ from t", 'select "tv cost", "a" from t', id="a name, French"),
        pytest.param("select * from t where c in (‘a’,‘b’)", "select * from t where c in ('a','b')", id="a list"),
        pytest.param("select ‘’ as a, ’’ as b", "select '' as a, '' as b", id="an empty text"),
        pytest.param(
            "select `tv_cost`, `tv cost` from `a.b.c`", 'select tv_cost, "tv cost" from a.b.c', id="backticks"
        ),
        pytest.param("```select a from t```", "select a from t", id="marked as code"),
        pytest.param("```sql\nselect a from t;\n```\n", "select a from t", id="marked as SQL"),
        pytest.param("select 'a `b` c' as a", "select 'a `b` c' as a", id="backticks inside of a text"),
        pytest.param("select 'it’s' as a", "select 'it’s' as a", id="inside of a proper text it stays"),
        pytest.param("select 'say “hi”' as \"x’y\"", "select 'say “hi”' as \"x’y\"", id="inside of a name it stays"),
        pytest.param("select $$a’b$$ as a", "select $$a’b$$ as a", id="inside of a dollar text it stays"),
        pytest.param("select a -- it’s “so\n from t", "select a from t", id="inside of a comment it goes"),
        pytest.param("select\u00a0a\u2003from\u202ft\u3000", "select a from t", id="spaces of every kind"),
        pytest.param("sel\u200bect tv\u00ad_cost from\ufeff t", "select tv_cost from t", id="what nobody sees"),
        pytest.param("\ufeff  select 1", "select 1", id="byte order mark first"),
        pytest.param("select 'Prix\u00a0: 1' as a", "select 'Prix\u00a0: 1' as a", id="a space before a French colon"),
        pytest.param("select '👨\u200d👩' as a", "select '👨\u200d👩' as a", id="joined emoji"),
        pytest.param("select 'می\u200cخواهم' as a", "select 'می\u200cخواهم' as a", id="Persian"),
    ],
)
def test_marks_are_mended_where_one_thing_can_be_meant(sql, sent):
    assert one_select(sql) == sent
    assert one_select(sent) == sent


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("select *\nfrom t where c = ‘Germany", "line 2, character 18", id="never closed"),
        pytest.param(
            "select * from t where c = 'Germany’", "’ (right single quotation mark)", id="closed by a turned one"
        ),
        pytest.param("select * from t where c = ‘Germany'", "line 1, character 27", id="opened by a turned one"),
        pytest.param("select 'Ger\u200bmany' as a", "zero width space at line 1, character 12", id="unseen in a text"),
        pytest.param("select 'New\u00a0York' as a", "no-break space", id="no-break space in a text"),
        pytest.param("select 'Germany\u00a0' as a", "no-break space", id="no-break space at its end"),
        pytest.param('select "tv\u00adcost" from t', "soft hyphen", id="soft hyphen in a name"),
        pytest.param("select ‘New\u00a0York’ as a", "no-break space", id="in a text that is mended"),
        pytest.param("select ‘L’Oréal’ as a", "apostrophe", id="an apostrophe in a turned text"),
        pytest.param("select a –b from t", "– (en dash)", id="a dash for a minus"),
        pytest.param("select a，b from t", "(fullwidth comma)", id="a wide comma"),
    ],
)
def test_marks_that_may_mean_two_things_are_named_with_their_place(sql, said):
    with pytest.raises(BadSelect) as refusal:
        one_select(sql)
    assert said in refusal.value.what + refusal.value.todo
    assert refusal.value.todo
    assert refusal.value.field == "sql"


def test_a_mended_quote_opens_no_way_around_the_guard():
    for sql in ("select ’a’; drop table t --’", "select ‘a\\’; drop table t --’", 'select “a”"(1)" from @s'):
        with pytest.raises(BadSelect):
            one_select(sql)
