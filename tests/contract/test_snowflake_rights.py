"""The local Snowflake's roles: whoever may only read cannot write, make or drop, and sees no more than is theirs."""

import json
from contextlib import closing

import pytest
from snowflake.connector import errors as sf

from local.snowflake.roles import OWNERS, Roles, Thing, holds
from tests.local_snowflake import local_snowflake

pytestmark = pytest.mark.slow

HERE = [["USAGE", "DATABASE", "MMM"], ["USAGE", "SCHEMA", "MMM.MARKETING"]]
ROLES = {
    "READER": [*HERE, ["SELECT", "TABLE", "MMM.MARKETING.T"], ["SELECT", "VIEW", "MMM.MARKETING.SEEN"]],
    "WRITER": [
        ["USAGE", "ROLE", "READER"],
        ["INSERT", "TABLE", "MMM.MARKETING.T"],
        ["CREATE TABLE", "SCHEMA", "MMM.MARKETING"],
    ],
    "BLIND": [*HERE, ["INSERT", "TABLE", "MMM.MARKETING.T"]],
    "HOMELESS": [["SELECT", "TABLE", "MMM.MARKETING.T"]],
    "MIXED": [*HERE, ["SELECT", "TABLE", 'MMM.MARKETING."Mixed"']],
    "FUTURE": [*HERE, ["SELECT", "TABLE", "MMM.MARKETING.<TABLE>"]],
    "NOBODY": [],
}
UNKNOWN, INSUFFICIENT = (2003, "42S02"), (3001, "42501")


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with local_snowflake(tmp_path_factory.mktemp("snowflake")) as running:
        for statement in (
            "create table t (a int)",
            "insert into t values (1)",
            "create table secret as select 42 as a",
            "create view seen as select a from secret",
            'create table "Mixed" (a int)',
        ):
            told(running, statement)
        (running.state / "roles.json").write_text(json.dumps(ROLES))
        yield running


@pytest.fixture(scope="module")
def sessions(account):
    """A session of each role."""
    opened = {role: account.connect(role=role) for role in (*ROLES, "PUBLIC")}
    yield opened
    for connection in opened.values():
        connection.close()


def told(account, sql, **changes):
    with closing(account.connect(**changes)) as connection, closing(connection.cursor()) as cursor:
        return cursor.execute(sql).fetchall()


def rows(sessions, role, sql):
    with closing(sessions[role].cursor()) as cursor:
        return cursor.execute(sql).fetchall()


def refused(sessions, role, sql):
    with pytest.raises(sf.Error) as raised:
        rows(sessions, role, sql)
    return (raised.value.errno, raised.value.sqlstate), raised.value.raw_msg


CHANGES = {
    "insert": ("insert into t values (2)", "table 'T'"),
    "insert from elsewhere": ("insert into t select a from secret", "table 'T'"),
    "insert over": ("insert overwrite into t select 1", "table 'T'"),
    "update": ("update t set a = 2", "table 'T'"),
    "delete": ("delete from t", "table 'T'"),
    "merge": ("merge into t using seen on t.a = seen.a when matched then update set a = 1", "table 'T'"),
    "truncate": ("truncate table t", "table 'T'"),
    "drop": ("drop table t", "table 'T'"),
    "drop if it is there": ("drop table if exists t", "table 'T'"),
    "drop a view": ("drop view seen", "table 'SEEN'"),
    "alter": ("alter table t add column z int", "table 'T'"),
    "rename": ("alter table t rename to u", "table 'T'"),
    "comment": ("comment on table t is 'x'", "table 'T'"),
    "create a table": ("create table made (x int)", "schema 'MARKETING'"),
    "create or replace": ("create or replace table t (x int)", "schema 'MARKETING'"),
    "create as": ("create table made as select * from t", "schema 'MARKETING'"),
    "clone": ("create table made clone t", "schema 'MARKETING'"),
    "create a view": ("create view made as select * from t", "schema 'MARKETING'"),
    "create a schema": ("create schema made", "database 'MMM'"),
    "create a database": ("create database made", "account 'LOCAL'"),
    "drop the schema": ("drop schema marketing", "schema 'MARKETING'"),
    "drop the database": ("drop database mmm", "database 'MMM'"),
    "create a stage": ("create stage made", "schema 'MARKETING'"),
    "create a sequence": ("create sequence made", "schema 'MARKETING'"),
    "grant": ("grant select on table secret to role reader", "account 'LOCAL'"),
    "create a role": ("create role made", "account 'LOCAL'"),
    "execute": ("execute immediate 'drop table t'", "account 'LOCAL'"),
    "call": ("call made()", "account 'LOCAL'"),
}


