"""BigQuery as people live it: connected by its form, tested, read as a table and by a SELECT, refused in words."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine.clock import SystemClock
from engine.cloud.connections import connection_of
from engine.data.dataset import Dataset
from engine.data.records import dataset_at, dataset_names
from engine.doctor.report import Finding, Verdict
from engine.doctor.subject import Subject
from engine.doctor.warehouse import look_at_named
from local import workspace
from local.bigquery.app import TOKEN_PATH
from local.person import Person
from tests.stack import Stack, stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
SECRET = "mmm-connection-lake"
Json = dict[str, Any]
LAKE = {"account": "mmm-local", "schema_name": "MARKETING", "auth": "workload"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("bigquery"), admins='["U0ANA"]') as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stands_open(product: Stack) -> Iterator[None]:
    yield
    product.bigquery.store.hidden.clear()
    for person in ("U0ANA", "U0BEN"):
        product.slack.views.clear(person)


def waits_for(person: Person, name: str, chosen: str = "") -> Json:
    """The form, once it has a field (that shows what was chosen)."""

    def there() -> Json | None:
        view = person.view()
        found = [block for block in view["blocks"] if block["block_id"] == name] if view else []
        if not found or (chosen and found[0]["element"]["initial_option"]["value"] != chosen):
            return None
        return view

    return person.wait(there, f"the field {name}")


def connection_form(ana: Person) -> Json:
    ana.type(CHANNEL, "/mmm connect new")
    ana.choose(ana.wait_for_view("connection"), "connection_kind", "bigquery")
    return ana.wait(
        lambda: ((view := ana.view()) and "Project of the tables" in str(view) and view) or None, "BigQuery's fields"
    )


def connect(product: Stack, name: str, **changes: str) -> None:
    storage, settings = product.cloud.storage, product.settings
    if any(entry.path == f"connections/{name}.json" for entry in storage.list("connections/")):
        return
    answer = product.ana.submit(connection_form(product.ana), name=name, **{**LAKE, **changes})
    assert answer["ok"], answer
    assert connection_of(storage, settings, name).kind == "bigquery"
    product.slack.views.clear("U0ANA")


def source_form(product: Stack, title: str, kind: str, connection: str = "lake") -> tuple[Json, Json]:
    ana, given = product.ana, {"title": title, "country": "fr"}
    ana.type(CHANNEL, "/mmm dataset new")
    ana.choose(ana.wait_for_view("dataset_source"), "kind", kind, **given)
    ana.choose(waits_for(ana, "connection"), "connection", connection, **given, kind=kind)
    return waits_for(ana, "connection", connection), {**given, "connection": connection, "channel": CHANNEL}


def made(product: Stack, title: str, **source: str) -> Dataset:
    """A dataset of a table or a SELECT, made by the forms."""
    form, given = source_form(product, title, "table" if "table" in source else "select")
    assert product.ana.submit(form, **given, **source)["ok"]
    assert product.ana.submit(product.ana.wait_for_view("dataset_mapping"))["ok"]
    product.ana.wait_for_message(CHANNEL, f"Dataset {title} is ready")
    return dataset_at(product.cloud.storage, dataset_names(product.cloud.storage)[0])


@pytest.mark.streamlit("connect-bigquery")
def test_an_admin_connects_bigquery_tests_it_and_makes_a_dataset_of_a_table(product: Stack) -> None:
    ana = product.ana
    assert ana.submit(connection_form(ana), name="lake", **LAKE)["ok"]
    view = ana.view()
    assert view is not None
    ana.press_in(view, "connect_test")
    view = ana.wait(lambda: ((found := ana.view()) and "It took" in str(found) and found) or None, "the test")
    shown = str(view["blocks"])
    assert "*lake* works, and only reads: 2 tables and views" in shown
    assert "*We are*\\nservices@mmm-local.example'" in shown and "the service's own account" in shown
    assert ":warning:" not in shown and "4785.51" in shown
    product.slack.views.clear("U0ANA")

    form, _ = source_form(product, "Lake", "table")
    names = [one["value"] for one in ana.search(form, "table", "")]
    assert names == ["mmm-local.MARKETING.DAILY", "mmm-local.MARKETING.WEEKLY"]
    product.slack.views.clear("U0ANA")
    dataset = made(product, "Lake", table="mmm-local.MARKETING.WEEKLY")
    assert dataset.source.table == "mmm-local.MARKETING.WEEKLY" and dataset.source.connection == "lake"
    assert dataset.interval == "week" and dataset.mapping.dep_var == "REVENUE"
    assert dataset.query_id in product.bigquery.jobs.kept
    job = product.bigquery.jobs.kept[dataset.query_id]
    assert job.configuration["labels"]["app"] == "mmm-bot" and job.configuration["labels"]["user"] == "u0ana"


def test_a_select_in_bigquerys_words_becomes_a_dataset_and_the_same_again_asks_nobody(product: Stack) -> None:
    connect(product, "lake")
    sql = "select DATE, sum(TV_COST) as TV_COST, sum(ORDERS) as ORDERS from `mmm-local.MARKETING.DAILY` "
    sql += "where COUNTRY = \"FR\" and DATE >= date '2024-01-01' group by DATE # days\n order by DATE"
    first = made(product, "Days", sql=sql)
    assert first.interval == "day" and first.mapping.paid_media_spends == ("TV_COST",)
    asked = len(product.bigquery.jobs.kept)
    again = made(product, "Days again", sql=sql.replace("# days\n", "").replace("select", "SELECT", 1))
    # Its columns were looked at by their first rows; its rows were not read a second time.
    assert again.query_id == first.query_id
    assert [one.code for one in again.findings if one.code == "source.kept"]
    assert len(product.bigquery.jobs.kept) <= asked + 1


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("Lakes", {"table": "mmm-local.MARKETING.WEEKLY"}),
        ("Each", {"sql": "select * from `mmm-local.MARKETING.WEEKLY` where COUNTRY = {country} order by DATE"}),
    ],
    ids=["a table", "a SELECT for each"],
)
def test_several_countries_are_counted_and_read_in_bigquerys_words_too(
    product: Stack, title: str, source: dict[str, str]
) -> None:
    connect(product, "lake")
    ana = product.ana
    form, given = source_form(product, title, "table" if "table" in source else "select")
    assert ana.submit(form, **{**given, "country": "several"}, **source)["ok"]
    view = ana.wait_for_view("dataset_mapping")
    offered = str(next(block for block in view["blocks"] if block["block_id"] == "countries"))
    assert "Germany (DE): 156 rows" in offered and "2023-01-02 to 2025-12-22" in offered
    assert ana.submit(view, countries=["fr", "de"])["ok"]
    ana.wait_for_message(CHANNEL, f"Datasets *{title}* for 2 countries: 2 ready")


@pytest.mark.parametrize(
    ("kind", "given", "field", "told"),
    [
        pytest.param("select", "delete from `a.b.c` where true", "sql", "This is DELETE, not a SELECT", id="no SELECT"),
        pytest.param("select", "select d.f(x) from t", "sql", "somebody's own function", id="own function"),
        pytest.param("table", "a.b.c.d", "table", "is not the name of a table", id="no name"),
    ],
)
def test_what_bigquery_cannot_read_is_told_beside_its_field(
    product: Stack, kind: str, given: str, field: str, told: str
) -> None:
    connect(product, "lake")
    form, more = source_form(product, "Wrong", kind)
    answer = product.ana.submit(form, **more, **{field: given})
    assert told in answer["errors"][field]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param("select * from MARKETING.NOPE", "mmm-local.MARKETING.NOPE does not exist", id="no such table"),
        pytest.param("select DATE, NOPE from MARKETING.DAILY", "There is no column NOPE", id="no such column"),
        pytest.param("select DATE, [1] as A from MARKETING.DAILY", "Column A holds lists", id="nested"),
    ],
)
def test_what_bigquery_refuses_is_told_in_the_form(product: Stack, sql: str, told: str) -> None:
    connect(product, "lake")
    form, more = source_form(product, "Refused", "select")
    assert product.ana.submit(form, **more, sql=sql)["ok"]
    product.ana.wait(lambda: told in str(product.ana.view()) or None, told)


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        pytest.param({"account": "No Project!"}, "account", "id of the project", id="project"),
        pytest.param({"schema_name": "a-b"}, "schema_name", "dataset's name", id="dataset"),
        pytest.param(
            {"auth": "service_account", "secret": "slack-bot-token"}, "secret", "mmm-connection-", id="secret"
        ),
    ],
)
def test_each_wrong_field_of_a_connection_is_told_beside_it(
    product: Stack, changes: dict[str, str], field: str, told: str
) -> None:
    answer = product.ana.submit(connection_form(product.ana), name="wrong", **{**LAKE, **changes})
    assert told in answer["errors"][field]


def test_a_connection_with_a_key_reads_as_its_account_and_the_doctor_looks_at_both(product: Stack) -> None:
    connect(product, "lake")
    key = product.bigquery.keys.make("reader@mmm-local.example", f"{product.at.google}{TOKEN_PATH}")
    secrets = product.job_logs.parent / "secrets"
    (secrets / SECRET).write_text(key)
    connect(product, "keyed", auth="service_account", secret=SECRET)
    found = doctor(product)
    assert [one.verdict for one in found if one.check.startswith("connection keyed")] == [Verdict.OK] * 2, found
    assert "sees 2 tables and views in mmm-local.MARKETING" in str(found)
    product.bigquery.may |= {"bigquery.tables.updateData"}
    try:
        found = doctor(product)
    finally:
        product.bigquery.may -= {"bigquery.tables.updateData"}
    assert "may change things: bigquery.tables.updateData ON TABLE mmm-local.MARKETING.DAILY" in str(found)
    (secrets / SECRET).write_text("no key")
    product.cloud.secrets._kept.clear()
    assert "is not the JSON of a service account" in str(doctor(product))


def doctor(product: Stack) -> list[Finding]:
    return list(look_at_named(Subject(product.settings, product.cloud, SystemClock(), {}, "worker")))
