"""A snapshot's rows as files to take away: CSV and Parquet, as they were read from the source."""

from typing import Final

from engine.data.given_csv import parquet_as_csv, too_large
from engine.data.records import read_dataset
from engine.errors import BadData
from engine.pipeline.answer import Answer, Given, Work
from engine.pipeline.differences import file_name
from engine.pipeline.rows import raw_of

CSV, PARQUET = "csv", "parquet"
FORMATS: Final = (CSV, PARQUET)
# A file lies in memory on its way to Slack.
MOST_BYTES: Final = 50_000_000
TODO: Final = (
    "Take fewer columns or dates at the source, or ask whoever looks after this app: the rows lie in the bucket."
)


def answer_download(work: Work, most_bytes: int = MOST_BYTES) -> Answer:
    """Give a snapshot's rows out, in the formats that were asked for. What is too large is said, with what to do."""
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    raw = raw_of(work.cloud, dataset, work.folder)
    name, wanted = file_name(dataset), [str(one) for one in work.about.get("formats") or FORMATS]
    given: list[Given] = []
    left_out: list[str] = []
    if CSV in wanted:
        try:
            path = work.folder / "rows.csv"
            parquet_as_csv(raw, path, most_bytes)
            given.append(Given(f"{name}.csv", f"{dataset.title[:150]} (CSV)", path))
        except BadData as error:
            left_out.append(error.what)
    if PARQUET in wanted:
        if raw.stat().st_size <= most_bytes:
            given.append(Given(f"{name}.parquet", f"{dataset.title[:150]} (Parquet)", raw))
        else:
            left_out.append(too_large("Parquet", most_bytes).what)
    if not given:
        raise BadData(" ".join(left_out), TODO)
    told = {"title": dataset.title, "country": dataset.country, "dataset": dataset.id, "rows": dataset.rows}
    made = {"columns": len(dataset.columns), "first": f"{dataset.first_date}", "last": f"{dataset.last_date}"}
    return Answer({**told, **made, "left_out": left_out, "files_given": len(given)}, files=given)
