"""What a dataset's columns mean as a file: one row a column, to be edited and given back."""

from engine.data.given_csv import as_csv
from engine.data.records import read_dataset
from engine.data.sheet import HEAD, UNUSED, sheet_rows
from engine.names import alike
from engine.pipeline.answer import Answer, Given, Work


def answer_sheet(work: Work) -> Answer:
    """Give the sheet of a dataset's mapping out. Raises NotFound."""
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    rows = sheet_rows(dataset.mapping, dataset.columns, dataset.country)
    # The name says which dataset it is of, wherever the file comes back.
    name = f"mapping_{alike(dataset.title)[:40]}_{dataset.country}_{dataset.ts}.csv"
    told = {
        "title": dataset.title,
        "country": dataset.country,
        "dataset": dataset.id,
        "columns": len(dataset.columns),
        "unused": sum(row[1] == UNUSED for row in rows[: len(dataset.columns)]),
        "sums": len(rows) - len(dataset.columns),
    }
    return Answer(told, files=[Given(name, f"What the columns of {dataset.title} mean", as_csv(HEAD, rows))])
