"""BigQuery, through its real client: what is there, what a SELECT returns, and its rows as a stream.

Rows come over REST, page by page. The Storage stream would be faster for many millions of rows; it is gRPC, asks for a
right more (`bigquery.readsessions.create`), and a dataset that a model is trained on has thousands.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pyarrow as pa
from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound
from google.auth.exceptions import RefreshError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from engine.cloud.bigquery_errors import classify, too_many_bytes
from engine.cloud.bigquery_login import account_of_key, own_account
from engine.cloud.bigquery_schema import columns_of, conform, schema_of
from engine.cloud.bigquery_select import one_select, select_all, table_name
from engine.cloud.connection import Connection, proof_of
from engine.cloud.failures import CLIENT_ERRORS
from engine.cloud.rows import Limits, Rows
from engine.cloud.sessions import have_room, stay_within
from engine.cloud.warehouse import TABLES_KEPT, Grant, ReadsSecrets, Session
from engine.columns import Column
from engine.errors import BadSelect, Refused
from engine.settings import Settings

T = TypeVar("T")

DATASETS_MOST = 50
GRANTS_OF = 3
PAGE = 1000
PAGE_ROWS = 10_000
GIGABYTE = 1_000_000_000
WHOLE_TABLE = re.compile(r"SELECT \* FROM (`[^`]+`)")
# The rights that are asked for, and which of them would let us change something.
READING = frozenset({"bigquery.tables.getData"})
ASKED = (*READING, "bigquery.tables.updateData", "bigquery.tables.update", "bigquery.tables.delete")


class BigQuery:
    """BigQuery, read-only. `connection` says where and who reads it, `settings` how long and how much.

    Of a connection, `account` is the project that runs the queries and is billed, `database` the project of the tables
    where that is another, `schema_name` the dataset of tables that are named without one. Where it has no key, the
    service's own account reads. patience: seconds that a call may take, with all its tries; a person hears of a failure
    within a minute or so.
    """

    def __init__(
        self, connection: Connection, settings: Settings, secrets: ReadsSecrets, *, patience: float = 60.0
    ) -> None:
        self._at = connection
        self._settings = settings
        self._secrets = secrets
        self._patience = patience
        self._retry = DEFAULT_RETRY.with_timeout(patience)
        self._limits = Limits(settings.warehouse_max_rows, settings.warehouse_max_mb)

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return the columns of a SELECT without running it, which costs nothing.

        Raises BadSelect where it would read more than `settings.bigquery_max_gb`.
        """
        return columns_of(self._doing(lambda client: self._looked_at(client, one_select(sql))).schema or ())

    def one_select(self, sql: str) -> str:
        """Return what a person wrote as it is sent, if it is one SELECT that only reads. Raises BadSelect."""
        return one_select(sql)

    def select_all(self, table: str) -> str:
        """Return the SELECT that reads all of a table. Raises BadSelect where that is no table's name."""
        return select_all(table)

    def tables(self, like: str = "", most: int = TABLES_KEPT) -> tuple[str, ...]:
        """Return the tables and views that can be read, as project.dataset.table; `like` is any part of a name.

        Looks into the connection's dataset, or else into the first ones of the project.
        """
        wanted = like.strip().casefold()

        def found(client: bigquery.Client) -> tuple[str, ...]:
            names: list[str] = []
            for name in self._names(client):
                if wanted in name.casefold():
                    names.append(name)
                if len(names) >= most:
                    break
            return tuple(names)

        return self._doing(found) if self._project else ()

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of one table or view."""
        name = table_name(table).strip("`")
        return columns_of(self._doing(lambda client: self._table(client, name)).schema)

    def preview(self, sql: str, rows: int = 5) -> list[dict[str, Any]]:
        """Return the first rows of a SELECT.

        Those of a table cost nothing. Else the very query runs, without a LIMIT that would make it no cheaper: BigQuery
        keeps its result, and gives it for nothing to whoever reads all of it next.
        """
        query = one_select(sql)

        def first(client: bigquery.Client) -> list[dict[str, Any]]:
            whole = WHOLE_TABLE.fullmatch(query)
            table = self._table(client, whole[1].strip("`")) if whole else None
            if table is not None and table.table_type == "TABLE":
                columns_of(table.schema)
                found = client.list_rows(table, max_results=rows, retry=self._retry, timeout=self._patience)
            else:
                found = self._run(client, query, {"step": "preview"}).result(
                    max_results=rows, retry=self._retry, timeout=self._patience, job_retry=None
                )
            return [dict(row.items()) for row in found]

        return self._doing(first)

    def session(self) -> Session:
        """Say who reads, in which project. BigQuery has no roles: the account stands for one."""

        def asked(client: bigquery.Client) -> Session:
            job = self._run(client, "SELECT SESSION_USER() AS me", {"step": "session"})
            row = next(iter(job.result(retry=self._retry, timeout=self._patience, job_retry=None)))
            who, (database, schema) = str(row["me"]), self._seen(client)
            return Session(who, client.project, database, who, schema)

        return self._doing(asked)

    def grants(self, role: str) -> tuple[Grant, ...]:
        """What our account may do with the first tables that it sees: BigQuery tells rights by the thing."""
        names = self.tables(most=GRANTS_OF)

        def asked(client: bigquery.Client) -> tuple[Grant, ...]:
            found = []
            for name in names:
                may = client.test_iam_permissions(
                    self._reference(name), list(ASKED), retry=self._retry, timeout=self._patience
                ).get("permissions", [])
                found += [Grant(one, "TABLE", name, one not in READING) for one in may if one in ASKED]
            return tuple(found)

        return self._doing(asked)

    @contextlib.contextmanager
    def stream(self, sql: str, *, tag: Mapping[str, str]) -> Iterator[Rows]:
        """Run a SELECT and hand out its rows. `tag` becomes the query's labels.

        Raises BadSelect where the result is larger than `settings.warehouse_max_*` allow.
        """
        query = one_select(sql)

        def begun(client: bigquery.Client) -> tuple[Any, Any, bigquery.Client]:
            self._looked_at(client, query)
            job = self._run(client, query, tag)
            return job, job.result(PAGE_ROWS, retry=self._retry, timeout=self._patience, job_retry=None), client

        job, rows, client = self._doing(begun, keep=True)
        try:
            yield Pages(job, rows, self._limits)
        except (*CLIENT_ERRORS, GoogleAPICallError) as error:
            raise classify(error) from error
        finally:
            _close(client)

    def _looked_at(self, client: bigquery.Client, query: str) -> bigquery.QueryJob:
        """Have BigQuery read a query without running it: what it is, what it returns, and what it would cost."""
        job = client.query(query, self._config({}, dry_run=True), **self._asking())
        told = job._properties.get("statistics", {}).get("query", {})
        kind = str(told.get("statementType") or "SELECT")
        if kind != "SELECT":
            raise BadSelect(f"To BigQuery this is {kind}, not a SELECT.", "Write one SELECT.", field="sql")
        if routines := told.get("referencedRoutines"):
            name = f"{routines[0].get('datasetId', '')}.{routines[0].get('routineId', '')}"[:60]
            raise BadSelect(
                f"The SELECT calls {name}, which is somebody's own function.",
                "Save the query as a view and read from that, or do without it.",
                field="sql",
            )
        needed = job.total_bytes_processed or 0
        if needed > self._most_bytes:
            raise too_many_bytes(needed, self._most_bytes)
        return job

    def _run(self, client: bigquery.Client, query: str, tag: Mapping[str, str]) -> bigquery.QueryJob:
        return client.query(query, self._config(tag), **self._asking())

    def _config(self, tag: Mapping[str, str], *, dry_run: bool = False) -> bigquery.QueryJobConfig:
        config = bigquery.QueryJobConfig(
            dry_run=dry_run,
            use_legacy_sql=False,
            use_query_cache=True,
            labels=labels({**tag, "app": "mmm-bot"}),
            maximum_bytes_billed=self._most_bytes,
            job_timeout_ms=self._settings.bigquery_timeout * 1000,
        )
        if self._at.schema_name and self._project:
            config.default_dataset = f"{self._project}.{self._at.schema_name}"
        return config

    def _asking(self) -> dict[str, Any]:
        return {"retry": self._retry, "timeout": self._patience, "job_retry": None}

    @property
    def _most_bytes(self) -> int:
        return int(self._settings.bigquery_max_gb * GIGABYTE)

    @property
    def _project(self) -> str:
        """The project of the tables."""
        return self._at.database or self._at.account

    def _seen(self, client: bigquery.Client) -> tuple[str, str]:
        """The project and the dataset of the tables, as far as they are there for us; nothing where they are not."""
        try:
            if not self._at.schema_name:
                client.list_datasets(self._project, max_results=1, retry=self._retry, timeout=self._patience)
                return self._project, ""
            client.get_dataset(f"{self._project}.{self._at.schema_name}", retry=self._retry, timeout=self._patience)
        except GoogleAPICallError:
            return "", ""
        return self._project, self._at.schema_name

    def _datasets(self, client: bigquery.Client) -> list[Any]:
        if self._at.schema_name:
            return [bigquery.DatasetReference(self._project, self._at.schema_name)]
        listed = client.list_datasets(
            self._project, max_results=DATASETS_MOST, retry=self._retry, timeout=self._patience
        )
        return [one.reference for one in listed]

    def _names(self, client: bigquery.Client) -> Iterator[str]:
        """The full names of the tables, dataset by dataset; what one does not show is left out where there are more."""
        datasets = self._datasets(client)
        for dataset in datasets:
            try:
                listed = client.list_tables(dataset, page_size=PAGE, retry=self._retry, timeout=self._patience)
                yield from (f"{table.project}.{table.dataset_id}.{table.table_id}" for table in listed)
            except (Forbidden, NotFound):
                if len(datasets) == 1:
                    raise

    def _table(self, client: bigquery.Client, name: str) -> bigquery.Table:
        return client.get_table(self._reference(name), retry=self._retry, timeout=self._patience)

    def _reference(self, name: str) -> bigquery.TableReference:
        """A table by its name of one to three parts; the first of three may hold dots of an old kind of project."""
        parts = name.rsplit(".", 2)
        project, dataset = self._project, self._at.schema_name
        if len(parts) == 3:
            project, dataset = parts[0], parts[1]
        elif len(parts) == 2:
            # As in a query: where only a dataset is named, it is one of the project that is billed.
            project, dataset = self._at.account, parts[0]
        return bigquery.TableReference(bigquery.DatasetReference(project, dataset or "-"), parts[-1])

    def _doing(self, work: Callable[[bigquery.Client], T], *, keep: bool = False) -> T:
        """Do `work` with a client of its own; translate every failure. keep: leave the client open after success."""
        key = self._key()
        try:
            return self._with(key, work, keep)
        except RefreshError as error:
            # The key may have been rotated since it was kept. One more try, and only with another key.
            fresh = self._key(anew=True)
            if fresh == key:
                raise classify(error) from error
            with _translated():
                return self._with(fresh, work, keep)
        except (*CLIENT_ERRORS, GoogleAPICallError) as error:
            raise classify(error) from error

    def _key(self, *, anew: bool = False) -> str | None:
        """The key that the connection reads by; None where the service's own account does. Raises BadInput, Refused."""
        if self._at.auth == "service_account":
            return proof_of(self._at, self._settings, self._secrets, anew=anew)
        if self._settings.many:
            # What was shared with the deployment's account for one workspace, every other would read.
            what = "Where several workspaces share this service, none reads BigQuery as the service's own account."
            raise Refused(what, f"Give the connection a service account's key: /mmm connect {self._at.name}.")
        return None

    def _with(self, key: str | None, work: Callable[[bigquery.Client], T], keep: bool) -> T:
        url = self._settings.bigquery_url
        client = bigquery.Client(
            self._at.account,
            credentials=own_account(url) if key is None else account_of_key(key, url),
            client_options={"api_endpoint": url} if url else None,
        )
        stay_within(client._http)
        have_room(client._http)
        with contextlib.ExitStack() as after:
            after.callback(_close, client)
            done = work(client)
            if keep:
                after.pop_all()
        return done


class Pages(Rows):
    """The rows of one query, page by page."""

    def __init__(self, job: bigquery.QueryJob, rows: Any, limits: Limits) -> None:
        super().__init__("BigQuery", rows.total_rows or 0, limits)
        self.schema = schema_of(rows.schema)
        self.query_id = str(job.job_id or "")
        self._pages = rows

    def parts(self) -> Iterator[pa.Table]:
        for batch in self._pages.to_arrow_iterable():
            yield conform(batch, self.schema)


def labels(tag: Mapping[str, str]) -> dict[str, str]:
    """A tag as labels of BigQuery: small letters, digits, - and _, at most 63 of them."""
    written = {re.sub(r"[^a-z0-9_-]", "_", key.lower())[:63]: value.lower() for key, value in sorted(tag.items())}
    return {key: re.sub(r"[^a-z0-9_-]", "_", value)[:63] for key, value in written.items() if re.match(r"[a-z]", key)}


def _close(client: Any) -> None:
    client.close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (*CLIENT_ERRORS, GoogleAPICallError) as error:
        raise classify(error) from error
