"""What analysts write reaches the warehouse word by word: nothing is written anew in words that mean something else."""

import pytest

from engine.cloud.select import one_select
from engine.errors import BadSelect

QUERIES = r"""
select a is distinct from b from t
select a ilike any ('x%','y%') from t
select date_trunc('week', d), date_trunc(week, d), dateadd('day', 1, d), dateadd(day,1,d), datediff(day,a,b) from t
select try_cast(a as int) from t
select a::number(10,2), a:b.c[0]."X y"::string from t
select f.value from t, lateral flatten(input => t.x) f
select * from t where a like 'x^%' escape '^'
select * from t order by a nulls first
select d + interval '1 day' from t
select 1 minus select 2
select 'a\nb', 'it''s', 'x\'y'
select nvl2(a,b,c), decode(a,1,'x','y'), iff(a,b,c), zeroifnull(a), nvl(a,b), ifnull(a,b) from t
select listagg(a, ',') within group (order by b) from t
select * from t pivot(sum(a) for b in ('x','y'))
select * from t match_recognize(partition by a order by b measures first(b) as f one row per match pattern (x+) define x as a>1)
select sum(a) filter (where b) from t
select * ilike '%x%' from t
select * replace (a+1 as a) from t
select * rename (a as b) from t
select t.* exclude a from t
select regexp_substr(a, 'x', 1, 1, 'e'), regexp_like(a,'b') from t
select current_date, current_date(), current_timestamp(), sysdate(), getdate() from t
select to_date('2020'), to_char(a,'YYYY'), to_varchar(a), to_decimal(a,10,2), to_number(a) from t
select extract(week from d), dayofweek(d), weekofyear(d), weekiso(d), yearofweek(d) from t
select count_if(a), approx_count_distinct(a), median(a), percentile_cont(0.5) within group (order by a) from t
select max_by(a,b), min_by(a,b), any_value(a), mode(a), bitand(a,b), booland_agg(a) from t
select lag(a) ignore nulls over (order by b), lag(a,1,0) over (partition by c order by b) from t
select sum(a) over (order by b rows between unbounded preceding and current row) from t
select * from t limit 5 offset 2
select top 5 * from t
select * from t fetch first 5 rows only
select * from t tablesample bernoulli (10)
select * from t changes(information => default) at(offset => -60)
select * from t asof join u match_condition (t.a >= u.a) on t.b = u.b
select * from t group by all
select * from t group by cube(a,b), rollup(c), grouping sets ((a),(b))
with recursive c as (select 1 n union all select n+1 from c where n<5) select * from c
select * from t natural join u full outer join v using (a)
select a from t qualify row_number() over (partition by a order by b) = 1
select case when a then 1 else 2 end, case a when 1 then 2 end from t
select coalesce(a,b), greatest(a,b), square(a), div0(a,b), trunc(a,2), round(a), truncate(a,2) from t
select split_part(a,'-',1), split(a,','), strtok(a,','), ltrim(a), trim(a,'x'), lpad(a,3,'0'), contains(a,'b'), startswith(a,'b'), endswith(a,'x'), charindex('a',b), position('a' in b), position('a',b), substr(a,1,2), substring(a,1), left(a,1), initcap(a), replace(a,'b'), translate(a,'b','c') from t
select a || b, concat(a,b), concat_ws(',',a,b) from t
select a between 1 and 2, a not in (1,2), a in (select 1), a = any (select 1) from t
select convert_timezone('UTC','Europe/Berlin',ts), ts at time zone 'UTC', to_timestamp_ntz(ts), date_part('week',d), date_part(epoch_second, d), d::date, date_from_parts(2020,1,1), monthname(d), add_months(d,1), next_day(d,'mo'), previous_day(d,'mo'), last_day(d,'week'), months_between(a,b), timestampadd('day',1,d), timediff(day,a,b) from t
select d + 1, d - 7, date '2020-01-01', timestamp '2020-01-01 00:00:00' from t
select row_number() over (order by seq4()) from table(generator(rowcount => 10))
select uniform(1,10,random()) from t
select t1.a, "My Col", "SELECT" from db."My Schema".t t1 left outer join (select 1 as x) using (x) cross join lateral (select 2)
select a as "date", b as date from t unpivot(v for m in (x, y))
select object_agg(a,b), array_agg(a) within group (order by b), array_agg(distinct a), array_size(a), array_contains('x'::variant, a), get(a, 0), get_path(a,'b'), try_parse_json(a) from t
select width_bucket(a,0,1,10), corr(a,b), covar_pop(a,b), stddev(a), variance(a), regr_slope(a,b), skew(a), kurtosis(a) from t
select equal_null(a,b), nullif(a,b), nullifzero(a), to_boolean(a), try_to_date(a), try_to_number(a,10,2), hash(a), md5(a), sha2(a) from t
select 1 union select 2 union all select 3 intersect select 4 except select 5
select a from t where exists (select 1 from u where u.a = t.a) and a rlike 'x' and a regexp 'x' and a not ilike 'x' and a like all ('x','y')
select a, b from values (1, 2), (3, 4) as v(a, b)
select 'x' collate 'de', a collate 'en-ci' from t
select a from t where (a, b) in ((1,2))
select 0x1F, 1e5, .5, 5., -1 from t
select true, false, null from t
select ratio_to_report(a) over (partition by b), ntile(4) over (order by a), percent_rank() over (order by a), first_value(a) ignore nulls over (order by b), nth_value(a,2) from first over (order by b) from t
select distinct on (a) a from t
select distinct a, count(distinct a, b) from t
select sum(a)::float / nullif(count(*),0) x, x * 2 from t having x > 1
select try_to_timestamp(a), from t
select a, from t
select space(3), repeat(a,3), reverse(a), ascii(a), chr(65), unicode(a), parse_url(a), editdistance(a,b), soundex(a), insert(a,1,2,'x'), rpad(a,1), collation(a), strtok_to_array(a) from t
select to_time(a), time_slice(d,1,'week','start'), dayname(d), date_trunc('quarter', d), datediff('week', a, b) from t
select array_slice(a,0,2), array_to_string(a,','), array_cat(a,b), arrays_overlap(a,b), array_distinct(a), object_keys(a), object_insert(a,'b',1), object_construct_keep_null('a',1), to_variant(a), typeof(a), is_null_value(a), to_json(a), array_position(a,b), array_append(a,b), array_compact(a), array_flatten(a), filter(a, x -> x > 1), transform(a, x -> x + 1), reduce(a, 0, (acc, x) -> acc + x) from t
select current_database(), current_schema(), current_user(), current_role(), current_warehouse() from t
select a.b:c:d, a['b'], a:b['c'] from t a
select dateadd(month, -1, date_trunc(month, current_date)) as m, last_day(m) from t
select cast(a as number(10,2)), a::varchar(10), a::char(3), a::string(4), a::numeric(3), a::text(5), a::binary(3), a::vector(float, 3), a::timestamp_ntz(9), a::time(3), a::array(int), a::object(x int), a::map(varchar, int), a::decfloat from t
select a from t as v (a, b) join lateral (select 1) as w (c)
with c (a, b) as (select 1, 2) select * from c
select count(*), sum(distinct a) from t where (a > 1) and a in (1) or not (b) order by (a) limit (5)
select * from t sample block (10) seed (3)
select * from t sample system (10)
select * exclude (a, b) replace (c as d) from t
select dateadd('week', -1, current_date()), dayofweekiso(d), to_date(a, 'DD.MM.YYYY'), to_date('01.02.2020', 'DD.MM.YYYY') from t
select convert_timezone('Europe/Berlin', a), try_cast(replace(a, ',', '.') as float) from t
select * from t where a like any ('%x%', '%y%') escape '!'
select * from t where d >= dateadd(year, -3, current_date) and "Country" = 'DE'
select week(d) as "Woche", sum(case when "Kanal" = 'TV' then cost else 0 end) as tv from "Mein Schema"."Tab" group by 1
select zeroifnull(sum(iff(channel = 'tv', spend, 0))) tv, nvl(sum(x), 0) y from a.b.c group by all order by all
select regexp_replace(a, '\\d+', '', 1, 0, 'i'), regexp_count(a, $$\d$$), a rlike '\\d+' from t
select 'x' 'y' from t
select * from t where c = {'a': 1}
"""  # noqa: E501  # a line is a query


