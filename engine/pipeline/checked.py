"""What `/mmm check` is answered with: the list of findings, the columns in numbers, pictures of how drivers differ."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

import numpy as np

from engine import paths
from engine.charts import heat_map, inflation
from engine.data.check.applied import Applied
from engine.data.check.columns import ColumnFacts
from engine.data.check.exposures import Candidate
from engine.data.check.fitting import fitted, of_another_snapshot
from engine.data.check.found import Looked
from engine.data.check.profiles import Profile, profile
from engine.data.check.report import Item, Report, check, columns_of, exposures_of, look
from engine.data.dataset import Dataset
from engine.data.enough import CAUTIONED
from engine.data.given_csv import as_csv
from engine.data.index import read_line
from engine.data.recipe import Recipe
from engine.data.recipes import read_open
from engine.data.records import read_dataset
from engine.names import alike
from engine.pipeline.answer import Answer, Given, Picture, Work
from engine.pipeline.differences import file_name
from engine.pipeline.rows import raw_of

# Findings of one message, and snapshots of a family that tell its rhythm.
PAGE: Final = 8
FAMILY: Final = 20
# Letters of a finding, and of what a remedy would do, that a list shows; the file has them whole.
TEXT, EFFECT = 600, 180
_LONG_NAME = re.compile("“([^”]{80,})”")
Json = dict[str, Any]


class Subject:
    """What a question about a dataset's columns is answered from: its rows, and the recipe that is being worked on."""

    def __init__(self, work: Work, *, wide: bool = False) -> None:
        """wide: columns that play no role are read, too."""
        self.work = work
        self.dataset: Dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
        self.open: Recipe = read_open(work.cloud.storage, str(work.about["family"]), self.dataset).recipe
        self.recipe, self.gone = fitted(self.open, self.dataset)
        self.asked: Profile = profile(str(work.about.get("profile", "")))
        self.today = work.clock.now().date()
        self.applied = Applied(
            raw_of(work.cloud, self.dataset, work.folder),
            self.dataset.mapping,
            self.dataset.country,
            choices=self.dataset.choices,
            today=self.today,
            further=_could_stand_for_a_channel(self.dataset) if wide else (),
        )

    @property
    def looked(self) -> Looked:
        """The data as the recipe makes them."""
        grid = self.applied.grid(self.recipe)
        return look(grid, self.applied.prepared(self.recipe, grid), self.recipe, self.asked, paired(self.dataset))

    @property
    def about(self) -> Json:
        """What every drawing names."""
        return {
            "dataset": {"id": self.dataset.id, "title": self.dataset.title, "country": self.dataset.country},
            "profile": self.asked.name,
        }


def findings(work: Work) -> Answer:
    """Answer the list: one page of findings with what each remedy would do."""
    subject = Subject(work, wide=True)
    dataset = subject.dataset
    report = check(
        subject.applied,
        subject.recipe,
        subject.asked,
        today=subject.today,
        accepted=(*dataset.accepted, *CAUTIONED),
        made=_family(work, dataset),
        now=work.clock.now(),
        paired=paired(dataset),
        read=dataset.findings,
        more=tuple(of_another_snapshot(subject.gone, subject.open, dataset.mapping)),
    )
    told = told_of(report, int(work.about.get("page", 0)))
    whole = [*report.items, *report.known]
    files = []
    if not told["page"] and (len(report.items) > PAGE or any(_is_cut(one) for one in whole)):
        files.append(Given(f"{file_name(dataset)}-findings.csv", "Every finding, whole", _csv(_rows(whole))))
    return Answer({**subject.about, **told, "whole": bool(files)}, files=files)


def columns(work: Work) -> Answer:
    """Answer every column in numbers, and how well each exposure tells the goal: as a table and as files."""
    subject = Subject(work, wide=True)
    looked = subject.looked
    facts = columns_of(looked)
    vifs = {name: looked.together.vif(name) for name in looked.together.names}
    candidates = [one for spend in looked.roles.paid_media_spends for one in exposures_of(looked, spend)]
    told = {
        **subject.about,
        "columns": [_fact(one, vifs) for one in facts],
        "candidates": [_candidate(one) for one in candidates],
        "periods": len(looked.frame),
        "interval": looked.interval,
    }
    files = [Given(f"{file_name(subject.dataset)}-columns.csv", "Columns", _csv(told["columns"]))]
    if candidates:
        files.append(Given(f"{file_name(subject.dataset)}-exposures.csv", "Exposures", _csv(told["candidates"])))
    return Answer(told, files=files)


def pictures(work: Work) -> Answer:
    """Answer how far drivers can be told apart, in two pictures."""
    subject = Subject(work)
    looked = subject.looked
    them = looked.together
    footer = f"Source: {subject.dataset.title}. {looked.days[0]} to {looked.days[-1]}." if looked.days else ""
    drawn = [draw(them, subject.asked, footer) for draw in (inflation.draw, heat_map.draw)]
    charts = [one.chart("post") for one in drawn if one is not None]
    made = [Picture(one.name, one.title, one.alt, one.png) for one in charts]
    condition = them.condition if np.isfinite(them.condition) else None
    return Answer({**subject.about, "condition": condition, "drivers": len(them.names)}, made)