@pytest.mark.parametrize(("sql", "what"), CHANGES.values(), ids=list(CHANGES))
def test_who_may_only_read_changes_nothing(account, sessions, sql, what):
    code, said = refused(sessions, "READER", sql)
    assert code == INSUFFICIENT
    assert said.endswith(f"Insufficient privileges to operate on {what}")
    assert told(account, "select * from t") == [(1,)]
    assert "MADE" not in {row[1] for row in told(account, "show tables")}


def test_who_may_read_reads_what_it_may(sessions):
    assert rows(sessions, "READER", "select a from t") == [(1,)]
    assert rows(sessions, "READER", "select a from mmm.marketing.seen") == [(42,)], "a view reads for whoever owns it"
    assert rows(sessions, "READER", "with c as (select 1 as x) select x from c") == [(1,)]
    assert rows(sessions, "MIXED", 'select * from "Mixed"') == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from secret",
        "select * from nope",
        "select * from mmm.marketing.daily",
        "select a from t where a in (select a from secret)",
        "select t.a from t join secret on true",
        "with t as (select * from secret) select * from t",
        "with secret as (select * from secret) select * from secret",
        "select a from t union all select a from secret",
        "select * from identifier('secret')",
        "describe table secret",
        "drop table secret",
        "insert into secret values (1)",
        'select * from "t"',
    ],
)
def test_what_is_not_theirs_is_not_there_for_them(sessions, sql):
    code, said = refused(sessions, "READER", sql)
    assert code == UNKNOWN
    assert "does not exist or not authorized" in said


@pytest.mark.parametrize("role", ["READER", "SYSADMIN"])
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select * from read_text('/etc/hosts')", (2140, "42601")),
        ("select * from read_csv('/etc/hosts')", (2140, "42601")),
        ("select * from query('select * from mmm.marketing.secret')", (2140, "42601")),
        ("select * from query_table('mmm.marketing.secret')", (2140, "42601")),
        ("select * from '/etc/hosts'", (1003, "42000")),
        ("create temporary table x as select * from read_text('/etc/hosts')", (2140, "42601")),
        ("select * from sqlite_master", UNKNOWN),
        ("select * from duckdb_tables", UNKNOWN),
        ("select * from pg_catalog.pg_tables", UNKNOWN),
        ("select * from mmm.pg_catalog.pg_class", UNKNOWN),
        ('select * from "pg_tables"', UNKNOWN),
    ],
)
def test_nobody_reaches_past_the_service(account, role, sql, code):
    with pytest.raises(sf.Error) as raised:
        told(account, sql, role=role)
    assert (raised.value.errno, raised.value.sqlstate) == code


def test_what_the_stand_in_does_not_know_is_an_error_and_no_breakdown(account):
    with pytest.raises(sf.Error) as raised:
        told(account, "undrop table t")
    assert (raised.value.errno, raised.value.sqlstate) == (2, "0A000")


def test_lists_show_what_is_theirs(account, sessions):
    listed = "select table_name from information_schema.tables order by 1"
    assert rows(sessions, "READER", listed) == [("SEEN",), ("T",)]
    assert {name for (name,) in told(account, listed)} > {"SECRET", "DAILY", "T"}
    columns = rows(sessions, "READER", "select distinct table_name from information_schema.columns order by 1")
    assert columns == [("SEEN",), ("T",)]
    assert {row[1] for row in rows(sessions, "READER", "show tables")} == {"T"}
    assert rows(sessions, "BLIND", listed) == [("T",)], "whoever may write to it, knows that it is there"


def test_rights_are_held_by_way_of_other_roles(account, sessions):
    assert rows(sessions, "WRITER", "insert into t values (5)") == [(1,)]
    assert rows(sessions, "WRITER", "select count(*) from t") == [(2,)]
    told(account, "delete from t where a = 5")
    assert refused(sessions, "WRITER", "update t set a = 2")[0] == INSUFFICIENT
    assert refused(sessions, "WRITER", "insert into t select a from secret")[0] == UNKNOWN


def test_whoever_makes_something_owns_it(account, sessions):
    rows(sessions, "WRITER", "create table own (x int)")
    rows(sessions, "WRITER", "insert into own values (1)")
    rows(sessions, "WRITER", "alter table own add column y int")
    assert refused(sessions, "READER", "select * from own")[0] == UNKNOWN
    rows(sessions, "WRITER", "drop table own")
    told(account, "create table own (x int)")
    assert refused(sessions, "WRITER", "drop table own")[0] == UNKNOWN, "this one is another's"
    told(account, "drop table own")


