"""Every message and form, state by state, against its golden file.

`UPDATE_GOLDEN=1 pytest tests/golden/test_messages.py` writes them anew; look at the difference before you commit.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import guide, home
from bot.admin import messages as admin_messages
from bot.data import mapping_form
from bot.data import messages as data_messages
from bot.data import modals as data_modals
from bot.experiment import messages as experiment_messages
from bot.experiment import modals as experiment_modals
from bot.results import asked
from bot.results import messages as result_messages
from bot.results.details import details_view
from bot.results.terms import terms_view
from bot.runs import messages as run_messages
from bot.service import registry as build_registry
from bot.slack.blocks import Message
from bot.slack.form import Choice
from bot.slack.limits import fit_message, fit_view
from engine import guidance
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Finding, Offer, Source
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.doctor.report import Report, failed, ok, skipped, warning
from engine.experiment.experiment import Experiment
from engine.listing import Beside
from engine.results.details import Details
from engine.results.found import Found, read_found
from engine.results.headline import Headline, PlannedBudget, Shift, headline
from engine.results.second_opinion import Estimate, SecondOpinion, compare, verified
from engine.results.summary import Backtest, Budgeted, Edge, Interval, OddPeriod
from engine.results.verdict import judge
from engine.runs.run import Run, State
from local.slack.check import check_message, check_view
from tests.heads import GOOD_CHAINS, each, head
from tests.made_results import made_results

FOLDER = Path(__file__).parent / "messages"
AT = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
COLUMNS = (
    Column(name="DATE", type="date", examples=("2024-01-01",)),
    Column(name="TV_COST", type="number", examples=("1200",)),
    Column(name="TV_IMPRESSIONS", type="number"),
    Column(name="SEARCH_COST", type="number"),
    Column(name="NEWSLETTER_SENDS", type="number"),
    Column(name="PROMO_FLAG", type="number"),
    Column(name="COUNTRY", type="text"),
    Column(name="REVENUE", type="number"),
)
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "SEARCH_COST"),
    exposures={"TV_COST": "TV_IMPRESSIONS"},
    organic_vars=("NEWSLETTER_SENDS",),
    factor_vars=("PROMO_FLAG",),
    context_vars=("PROMO_FLAG",),
)
GAP = Finding(
    code="date.gap",
    grade="FAIL",
    column="DATE",
    where="2024-03-04 to 2024-03-18",
    text="Three weeks are missing.",
    remedy="Add them, or start the window later.",
)
SHORT = Finding(code="rows.span", grade="FAIL", text="40 weeks are little.", remedy="Add a year.", overridable=True)
NOTE = Finding(
    code="share.small", grade="INFO", column="PRINT_COST", text="Print is below 1 % of spend <really> & truly."
)
MARK = Finding(
    code="number.mark",
    grade="REVIEW",
    column="TV_COST",
    row=7,
    value="16,007",
    text="TV_COST holds “16,007” (row 7): read as 16,007, in all 1,823,400; with a comma as decimal mark 1,823.4.",
    remedy="Press if the comma is a decimal mark.",
    offers=(Offer(key="decimal:TV_COST", value="comma", label="Read the comma as decimal mark"),),
)
SHEETS = Finding(
    code="file.sheets",
    grade="REVIEW",
    text="Two sheets hold tables; “Plan” is read.",
    offers=tuple(Offer(key="sheet", value=name, label=f"Read “{name}”") for name in ("Actuals", "2023 & <before>")),
)
DOUBTED = (
    *COLUMNS,
    Column(name="RADIO_COST", type="text", doubt="looks like money, but “12 or so” in row 9 cannot be read"),
    Column(name="NOTE", type="text"),
    Column(name="RATE", type="number", unit="%"),
)
ASKED = {"choices": {"decimal:TV_COST": "point", "order:DATE": "day_first"}}
ASKED |= {"chosen": {"decimal:TV_COST": "Read the point as decimal mark", "order:DATE": "Read days before months"}}
DRAFT = Draft(
    id="20261122T211500Z-7f3a",
    workspace="T0",
    title="Spring plan <b> & co",
    country="fr",
    source=Source(kind="csv", file_id="F1", file_name="spring.csv"),
    who="U0ANA",
    channel="C0MARKETING",
    created_at=AT,
    columns=COLUMNS,
    view_id="V1",
)
WIDE = DRAFT.model_copy(update={"columns": (*COLUMNS, *(Column(name=f"X{n}", type="number") for n in range(120)))})
DATASET = Dataset(
    workspace="T0",
    title="Spring plan <b> & co",
    country="fr",
    ts="20261122T211500Z-7f3a",
    source=DRAFT.source,
    mapping=MAPPING,
    columns=COLUMNS,
    rows=156,
    bytes=1000,
    crc32c="AAAAAA==",
    first_date=date(2022, 1, 3),
    last_date=date(2024, 12, 23),
    interval="week",
    findings=(NOTE,),
    who="U0ANA",
    channel="C0MARKETING",
    created_at=AT,
)
EXPERIMENT = Experiment(
    dataset_id=DATASET.id, preset="standard", channel="C0MARKETING", revision="FR_1", who="U0ANA", created_at=AT
)
RUN = Run(
    id="r3f9a2c1",
    workspace="T0",
    revision="FR_1",
    dataset_id=DATASET.id,
    country="fr",
    ts="20261122T211500Z-7f3a",
    who="U0ANA",
    channel="C0MARKETING",
    created_at=AT,
    changed_at=AT + timedelta(minutes=3),
    started_at=AT + timedelta(minutes=1),
)
UNSETTLED = GOOD_CHAINS.model_copy(update={"rhat": 1.02, "good": False})
QUICK_EXPERIMENT = Experiment.model_validate({**EXPERIMENT.model_dump(), "preset": "quick"})
QUICK = QUICK_EXPERIMENT.model_dump(mode="json")
STOPPED: dict[str, Any] = {"stopped_by": "U0BEN", "reason": "Stopped by <@U0BEN>."}
STOPPED_ELSEWHERE: dict[str, Any] = {"reason": "The training was stopped outside Slack."}
PROGRESS = {
    "phase": "search",
    "trial": 2,
    "trials": 5,
    "iteration": 400,
    "iterations": 2000,
    "nrmse": 0.07,
    "rssd": 0.4,
}


def run(state: State, **changes: Any) -> Run:
    return RUN.model_copy(update={"state": state, **changes})


def card(state: State, **data: Any) -> Message:
    changes = data.pop("changes", {})
    return run_messages.card(
        {
            "run": run(state, **changes).model_dump(mode="json"),
            "experiment": EXPERIMENT.model_dump(mode="json"),
            "dataset": {"title": DATASET.title},
            "now": (AT + timedelta(minutes=5)).isoformat(),
            **data,
        }
    )


def signed(*, beat: float, news: float) -> dict[str, str]:
    """What a container signed with, so many minutes ago as the card is drawn."""
    now = AT + timedelta(minutes=5)
    return {
        "at": (now - timedelta(minutes=beat)).isoformat(),
        "changed_at": (now - timedelta(minutes=news)).isoformat(),
    }


def judged(level: str, sentence: str) -> dict[str, str]:
    """What a run keeps of its verdict."""
    return {"verdict": level, "sentence": sentence}


def later(other: Run) -> Message:
    """What stands above results of an experiment that another run was begun of afterwards."""
    return Message("Above the results.", asked.later_runs(run(State.SUCCEEDED), [other]))


DATA_DOUBTS = (
    Finding(
        code="number.ambiguous",
        grade="REVIEW",
        column="TV_COST",
        text="“16.007” in “TV_COST” was read as 16,007 (1,920,840 in all), not as 16.007 (1,920.84 in all).",
        trust=True,
    ),
    Finding(
        code="driver.leakage",
        grade="REVIEW",
        column="<carts>",
        text="“<carts>” is nearly the KPI itself (r = 0.991).",
        trust=True,
    ),
    Finding(code="rows.span", grade="REVIEW", text="90 weeks are less than two years.", trust=True),
    Finding(code="kpi.zero", grade="REVIEW", column="REVENUE", text="It is 0 for 9 weeks on end.", trust=True),
)


def verdict(**summary: Any) -> Message:
    return told(headline(made_results(**summary)))


def told(head: Headline, missing: dict[str, str] | None = None, **found: Any) -> Message:
    """The message about a run with these key numbers. missing: why its picture is not there, empty if it follows."""
    charts = [{"name": "ranges", "title": "Search is ahead", "alt": "Search 3.8, TV 1.2", "path": "x"}]
    data = {"run": run(State.SUCCEEDED).model_dump(mode="json"), "verdict": judge(head).model_dump(mode="json")}
    data |= {"headline": head.model_dump(mode="json"), "charts": charts, **found}
    return result_messages.verdict(data, {"ranges": "F1"} if missing is None else {}, missing or {})


def shift(**asked: Any) -> PlannedBudget:
    """A budget that moves money from TV to Search."""
    given: dict[str, Any] = {"scenario": "max_response", "feasible": True, "total_spend": 15_500.0, "basis": "flights"}
    given |= {"initial_response": 29_500.0, "response": 31_000.0, "periods": 104, "gain_chance": 0.94}
    given |= {"gain": Interval(low=300.0, high=2800.0), "recommended": True, "even": 900.0}
    given |= {"even_range": Interval(low=600.0, high=1200.0)}
    shifts = (
        Shift(channel="tv_S", before=9000.0, after=8000.0),
        Shift(channel="search_S", before=2500.0, after=3500.0),
    )
    return PlannedBudget(asked=Budgeted(**given | asked), shifts=shifts)


KEPT = {"recommended": False, "gain_chance": 0.6, "test": "facebook_I", "notes": ("Search may at most double.",)}
NEXT = {"marginal_low": 0.5, "marginal_high": 1.4}
# Two known well, one that says little; what few people need beside it.
MIXED = each({"tv_S": NEXT, "facebook_I": {"low": 0.6, "high": 5.1, "no_effect": 0.03}, "search_S": {"marginal": None}})
RICH = head(
    channels=MIXED,
    media_range=Interval(low=0.12, high=0.34),
    backtest=Backtest(folds=4, horizon=13, nrmse=0.08, naive=0.15, bias=-0.02),
    budgets=(shift(), shift(**KEPT, basis="even")),
    edges=(Edge(channel="tv_S", parameter="carryover", end="high", share=0.4),),
    odd_periods=(OddPeriod(ds="2024-03-04", miss=-9000.0, weight=0.2),),
    indistinct=(("tv_S", "facebook_I"),),
)
DETAILS = Details(
    trainer="native",
    adstock="auto",
    adstocks={"tv_S": {"geometric": 0.2, "delayed": 0.7, "weibull_pdf": 0.1}, "search_S": {"geometric": 1.0}},
    seed=123,
    search="fast",
    rule="expected effect over all models <tried>, by evidence",
    clusters=3,
    objectives=("NRMSE settled.", "DECOMP.RSSD still moves."),
    notes=("The window's start was moved to 2023-01-02, the nearest date in the data.", "<b> is kept."),
    forecast_notes=("trend: goes on as over the last year.",),
    seconds=83.4,
)
MANY = tuple(
    head().channels[0].model_copy(update={"channel": f"{'a very long channel name ' * 4}{n:03}", "spend_share": 0.025})
    for n in range(40)
)
WIDE_HEAD = head(channels=MANY, budgets=(shift(),))


def found(head: Headline, **changes: Any) -> Found:
    return Found(verdict=judge(head), headline=head, **changes)


def of_earlier_release() -> dict[str, Any]:
    """What a run found, as it was written before verdicts had calls and charts had places."""
    kept = found(head()).model_dump(mode="json")
    del kept["details"], kept["verdict"]["calls"], kept["verdict"]["codes"]
    for name in ("media_range", "together", "chains", "edges", "odd_periods", "budgets", "organic"):
        del kept["headline"][name]
    return kept


def earlier_verdict() -> Message:
    seen = read_found(of_earlier_release())
    data = seen.model_dump(mode="json", exclude={"second_opinion"}) | {
        "run": run(State.SUCCEEDED).model_dump(mode="json")
    }
    return result_messages.verdict(data, {})


def previewed() -> Message:
    seen = headline(made_results())
    charts = [{"name": "ranges", "title": "Search is ahead", "alt": "Search 3.8, TV 1.2", "path": "x"}]
    data = {"run": run(State.RUNNING, trainer="both").model_dump(mode="json"), "charts": charts}
    data |= {"verdict": judge(seen).model_dump(mode="json"), "headline": seen.model_dump(mode="json")}
    return result_messages.preview(data, {"ranges": "F1"})


def opinion(**changes: Any) -> SecondOpinion:
    """Robyn sees TV like the preview, Facebook far above it, and Search without an effect."""
    ours = headline(made_results())
    tv, facebook, search = ours.channels
    theirs = (
        tv.model_copy(update={"efficiency": 1.3}),
        facebook.model_copy(update={"efficiency": 6.0, "low": 5.0, "high": 7.0}),
        search.model_copy(update={"effect": 0.0}),
    )
    check = verified(
        model="2_118_1",
        chosen=True,
        version="3.12.1",
        nrmse=(0.0612, 0.0613),
        native={"tv_S": 2.0, "search_S": 1.0},
        robyn={"tv_S": 2.01, "search_S": 1.0},
        shares={"tv_S": 0.2, "search_S": 0.1},
    )
    both = compare(ours, ours.model_copy(update={"channels": theirs}))
    return both.model_copy(update={"verification": check, **changes})


def second_opinion(**changes: Any) -> Message:
    data = {"run": run(State.SUCCEEDED, trainer="both").model_dump(mode="json")}
    return result_messages.second_opinion({**data, "second_opinion": opinion(**changes).model_dump(mode="json")})


def two_methods() -> Message:
    """A preview by evidence, Robyn by its rule, and our answer by that rule between them."""
    ours = headline(made_results())
    ours = ours.model_copy(update={"method": "evidence"})
    tv, facebook, search = ours.channels
    theirs = (tv, facebook.model_copy(update={"efficiency": 6.0, "low": 5.0, "high": 7.0}), search)
    rule = {
        "tv_S": Estimate(value=1.2, low=1.0, high=1.4),
        "facebook_I": Estimate(value=5.8, low=5.1, high=6.6),
        "search_S": Estimate(value=3.7, low=3.0, high=4.4),
    }
    robyn = ours.model_copy(update={"channels": theirs, "method": "robyn"})
    both = compare(ours, robyn, rule, ("auto", "geometric"))
    data = {"run": run(State.SUCCEEDED, trainer="both").model_dump(mode="json")}
    return result_messages.second_opinion({**data, "second_opinion": both.model_dump(mode="json")})


# A training that says much against itself.
DOUBTFUL: dict[str, Any] = {
    "prior_share": {"tv_S": 0.15, "facebook_I": 0.3, "search_S": 0.82},
    "indistinct": (("tv_S", "facebook_I"),),
    "agreement": 0.6,
    "backtest": Backtest(folds=4, horizon=13, nrmse=0.17, naive=0.15, bias=0.02),
}


def simpler_verdict(**summary: Any) -> Message:
    return simpler(verdict(**summary))


def simpler(message: Message) -> Message:
    return Message(message.text, message.simpler or [])


ERROR = {"what": "The file is empty.", "todo": "Export it again.", "field": "file"}
EXAMINED = Report(
    (
        ok("Slack takes the bot token: it is mmm in Northwind (T012345).", check="slack token"),
        failed(
            "The queue mmm-launch is paused: what is put into it waits.",
            "gcloud tasks queues resume mmm-launch --location=europe-west1 --project=p",
            check="queue launch",
        ),
        warning("MMM_COLOUR is read by nobody.", "Remove MMM_COLOUR.", check="settings"),
        skipped("No warehouse is named: only CSV files are offered.", check="snowflake"),
    )
)


def findings_of(
    *findings: Finding, choices: dict[str, str] | None = None, chosen: dict[str, str] | None = None
) -> Message:
    dataset = DATASET.model_copy(update={"findings": findings, "choices": choices or {}})
    [message] = data_messages.findings(dataset, chosen or {})
    return message


def refused(draft: Draft, *findings: Finding, error: dict[str, Any] | None = None) -> Message:
    [message] = data_messages.refused(draft, error, findings)
    return message


TABLE = DRAFT.model_copy(update={"source": Source(kind="table", table="MMM.MARKETING.DAILY")})
SELECT = DRAFT.model_copy(update={"source": Source(kind="select", sql="SELECT 1")})
MESSAGES: dict[str, Callable[[], Message]] = {
    "start": lambda: guide.started(guidance.guide(guidance.Facts(who="U0ANA", today=date(2026, 11, 22)))),
    "doctor_looking": admin_messages.looking,
    "doctor_report": lambda: admin_messages.examined(EXAMINED),
    "unknown_command": lambda: build_registry().unknown("datset lst"),
    "dataset_offered": lambda: data_messages.offered_as_data("F1", "spring <plan>.csv"),
    "dataset_ready": lambda: data_messages.ready(DATASET),
    "dataset_findings": lambda: findings_of(GAP, NOTE),
    "dataset_findings_with_remedies": lambda: findings_of(NOTE, SHEETS, MARK, **ASKED),
    "dataset_no_findings": lambda: findings_of(),
    "dataset_refused": lambda: refused(DRAFT, GAP, NOTE),
    "dataset_refused_overridable": lambda: refused(DRAFT, SHORT),
    "dataset_refused_with_remedies": lambda: refused(DRAFT.model_copy(update=ASKED), GAP, MARK),
    "dataset_refused_error": lambda: refused(DRAFT, error=ERROR),
    "dataset_refused_table": lambda: refused(TABLE, error={**ERROR, "again": True}),
    "dataset_unreadable_select": lambda: data_messages.unreadable(SELECT, {**ERROR, "again": True}),
    "dataset_unreadable": lambda: data_messages.unreadable(DRAFT, ERROR),
    "dataset_columns_wait": lambda: data_messages.columns_wait(DRAFT),
    "dataset_list": lambda: data_messages.listing([DATASET]),
    "dataset_list_goes_on": lambda: data_messages.listing(
        [DATASET.model_copy(update={"title": f"{DATASET.title} {n // 2}"}) for n in range(30)], Beside(more=True)
    ),
    "dataset_list_empty": lambda: data_messages.listing([]),
    "dataset_show": lambda: data_messages.shown(DATASET),
    "experiment_list": lambda: experiment_messages.listing([EXPERIMENT]),
    "experiment_list_empty": lambda: experiment_messages.listing([]),
    **{f"card_{state.lower()}": (lambda state=state: card(state)) for state in State},
    "card_waiting_in_line": lambda: card(State.QUEUED, queue_ahead=3),
    "card_progress": lambda: card(State.RUNNING, progress=PROGRESS),
    "card_preview": lambda: card(
        State.RUNNING, progress={**PROGRESS, "trainer": "native"}, changes={"trainer": "both"}
    ),
    "card_robyn_starting": lambda: card(
        State.RUNNING, progress={"phase": "starting", "trainer": "robyn"}, changes={"trainer": "both"}
    ),
    "card_quiet": lambda: card(State.RUNNING, progress={**PROGRESS, **signed(beat=0, news=12)}),
    "card_lost": lambda: card(State.RUNNING, progress={**PROGRESS, **signed(beat=9, news=12)}),
    "card_stopping": lambda: card(State.RUNNING, progress=PROGRESS, stopping=True),
    "card_failed_why": lambda: card(State.FAILED, changes={"reason": "Out of memory.", "todo": "Choose fewer trials."}),
    "card_waiting_for_room": lambda: card(
        State.STAGED,
        changes={
            "waiting": "Cloud Run has no room for the training right now. Cloud Run says: “<Quota> exceeded & so on.”"
        },
    ),
    "card_waiting_for_its_machine": lambda: card(
        State.LAUNCHING,
        changes={"waiting": "The training waits for its machine. Cloud Run says: “Waiting for resources.”"},
    ),
    "card_usable": lambda: card(State.SUCCEEDED, changes=judged("usable", "Usable: act on <TV>.")),
    "card_usable_with_care": lambda: card(
        State.SUCCEEDED, changes=judged("usable with care", "Usable with care: test TV first."), experiment=QUICK
    ),
    "card_of_a_short_run_whose_verdict_asks_for_no_longer_one": lambda: card(
        State.SUCCEEDED,
        changes={**judged("do not use", "Do not use this model to move money."), "preview": False},
        experiment=QUICK,
    ),
    "card_not_to_be_used": lambda: card(
        State.SUCCEEDED, changes=judged("do not use", "Do not use this model to move money.")
    ),
    "card_stopping_by_somebody": lambda: card(State.RUNNING, stopping=True, stopped_by="U0BEN"),
    "card_second_attempt": lambda: card(State.LAUNCHING, changes={"attempt": 2}),
    "run_failed": lambda: run_messages.failed(
        run(State.FAILED, reason="It broke.", todo="Try again.", reference="a1b2c3")
    ),
    "run_failed_after_preview": lambda: run_messages.failed(
        run(State.FAILED, trainer="both", reason="The training ran out of memory.", todo="Choose fewer trials."),
        preview=True,
    ),
    "run_cancelled_after_preview": lambda: run_messages.cancelled(
        run(State.CANCELLED, trainer="both", **STOPPED), preview=True
    ),
    "run_cancelled": lambda: run_messages.cancelled(run(State.CANCELLED, **STOPPED)),
    "run_cancelled_by_its_owner": lambda: run_messages.cancelled(
        run(State.CANCELLED, stopped_by="U0ANA", reason="Stopped by <@U0ANA>.")
    ),
    "run_cancelled_elsewhere": lambda: run_messages.cancelled(run(State.CANCELLED, **STOPPED_ELSEWHERE)),
    "run_stopped": lambda: run_messages.stopped_for_you(run(State.CANCELLED, **STOPPED), DATASET.title),
    "run_stopped_elsewhere": lambda: run_messages.stopped_for_you(
        run(State.CANCELLED, **STOPPED_ELSEWHERE), DATASET.title
    ),
    "run_retried": lambda: run_messages.retried(run(State.STAGED, attempt=2), "The container was killed."),
    "run_list": lambda: run_messages.listing([run(State.SUCCEEDED), run(State.RUNNING, id="r0000001")], AT),
    "run_list_judged": lambda: run_messages.listing(
        [run(State.SUCCEEDED, **judged(level, "")) for level in ("usable", "usable with care", "do not use")], AT
    ),
    "run_list_mine": lambda: run_messages.listing([run(State.RUNNING)], AT, mine=True),
    "run_list_mine_so_far": lambda: run_messages.listing([run(State.SUCCEEDED)], AT, Beside(looked=990), mine=True),
    "run_list_mine_empty": lambda: run_messages.listing([], AT, mine=True),
    "run_list_mine_none_so_far": lambda: run_messages.listing([], AT, Beside(looked=990), mine=True),
    "run_list_all_open": lambda: run_messages.listing(
        [run(State.RUNNING, id=f"r000000{n}") for n in range(9)], AT, Beside(more=True)
    ),
    "run_list_empty": lambda: run_messages.listing([], AT),
    "run_over_already": lambda: run_messages.over_already(run(State.SUCCEEDED)),
    "run_over_already_stopped": lambda: run_messages.over_already(run(State.CANCELLED, **STOPPED)),
    "run_stopping": lambda: run_messages.stopping(RUN, before=False),
    "run_stopping_already": lambda: run_messages.stopping(RUN, before=True, who="U0BEN"),
    "runs_again": lambda: experiment_messages.runs_again(EXPERIMENT, RUN, None),
    "runs_again_the_same": lambda: experiment_messages.runs_again(
        QUICK_EXPERIMENT, RUN, run(State.SUCCEEDED, id="r0000001")
    ),
    "variant_standard": lambda: experiment_messages.variant_runs(
        QUICK_EXPERIMENT, EXPERIMENT.model_copy(update={"revision": "FR_2"}), RUN, "about 2 minutes"
    ),
    "variant_seed": lambda: experiment_messages.variant_runs(
        EXPERIMENT, EXPERIMENT.model_copy(update={"revision": "FR_2", "seed": 124}), RUN, ""
    ),
    "variant_trains_already": lambda: experiment_messages.variant_is_there(EXPERIMENT, run(State.RUNNING)),
    "variant_is_done_already": lambda: experiment_messages.variant_is_there(
        EXPERIMENT, run(State.SUCCEEDED, **judged("usable", "Usable."))
    ),
    "no_results_yet": lambda: asked.no_results(run(State.RUNNING)),
    "no_results_stopped": lambda: asked.no_results(run(State.CANCELLED, **STOPPED)),
    "no_results_failed": lambda: asked.no_results(run(State.FAILED, reason="It broke <b>.", todo="Try again.")),
    "results_while_another_trains": lambda: later(run(State.RUNNING, id="r0000001")),
    "results_before_a_failure": lambda: later(run(State.FAILED, id="r0000001")),
    "verdict": verdict,
    "verdict_without_new_blocks": simpler_verdict,
    "verdict_whose_picture_follows": lambda: told(head(), {"ranges": ""}),
    "verdict_without_its_picture": lambda: told(head(), {"ranges": "this workspace has no room left for files"}),
    "verdict_doubtful": lambda: verdict(**DOUBTFUL),
    "verdict_doubtful_without_new_blocks": lambda: simpler_verdict(**DOUBTFUL),
    "verdict_data_doubted": lambda: verdict(findings=DATA_DOUBTS),
    "verdict_usable": lambda: told(head(), more_charts=5),
    "verdict_usable_with_care": lambda: told(RICH, more_charts=5),
    "verdict_usable_with_care_without_new_blocks": lambda: simpler(told(RICH, more_charts=5)),
    "verdict_not_to_be_used": lambda: told(head(rsq=0.3, budgets=(shift(),)), more_charts=5),
    "verdict_of_a_quick_run": lambda: told(
        head(iterations=200, trials=3, budgets=(shift(),), chains=UNSETTLED), more_charts=5
    ),
    "verdict_keep_the_split": lambda: told(head(budgets=(shift(**KEPT),))),
    "verdict_of_forty_channels": lambda: told(WIDE_HEAD, more_charts=5),
    "verdict_of_forty_channels_without_new_blocks": lambda: simpler(told(WIDE_HEAD, more_charts=5)),
    "verdict_of_an_earlier_release": earlier_verdict,
    "verdict_conversions": lambda: verdict(dep_var_type="conversion", dep_var="orders"),
    "preview": previewed,
    "preview_without_new_blocks": lambda: simpler(previewed()),
    "preview_charts": lambda: result_messages.more_charts(
        RUN, [{"name": "fit", "title": "It follows", "alt": "Line chart."}], {"fit": "F2"}, preview=True
    ),
    "second_opinion": second_opinion,
    "second_opinion_without_new_blocks": lambda: simpler(second_opinion()),
    "second_opinion_of_two_methods": two_methods,
    "second_opinion_of_two_methods_without_new_blocks": lambda: simpler(two_methods()),
    "second_opinion_unverified": lambda: second_opinion(verification=None, unverified="There is no Rscript."),
    "second_opinion_missing": lambda: second_opinion(
        channels=(), verification=None, missing="The preview failed: It ran out of memory."
    ),
    "more_charts": lambda: result_messages.more_charts(
        RUN, [{"name": "front", "title": "Fit against shares", "alt": "Dots."}], {"front": "F3"}, asked=True
    ),
    "more_charts_come": lambda: asked.charts_come(RUN, 5),
    "more_charts_are_there": lambda: asked.charts_are_there(RUN),
    "more_charts_none": lambda: asked.no_more_charts(RUN),
    "charts": lambda: result_messages.more_charts(
        RUN, [{"name": "fit", "title": "It follows", "alt": "Line chart."}], {"fit": "F2"}
    ),
}
FORM = {"preset": "quick", "channel": "C0MARKETING"}
VIEWS: dict[str, Callable[[], dict[str, Any]]] = {
    "form_source_csv": lambda: data_modals.source_form(kind="csv", channel="C0MARKETING", warehouse=True, opened_at=AT),
    "form_source_table": lambda: data_modals.source_form(
        kind="table", channel="C0MARKETING", warehouse=True, opened_at=AT, country="fr"
    ),
    "form_source_select": lambda: data_modals.source_form(
        kind="select", channel="C0MARKETING", warehouse=True, opened_at=AT
    ),
    "form_source_no_warehouse": lambda: data_modals.source_form(kind="csv", channel="", warehouse=False, opened_at=AT),
    "form_mapping": lambda: mapping_form.mapping_form(DRAFT, guess(COLUMNS, "fr")),
    "form_mapping_many_columns": lambda: mapping_form.mapping_form(WIDE, MAPPING),
    "form_mapping_with_findings": lambda: mapping_form.mapping_form(
        DRAFT.model_copy(update={**ASKED, "columns": DOUBTED, "findings": (NOTE, SHEETS, MARK), "interval": "week"}),
        guess(DOUBTED, "fr"),
    ),
    "form_mapping_daily": lambda: mapping_form.mapping_form(DRAFT.model_copy(update={"interval": "day"}), MAPPING),
    "form_source_replaced_table": lambda: data_modals.source_form(
        kind="table",
        channel="C0MARKETING",
        warehouse=True,
        opened_at=AT,
        title="Spring",
        country="fr",
        table="MMM.MARKETING.DAILY",
    ),
    "form_source_replaced_select": lambda: data_modals.source_form(
        kind="select",
        channel="C0MARKETING",
        warehouse=True,
        opened_at=AT,
        title="Spring",
        country="fr",
        sql="SELECT date, tv FROM t",
    ),
    "form_failed_with_ways_on": lambda: data_modals.failed(
        "The file is empty.", "Export it again.", ways_on=data_messages.after_failure(DRAFT, ERROR)
    ),
    "form_failed_select": lambda: data_modals.failed(
        "The warehouse does not answer.",
        "Try again.",
        ways_on=data_messages.after_failure(SELECT, {**ERROR, "again": True}),
    ),
    "form_loading": lambda: data_modals.loading("Reading …"),
    "form_failed": lambda: data_modals.failed("The file is empty.", "Export it again."),
    "form_experiment": lambda: experiment_modals.experiment_form(
        dataset=DATASET, values=FORM, trainers=("native",), more=False, estimate="Takes under a minute."
    ),
    "form_experiment_custom_more": lambda: experiment_modals.experiment_form(
        dataset=DATASET,
        values={**FORM, "preset": "custom"},
        trainers=("native", "robyn"),
        more=True,
        cautions=("40 weeks are little.",),
    ),
    "form_experiment_weekday_off": lambda: experiment_modals.experiment_form(
        dataset=DATASET,
        values=FORM,
        trainers=("native",),
        more=False,
        cautions=("“REVENUE” follows the day of the week, and Day of the week is off.",),
        weekday_off=True,
    ),
    "details": lambda: details_view(run(State.SUCCEEDED), found(RICH, details=DETAILS, second_opinion=opinion())),
    "details_of_forty_channels": lambda: details_view(run(State.SUCCEEDED), found(WIDE_HEAD, details=DETAILS)),
    "details_of_an_earlier_release": lambda: details_view(run(State.SUCCEEDED), read_found(of_earlier_release())),
    "terms": lambda: terms_view(told(RICH)),
    "form_source_one_file": lambda: data_modals.source_form(
        kind="csv", channel="C0MARKETING", warehouse=False, opened_at=AT, dropped=[Choice("F1", "spend <b>.csv")]
    ),
    "form_source_two_files": lambda: data_modals.source_form(
        kind="csv",
        channel="C0MARKETING",
        warehouse=False,
        opened_at=AT,
        dropped=[Choice("F1", "spend.csv"), Choice("F2", "plan.csv")],
    ),
    "form_no_dataset": experiment_modals.no_dataset_form,
    "form_started": lambda: experiment_modals.started("FR_1", "r3f9a2c1", "C0MARKETING"),
    "form_started_with_cautions": lambda: experiment_modals.started(
        "FR_1",
        "r3f9a2c1",
        "C0MARKETING",
        ("“PROMO_FLAG” never changes from 2024-01-01 to 2024-12-23: it is left out.",),
    ),
    "home": lambda: home.home(
        "U0ANA", [run(State.SUCCEEDED), run(State.RUNNING), run(State.FAILED, who="U0BEN", reason="x")], [DATASET], AT
    ),
    "home_empty": lambda: home.home("U0ANA", [], [], AT),
    "home_goes_on": lambda: home.home(
        "U0ANA",
        [run(State.SUCCEEDED, id=f"r{n:07d}", who=("U0ANA", "U0BEN")[n % 2]) for n in range(60)],
        [DATASET],
        AT,
        Beside(more=True),
        Beside(more=True),
    ),
    "home_of_others": lambda: home.home(
        "U0ANA", [run(State.SUCCEEDED, who="U0BEN")] * 9, [DATASET], AT, Beside(more=True)
    ),
}


def check_golden(name: str, drawn: Any) -> None:
    path = FOLDER / f"{name}.json"
    text = json.dumps(drawn, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"there is no golden file for {name}"
    assert json.loads(path.read_text()) == json.loads(text)


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_agreed_and_slack_takes_it(name: str) -> None:
    message = MESSAGES[name]()
    text, blocks = fit_message(message.text, message.blocks)
    check_message(json.loads(json.dumps(blocks)), lambda _: True)
    assert text.strip()
    assert "<b>" not in str(blocks), "text from people must be escaped"
    check_golden(name, {"text": text, "blocks": blocks})


@pytest.mark.parametrize("name", VIEWS)
def test_view_is_as_agreed_and_slack_takes_it(name: str) -> None:
    view = fit_view(VIEWS[name]())
    check_view(json.loads(json.dumps(view)), lambda _: True)
    check_golden(name, view)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*MESSAGES, *VIEWS}
