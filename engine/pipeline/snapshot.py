"""Snapshot: a draft with a mapping becomes a dataset: immutable rows, checked before anybody pays for a training."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.select_country import asks_country
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.enough import eased
from engine.data.intake.file import to_parquet
from engine.data.intake.reshape import reshape, wants_columns
from engine.data.mapping import Mapping, validate_mapping
from engine.data.prepare import Prepared, prepare
from engine.data.quality import blocking, review
from engine.data.records import read_draft, read_mapping, save_dataset
from engine.data.round import failed_line, note_begun, ready_line, round_name
from engine.data.still import stretches
from engine.data.wishes import begin, close_draft
from engine.errors import AlreadyExists, BadData, BadInput, Denied, MmmError, NotFound, Refused, Unavailable
from engine.pipeline.mapping_versions import copy_rows, keep_version, known_version
from engine.pipeline.outbox import tell
from engine.pipeline.query_rows import NoRows
from engine.pipeline.read_columns import at_country, fetch_file, in_words
from engine.pipeline.renewed import compared, newest_roles, unchanged
from engine.pipeline.rounds import drop_rows, look_at_round, tell_round
from engine.pipeline.staged_rows import Staged, staged_rows
from engine.ports import Files


def snapshot(cloud: Cloud, clock: Clock, files: Files, draft_id: str) -> None:
    """Read, check and store a draft's rows, and say in the channel how that went. Safe to call any number of times.

    The dataset takes its name from the draft, so a repeated delivery makes one dataset. Where anything blocks a
    training, nothing is stored.
    """
    draft = read_draft(cloud.storage, draft_id)
    if not begin(cloud.storage, draft.id, clock.now()):
        return drop_rows(cloud, draft)
    mapping, about_roles = newest_roles(cloud, draft, read_mapping(cloud.storage, draft_id))
    if draft.round:
        note_begun(cloud.storage, draft)
        look_at_round(cloud, clock, draft.round)
    if draft.renews and (problems := validate_mapping(mapping, draft.columns)):
        gone = BadData(problems[0][1], "Change the columns, or the source.", field=problems[0][0])
        return refused(cloud, clock, draft, error=gone)
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.parquet"
        try:
            staged, doubts = _read(cloud, clock, files, draft, mapping, raw)
            doubts = (*about_roles, *doubts)
            prepared = prepare(raw, mapping, draft.country, choices=draft.choices)
            seen = review(prepared)
            told = {(one.code, one.column) for one in seen}
            findings = eased((*(one for one in doubts if (one.code, one.column) not in told), *seen), draft.accepted)
        except (BadInput, Refused) as error:
            return refused(cloud, clock, draft, error=error)
        if blocking(findings):
            return refused(cloud, clock, draft, findings=findings)
        since = compared(cloud, draft, mapping, raw, Path(folder)) if draft.renews else None
        if since is not None and since.same:
            return unchanged(cloud, clock, draft, since)
        dataset = _store(cloud, clock, draft, mapping, prepared, findings, raw, staged)
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_ready",
        kind="dataset_ready",
        channel=dataset.channel,
        user=dataset.who,
        under=draft.round,
        data={
            "dataset": dataset.model_dump(mode="json"),
            "rows_by_country": prepared.rows_by_country,
            "chosen": draft.chosen,
            "since": since.told if since else None,
        },
    )
    tell_round(cloud, clock, draft, ready_line(dataset, since.sentence if since else ""))
    close_draft(cloud.storage, draft.id, "ready", dataset.findings)
    drop_rows(cloud, draft)


def refused(
    cloud: Cloud,
    clock: Clock,
    draft: Draft,
    *,
    findings: tuple[Finding, ...] = (),
    error: MmmError | None = None,
) -> None:
    """Say why there is no dataset; its rows, if an earlier try stored any, go."""
    if not cloud.storage.exists(paths.dataset_manifest(draft.country, draft.id)):
        cloud.storage.delete(paths.raw_data(draft.country, draft.id))
    tell(
        cloud,
        clock,
        key=f"{draft.id}-dataset_refused",
        kind="dataset_refused",
        channel=draft.channel,
        user=draft.who,
        under=round_name(draft) if draft.channel and (draft.round or draft.countries) else "",
        data={
            "draft": draft.model_dump(mode="json"),
            "error": in_words(error) if error else None,
            "findings": [finding.model_dump(mode="json") for finding in findings],
        },
    )
    why = error.what if error else next((one.text for one in findings if one.grade == "FAIL"), "")
    if isinstance(error, Denied):
        # Why is between the person and us.
        why = "Whoever asked for it may not do that any more."
    tell_round(cloud, clock, draft, failed_line(why))
    close_draft(cloud.storage, draft.id, "refused", findings)
    drop_rows(cloud, draft)


def _read(
    cloud: Cloud, clock: Clock, files: Files, draft: Draft, mapping: Mapping, raw: Path
) -> tuple[Staged, tuple[Finding, ...]]:
    """Bring the source's rows here as Parquet, batch by batch; returns how they were come by, and doubts about that."""
    if draft.rows_of:
        of, doubts = copy_rows(cloud, draft, mapping, raw)
        return Staged(of.query_id, of.read_at, of.kept_as), doubts
    if draft.rows_in:
        with suppress(NotFound):  # they went when the draft was answered: the source itself is there
            cloud.storage.get_file(draft.rows_in, raw)
            return Staged(draft.query_id, draft.read_at, draft.kept_as), draft.findings
    if draft.source.kind == "csv":
        path, asked = fetch_file(cloud, files, draft, raw.parent)
        facts = to_parquet(path, raw, asked, needed=mapping.raw_columns)
        return Staged(), facts.findings
    source = at_country(draft.source, draft.country)
    # Where channels become columns, the source has others.
    needed = () if wants_columns(draft.choices) else [column.name for column in draft.columns]
    try:
        staged = staged_rows(cloud, clock, draft, source, raw, needed=needed)
    except NoRows as error:
        if asks_country(draft.source.sql):
            raise BadData(f"The SELECT returns no rows for {country_name(draft.country)}.", error.todo) from error
        raise
    return staged, (*staged.findings(clock.now()), *reshape(raw, draft.choices).findings)


