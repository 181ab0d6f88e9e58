"""R's results under the contract: CSV tables become Parquet with the contract's types, and the person's dates."""

import json
from pathlib import Path

from engine.data.collinearity import moving_together
from engine.errors import BrokenState
from engine.results.check import check_results
from engine.results.contract import TABLES
from engine.results.from_csv import from_csv
from engine.results.told import told
from engine.robyn.dated import FILE, Dated, give_back, give_back_summary, kept


def type_tables(out: Path) -> list[str]:
    """Replace the CSV tables in OUT's `results/` by Parquet, and say everything that is wrong with the results.

    A table that cannot be read stays as it is, to be looked at.
    """
    import pyarrow.parquet as pq

    folder, problems = out / "results", []
    dated = kept(out)
    for table in TABLES:
        text = folder / table.text_file
        if not text.is_file():
            continue
        try:
            found = from_csv(text, table)
        except BrokenState as error:
            problems.append(f"{error.what} {error.todo}".rstrip())
            continue
        pq.write_table(give_back(found, dated), folder / table.file)
        text.unlink()
    _repeat_what_was_said(out)
    _pairs_of_spends(out)
    _own_dates(out, dated)
    return problems or check_results(out)


def _repeat_what_was_said(out: Path) -> None:
    """Put into the summary that R wrote what was doubtful about the data, and what Robyn took for what it has not."""
    summary, prepared = out / "results" / "summary.json", told(out / "prepared" / "job_config.json")
    doubtful, notes = prepared.get("data_findings"), prepared.get("notes")
    if (doubtful or notes) and (found := told(summary)):
        own = [note for note in found.get("notes", ()) if note not in (notes or ())]
        said = {"findings": doubtful} if doubtful else {}
        said |= {"notes": [*(notes or ()), *own]} if notes else {}
        summary.write_text(json.dumps({**found, **said}, indent=2, ensure_ascii=False))


def _pairs_of_spends(out: Path) -> None:
    """Put into the summary which channels' spends rise and fall together, where the prepared data are at hand."""
    import pandas as pd

    summary, data = out / "results" / "summary.json", out / "prepared" / "input_data.csv"
    config, found = told(out / "prepared" / "job_config.json"), told(summary)
    if not config or not found or not data.is_file():
        return
    frame = pd.read_csv(data)
    days = frame[config["date_var"]]
    inside = frame[(days >= config["start_date"]) & (days <= config["end_date"])]
    together, as_one = moving_together(
        config["paid_media_vars"], inside[config["paid_media_spends"]].to_numpy(dtype="float64")
    )
    found |= {"together": together, "indistinct": as_one}
    summary.write_text(json.dumps(found, indent=2, ensure_ascii=False))


def _own_dates(out: Path, dated: Dated) -> None:
    """Give the summary the person's dates back, once."""
    summary = out / "results" / "summary.json"
    if dated.rows and (found := told(summary)):
        summary.write_text(json.dumps(give_back_summary(dict(found), dated), indent=2, ensure_ascii=False))
        (out / FILE).unlink()