@pytest.mark.parametrize("sql", QUERIES.strip().splitlines())
def test_a_query_is_sent_word_by_word(sql):
    assert one_select(sql) == sql
    typed = sql.replace(" from ", "  -- so\n\tfrom ")
    assert one_select(f"  {typed} ; -- done") == sql


@pytest.mark.parametrize(
    ("condition", "instead"),
    [
        ("a is true", "IS NOT DISTINCT FROM TRUE"),
        ("a IS NOT TRUE", "IS DISTINCT FROM TRUE"),
        ("(a > 1) is\n  false", "IS NOT DISTINCT FROM FALSE"),
        ("a is /* really */ not false and b", "IS DISTINCT FROM FALSE"),
    ],
)
def test_is_true_is_refused_with_what_means_the_same(condition, instead):
    with pytest.raises(BadSelect) as refusal:
        one_select(f"select * from t where {condition}")
    assert f"Write {instead}" in refusal.value.todo
    assert "line 1, character" in refusal.value.what
    assert one_select(f"select * from t where a {instead}")


@pytest.mark.parametrize(
    "country",
    [
        *("{country}", "{ COUNTRY }", "{{country}}", "{{ country }}", "${country}", ":country", "%(country)s"),
        *("&country", "&&country", "'{country}'", "'{{ country }}'", "'${country}'", "'%(country)s'", "':country'"),
        *("'&country'", "upper('{country}')", "'{country_code}'"),
    ],
)
@pytest.mark.parametrize("sql", ["select * from t where c = {}", "select {} from t", "select * from t where c in ({})"])
def test_a_place_for_the_country_is_refused_and_never_taken_for_a_column(sql, country):
    with pytest.raises(BadSelect, match="has no value here") as refusal:
        one_select(sql.replace("{}", country))
    assert "'DE'" in refusal.value.todo