def _store(
    cloud: Cloud,
    clock: Clock,
    draft: Draft,
    mapping: Mapping,
    prepared: Prepared,
    findings: tuple[Finding, ...],
    raw: Path,
    staged: Staged,
) -> Dataset:
    """Store the rows, then the manifest that makes them exist. Rows of a try without a manifest are replaced."""
    country, ts = draft.country, draft.id
    path = paths.raw_data(country, ts)
    if not cloud.storage.exists(paths.dataset_manifest(country, ts)):
        cloud.storage.delete(path)
    with suppress(AlreadyExists):
        cloud.storage.put_file(path, raw)
    with TemporaryDirectory() as folder:
        # What is in the bucket counts, also where another delivery of this step wrote it.
        stored = cloud.storage.get_file(path, Path(folder) / "raw.parquet")
        rows = pq.read_metadata(Path(folder) / "raw.parquet").num_rows
    if rows != pq.read_metadata(raw).num_rows:
        raise Unavailable("The rows changed while they were read.", "Try again.")
    scope = draft.scope or country
    version = known_version(cloud.storage, draft, mapping)
    dataset = Dataset(
        workspace=draft.workspace,
        title=draft.title,
        country=country,
        ts=ts,
        source=draft.source,
        mapping=mapping.model_copy(update={"version": version or f"{scope}/{ts}"}),
        columns=draft.columns,
        rows=rows,
        bytes=stored.size,
        crc32c=stored.crc32c,
        first_date=prepared.first,
        last_date=prepared.last,
        interval=prepared.interval,
        query_id=staged.query_id,
        read_at=staged.read_at,
        kept_as=staged.kept_as,
        findings=findings,
        accepted=draft.accepted,
        choices=draft.choices,
        still=stretches(prepared.frame, mapping),
        rows_of=draft.rows_of,
        who=draft.who,
        channel=draft.channel,
        created_at=clock.now(),
    )
    if not version:
        keep_version(cloud.storage, dataset, scope)
    return save_dataset(cloud.storage, dataset)