def paired(dataset: Dataset) -> Mapping[str, Sequence[str]]:
    """By spend, the columns that say what it bought: as the mapping says, or of the same channel by its name."""
    roles = dataset.mapping
    told = dict(roles.paid_media_mapping)
    for spend in roles.paid_media_spends:
        channel = roles.channels.get(spend)
        if spend not in told and channel:
            part = roles.sub_channels.get(spend)
            told[spend] = tuple(
                name
                for name, its in roles.channels.items()
                if name != spend and its == channel and roles.sub_channels.get(name) == part
            )
    return told


def _could_stand_for_a_channel(dataset: Dataset) -> tuple[str, ...]:
    """Numbers that play no role: exposures that were not chosen are among them."""
    roles = dataset.mapping
    used = {*roles.model_columns, roles.country_var}
    return tuple(one.name for one in dataset.columns if one.type == "number" and one.name not in used)


def _family(work: Work, dataset: Dataset) -> list[datetime]:
    """When the newest snapshots of the same title, country and conversation were made."""
    entries = work.cloud.storage.list(paths.title_entries(alike(dataset.title)), limit=FAMILY)
    lines = [line for entry in entries if (line := read_line(entry.path, entry.line)) is not None]
    return [one.created_at for one in lines if (one.country, one.channel) == (dataset.country, dataset.channel)]


def told_of(report: Report, page: int) -> Json:
    pages = max(1, -(-len(report.items) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown = report.items[page * PAGE : (page + 1) * PAGE]
    looked = report.looked
    condition = looked.together.condition
    name, vif = looked.together.worst
    grades = [one.finding.grade for one in report.items]
    return {
        "verdict": brief(report.verdict, 2 * TEXT),
        "grades": {grade: grades.count(grade) for grade in ("FAIL", "REVIEW", "INFO")},
        "items": [_item(one) for one in shown],
        "page": page,
        "first": page * PAGE + 1,
        "findings": len(report.items),
        "known": [_item(one) for one in report.known],
        "taken": [
            {"words": brief(one.words, EFFECT), "change": one.back.model_dump(mode="json"), "forget": one.forget}
            for one in report.taken
        ],
        "periods": len(looked.frame),
        "interval": looked.interval,
        "drivers": len(dict.fromkeys(looked.roles.drivers)),
        "per_driver": report.per_driver,
        "condition": condition if np.isfinite(condition) else None,
        "worst": {"name": name, "vif": vif if np.isfinite(vif) else None},
    }


def _item(one: Item) -> Json:
    finding = one.finding
    remedies = [
        {
            "change": remedy.change.model_dump(mode="json"),
            "label": remedy.label,
            "effect": brief(remedy.effect, EFFECT),
        }
        for remedy in one.remedies
    ]
    return {
        "grade": finding.grade,
        "code": finding.code,
        "column": finding.column,
        "where": brief(finding.where, EFFECT),
        "text": brief(finding.text),
        "remedy": brief(finding.remedy, EFFECT),
        "remedies": remedies,
        "first": one.first,
    }


def brief(text: str, most: int = TEXT) -> str:
    """A text that fits where many stand below each other: long names lose their middles, then the text its end.

    It is as long as Slack counts it: `&`, `<` and `>` are several signs there.
    """
    if len(escape(text, quote=False)) <= most:
        return text
    text = _LONG_NAME.sub(lambda found: f"“{found[1][:38]}…{found[1][-36:]}”", text)
    while len(escape(text, quote=False)) > most:
        text = text[: max(len(text) - 2 - (len(escape(text, quote=False)) - most) // 5, 1)].rstrip("…") + "…"
    return text


def _is_cut(one: Item) -> bool:
    short = [one.finding.where, one.finding.remedy, *(remedy.effect for remedy in one.remedies)]
    return brief(one.finding.text) != one.finding.text or any(brief(text, EFFECT) != text for text in short)


def _rows(items: Sequence[Item]) -> list[Json]:
    """Every finding as rows of a file, whole."""
    rows = []
    for one in items:
        known = {
            "grade": one.finding.grade,
            "rule": one.finding.code,
            "column": one.finding.column,
            "place": one.finding.where,
            "finding": one.finding.text,
            "remedy": one.finding.remedy,
        }
        told = [(remedy.label, remedy.effect) for remedy in one.remedies] or [("", "")]
        rows += [{**known, "change": change, "what it would do": effect} for change, effect in told]
    return rows


def _fact(one: ColumnFacts, vifs: Mapping[str, float]) -> Json:
    vif = vifs.get(one.name)
    return {
        "column": one.name,
        "role": one.role,
        "known": one.known,
        "zeros": one.zeros,
        "distinct": one.distinct,
        "min": one.least,
        "p10": one.p10,
        "median": one.median,
        "mean": one.mean,
        "p90": one.p90,
        "max": one.most,
        "sd": one.sd,
        "outliers": one.outliers,
        "vif": vif if vif is not None and np.isfinite(vif) else "inf" if vif is not None else None,
        "shape": one.spark or one.level,
    }


def _candidate(one: Candidate) -> Json:
    fit = one.fit if np.isfinite(one.fit) else None
    return {
        "spend": one.spend,
        "column": one.column,
        "used": one.used,
        "rho": one.line.rho,
        "r2": one.line.r2,
        "error": one.line.error,
        "fit_to_spend": fit,
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a file that spreadsheets open."""
    return as_csv(list(rows[0]), [list(row.values()) for row in rows])