@pytest.mark.parametrize("value", ["{x}", "{{ x }}", "&x", ":x", "%(x)s", "${x}", "{% if x %}", "?"])
def test_every_other_placeholder_is_refused(value):
    with pytest.raises(BadSelect) as refusal:
        one_select(f"select * from t where c = {value}")
    assert "has no value here" in refusal.value.what


@pytest.mark.parametrize(
    "text", ["{}", "{a}", "100%", "R&D", "a:b", "a{2}", "{'country': 1}", "country", "the {Country} shop"]
)
def test_braces_in_a_text_are_no_placeholder(text):
    sql = "select '" + text.replace("'", "''") + "' as a"
    if "{Country}" in text:
        with pytest.raises(BadSelect):
            one_select(sql)
    else:
        assert one_select(sql) == sql


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select 1 ->> select 2", id="chain"),
        pytest.param("select a ->> 'b' from t", id="chain by another name"),
        pytest.param("select bool_or(a) from t", id="another system's function, which may be somebody's own here"),
        pytest.param("select unix_seconds(a) from t", id="another one"),
        pytest.param('select "Sum"(a) from t', id="a quoted function"),
        pytest.param("select uuid(1)", id="a keyword of the parser's"),
        pytest.param("select * from unnest(1)", id="another one"),
        pytest.param("select * from stage('x')", id="a table with columns and no other name"),
        pytest.param("select str_to_time(a, 'x') from t", id="a function that only the parser has"),
    ],
)
def test_what_the_parser_would_have_written_in_other_words_is_refused_where_the_own_words_are_not_known(sql):
    with pytest.raises(BadSelect):
        one_select(sql)


@pytest.mark.parametrize("statement", ["call p", "delete t", "show tables", "truncate t", "drop t", "use x", "get x"])
def test_no_other_statement_stands_in_brackets(statement):
    for sql in (f"select * from ({statement})", f"with x as ({statement}) select * from x", f"select ({statement})"):
        with pytest.raises(BadSelect):
            one_select(sql)


INSIDE = r"""
select * from t pivot(my_udf(a) for b in ('x'))
select * from t match_recognize(order by b measures my_udf(a) as f pattern (x+) define x as a > 1)
select * from t match_recognize(order by b measures a as f pattern (x+) define x as my_udf(a) > 1)
select * from t at(timestamp => my_udf(a))
select * from t changes(information => default) at(offset => my_udf(a))
select * from t sample (my_udf(a))
select * from t limit my_udf(a)
select top my_udf(a) * from t
select * from t group by grouping sets ((my_udf(a)))
select listagg(a) within group (order by my_udf(a)) from t
select * from t asof join u match_condition (my_udf(a) >= u.a) on t.b = u.b
select * from t, lateral flatten(input => my_udf(a))
select {'a': my_udf(a)}
select a[my_udf(a)] from t
select a:b[my_udf(a)] from t
select * replace (my_udf(a) as a) from t
select * from t start with my_udf(a) connect by prior a = b
select * from values (my_udf(a))
select filter(a, x -> my_udf(x)) from t
select sum(a) over (order by b range between my_udf(a) preceding and current row) from t
select * from table(generator(rowcount => my_udf(a)))
select date_trunc('week', my_udf(a)) from t
"""


@pytest.mark.parametrize("sql", INSIDE.strip().splitlines())
def test_somebodys_function_is_found_wherever_it_hides(sql):
    with pytest.raises(BadSelect):
        one_select(sql)


@pytest.mark.parametrize(
    ("call", "name"), [("bool_and(a)", "BOOLAND_AGG"), ("char_length(a)", "LENGTH"), ("if(a, 1, 2)", "IFF")]
)
def test_a_function_of_another_system_is_named_as_snowflake_does(call, name):
    with pytest.raises(BadSelect) as refusal:
        one_select(f"select {call} from t")
    assert refusal.value.todo == f"Snowflake calls it {name}."