def test_whoever_may_write_does_not_read(sessions):
    assert rows(sessions, "BLIND", "insert into t select 9 where false") == [(0,)]
    assert refused(sessions, "BLIND", "select * from t")[0] == UNKNOWN


def test_a_table_is_reached_through_its_schema_alone(account, sessions):
    code, said = refused(sessions, "HOMELESS", "select * from mmm.marketing.t")
    assert code == (2003, "02000") and "Database 'MMM' does not exist or not authorized." in said
    assert sessions["HOMELESS"].database is None, "it is simply not current"
    assert refused(sessions, "NOBODY", "select * from t")[0] == (90105, "22000")
    assert refused(sessions, "PUBLIC", "use database mmm")[0] == (2003, "02000")
    assert rows(sessions, "NOBODY", "select current_role()") == [("NOBODY",)]


def test_rights_on_all_there_will_be_hold_for_new_tables(account, sessions):
    told(account, "create table later (x int)")
    assert rows(sessions, "FUTURE", "select * from later") == []
    listed = [row[1:4] for row in rows(sessions, "FUTURE", "show grants to role future")]
    assert ("SELECT", "TABLE", "MMM.MARKETING.LATER") in listed
    assert not [row for row in listed if "<" in row[2]]
    told(account, "drop table later")


def test_a_role_is_taken_on_by_who_has_it(sessions):
    rows(sessions, "READER", "use role nobody")
    assert refused(sessions, "READER", "select * from mmm.marketing.t")[0] == (2003, "02000")
    rows(sessions, "READER", "use role reader")
    code, said = refused(sessions, "READER", "use role no_such_role")
    assert code == (3013, "42501") and "Requested role 'NO_SUCH_ROLE' is not assigned" in said


def test_rights_are_given_and_taken_by_whoever_owns_the_account(account, sessions):
    before = (account.state / "roles.json").read_text()
    for statement in (
        "create role if not exists analyst comment = 'reads'",
        "grant usage on database mmm to role analyst",
        "grant usage on schema mmm.marketing to role analyst",
        "grant select, insert on table t to role analyst",
        "grant select on future tables in schema marketing to role analyst",
        "grant create view on schema marketing to role analyst",
        "grant role analyst to user svc",
    ):
        told(account, statement)
    assert told(account, "select a from t", role="ANALYST") == [(1,)]
    told(account, "create view own_view as select a from t", role="ANALYST")
    told(account, "drop view own_view", role="ANALYST")
    told(account, "revoke insert on table t from role analyst")
    with pytest.raises(sf.Error) as raised:
        told(account, "insert into t values (3)", role="ANALYST")
    assert (raised.value.errno, raised.value.sqlstate) == INSUFFICIENT
    listed = [row[1:4] for row in told(account, "show grants to role analyst")]
    assert ("SELECT", "TABLE", "MMM.MARKETING.T") in listed and ("INSERT", "TABLE", "MMM.MARKETING.T") not in listed
    told(account, "grant role analyst to role nobody")
    assert told(account, "select count(*) from mmm.marketing.t", role="NOBODY") == [(1,)]
    told(account, "drop role analyst")
    with pytest.raises(sf.Error, match="does not exist or not authorized"):
        account.connect(role="ANALYST")
    (account.state / "roles.json").write_text(before)


@pytest.mark.parametrize("owner", OWNERS)
def test_who_owns_the_account_may_do_everything(account, owner):
    assert told(account, "select count(*) from secret", role=owner) == [(1,)]


def test_without_a_file_the_samples_reader_reads_all_of_the_sample_and_changes_nothing(tmp_path):
    roles = Roles(tmp_path)
    reader, other = roles.of("MMM_READER"), roles.of("ANALYST")
    assert reader is not None and other is not None and roles.of("SYSADMIN") is None
    daily, new = Thing("TABLE", "MMM.MARKETING.DAILY"), Thing("TABLE", "MMM.OTHER.NEW")
    assert holds(reader, ("SELECT",), daily) and holds(reader, ("SELECT",), new)
    assert not holds(reader, ("INSERT",), daily) and not holds(reader, ("CREATE TABLE",), Thing("SCHEMA", "MMM.OTHER"))
    assert not holds(other, ("SELECT",), daily)
    assert roles.may_be("ANALYST")
