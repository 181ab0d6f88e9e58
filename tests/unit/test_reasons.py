"""Every reason of a verdict: said where its condition holds, not said where it does not."""

import pytest

from engine.data.dataset import Finding
from engine.results.headline import Headline
from engine.results.reasons.reason import Level
from engine.results.summary import Chains, Edge, OddPeriod
from engine.results.verdict import SHOWN, judge
from tests.heads import GOOD_CHAINS, backtest, by_robyn, each, every, head, one, stretches

APART = Chains(rhat=1.5, ess_bulk=9, ess_tail=9, chains=4, draws=2000, good=False, worst="search_S")
LATE = Edge(channel="tv_S", parameter="carryover", end="high", share=0.6)
SHORT = LATE.model_copy(update={"end": "low"})
ODD = OddPeriod(ds="2023-11-20", miss=41_000.0, weight=0.1)
BLAMED = (("tv_S", "search_S"),)


def doubt(code: str, column: str = "", text: str = "Something is odd.", **more: str) -> Finding:
    return Finding(code=code, grade="REVIEW", column=column, text=text, trust=True, **more)


LEAK = doubt("driver.leakage", "carts", "“carts” is nearly the KPI itself (r = 0.991).")
PAID_LEAK = doubt("driver.leakage", "tv_S", "“tv_S” is nearly the KPI itself (r = 0.985).")
WEEKDAY = doubt(
    "kpi.weekday",
    text="“revenue” follows the day of the week (82 % of its ups and downs within a week), and the model does not "
    "know it.",
    remedy="Turn “Day of the week” on (`weekday` among `prophet_vars`).",
)
NEGATIVE = doubt(
    "kpi.negative", "revenue", "The KPI “revenue” is negative in 3 weeks, down to -1,200.00.", where="2023-05-01",
    remedy="Book refunds in the period of the sale.",
)  # fmt: skip
SPAN = doubt("rows.span", text="40 weeks are less than two years.")

Row = tuple[Headline, Level, str, Headline]
# By name: a run of which it is so, the level, words of it, and a run of which it is nearly so.
ROWS: dict[str, Row] = {
    "fit.low": (head(rsq=0.6), Level.CARE, "explains 60 % of the ups and downs of revenue", head(rsq=0.7)),
    "fit.low, odd": (
        head(rsq=0.3, rsq_usual=0.62), Level.CARE, "explains 62 % of the ups and downs of revenue, its odd weeks aside",
        head(rsq=0.3, rsq_usual=0.8),
    ),
    "fit.low, far": (head(rsq=0.3), Level.NOT, "explains 30 % of the ups and downs", head(rsq=0.7)),
    "fit.low, nothing": (head(rsq=-0.1), Level.NOT, "explains nothing of the ups and downs", head(rsq=0.7)),
    "fit.off": (head(nrmse=0.2), Level.CARE, "off by 20 % of the gap between the lowest", head(nrmse=0.15)),
    "fit.off, far": (head(nrmse=0.3), Level.NOT, "off by 30 % of the gap", head(nrmse=0.15)),
    "fit.short": (head(periods=40), Level.CARE, "rests on 40 weeks of data only", head(periods=52)),
    "fit.short, one": (head(periods=1), Level.NOT, "rests on 1 week of data only", head(periods=52)),
    "unseen.worse": (
        head(backtest=backtest(0.2, 0.15)), Level.CARE, "had not seen, it was 1.3 times as far off as last year's",
        head(backtest=backtest(0.16, 0.15)),
    ),
    "unseen.worse, far": (
        head(backtest=backtest(0.4, 0.15)), Level.NOT, "was 2.7 times as far off as last year's",
        head(backtest=backtest(None, None)),
    ),
    "unseen.worse, short": (
        head(backtest=backtest(0.2, 0.15), periods=60), Level.CARE, "as far off as a plain guess", head(periods=60),
    ),
    "unseen.broken": (
        head(backtest=stretches(0.07, 0.04, 0.06, 0.6)), Level.CARE,
        "changed about 2023-04-02: a forecast of revenue for the weeks from then on was 10 times as far off as usual",
        head(backtest=stretches(0.07, 0.04, 0.06, 0.2)),
    ),
    "unseen.broken, once": (
        head(backtest=stretches(0.07, 0.5, 0.06)), Level.CARE, "changed about 2023-02-02",
        head(backtest=stretches(0.2, 0.3, 0.25, 0.4)),
    ),
    "unseen.broken, few": (
        head(backtest=stretches(0.0, 0.0, 0.5)), Level.CARE, "from then on was far off",
        head(backtest=stretches(0.05, 0.5)),
    ),
    "lift.none": (head(), Level.USABLE, "Not checked against an experiment", head(lift_miss=0.1)),
    "lift.off": (head(lift_miss=0.35), Level.CARE, "off by 35 % from what the lift", head(lift_miss=0.2)),
    "lift.off, far": (head(lift_miss=1.5), Level.NOT, "off by 150 % from", head(lift_miss=0.2)),
    "media.none": (
        head(channels=every(effect=0.0, efficiency=None)), Level.NOT, "No paid channel shows any effect",
        head(channels=one("tv_S", effect=0.0, efficiency=None)),
    ),
    "media.all": (head(media_share=0.9), Level.CARE, "explain 90 % of revenue, which is hard", head(media_share=0.85)),
    "media.all, far": (head(media_share=0.97), Level.NOT, "explain 97 % of revenue", head(media_share=0.85)),
    "parts.cancel": (
        head(baseline={"trend": 1.25, "holiday": -0.56, "(Intercept)": 0.1}), Level.CARE,
        "cancel each other out to a degree that is hard to believe: trend 125 % and holiday -56 %",
        head(baseline={"trend": 0.8, "season": -0.2}),
    ),
    "parts.cancel, below all": (
        head(baseline={"(Intercept)": 0.9, "price": -0.4}), Level.CARE, "the base 90 % and price -40 %",
        head(baseline={"(Intercept)": 0.9, "price": -0.3}),
    ),
    "parts.cancel, many small": (
        head(baseline={"(Intercept)": 0.95, "a": -0.15, "b": -0.1, "c": -0.2}), Level.CARE, "the base 95 % and c",
        head(baseline={"(Intercept)": 0.95, "a": -0.05, "b": -0.1, "c": -0.1}),
    ),
    "parts.cancel, of one level": (
        head(baseline={"trend": 1.6, "(Intercept)": -0.1, "holiday": -0.56}), Level.CARE, "trend 150 % and holiday",
        head(baseline={"trend": 1.0, "(Intercept)": -0.6, "holiday": -0.1}),
    ),
    "parts.beyond": (
        head(baseline={"trend": 1.15, "season": -0.2}), Level.CARE, "larger than all of revenue",
        head(baseline={"trend": 1.04, "season": -0.1}),
    ),
    "parts.beyond, organic": (
        head(baseline={}, organic={"newsletter": 1.1}), Level.CARE, "hard to believe: Newsletter 110 %", head(),
    ),
    "data.leak": (
        head(doubts=(LEAK,)), Level.CARE, "doubt: “carts” is nearly the KPI itself (r = 0.991). If it is", head(),
    ),
    "data.leak, paid": (head(doubts=(PAID_LEAK,)), Level.CARE, "If it is set by sales", head()),
    "data.leak, behind others": (
        head(doubts=(SPAN, NEGATIVE, SPAN.model_copy(update={"text": "Two."}), SPAN, LEAK)), Level.CARE,
        "then leave it out. There is 1 more such doubt, about the number of rows.", head(),
    ),
    "data.weekday": (head(doubts=(SPAN, SPAN, SPAN, WEEKDAY)), Level.CARE, "Turn “Day of the week” on", head()),
    "data.negative": (head(doubts=(NEGATIVE,)), Level.CARE, "down to -1,200.00 (2023-05-01). Book", head()),
    "data.doubt": (head(doubts=(SPAN,)), Level.CARE, "came with a doubt: 40 weeks", head(doubts=(SPAN,), periods=40)),
    "data.doubt, inflated": (
        head(doubts=(doubt("drivers.inflated", "tv_S"),)), Level.CARE, "doubt about “tv_S”: Something",
        head(doubts=(doubt("drivers.inflated", "tv_S"),), indistinct=BLAMED),
    ),
    "estimate.moving": (head(chains=APART), Level.CARE, "above all for Search", head(chains=GOOD_CHAINS)),
    "edge.carryover": (
        head(edges=(LATE,)), Level.CARE, "TV's carryover leans on the longest that was looked at: it may last longer",
        head(edges=(SHORT,)),
    ),
    "edge.short": (
        head(edges=(SHORT,)), Level.CARE, "TV's carryover leans on the shortest that was looked at: it may be shorter",
        head(edges=(LATE,)),
    ),
    "edge.delay": (
        head(edges=(LATE.model_copy(update={"parameter": "delay"}),)), Level.CARE, "the effect may come later", head(),
    ),
    "edge.saturation": (
        head(edges=(LATE.model_copy(update={"parameter": "saturation"}),)), Level.USABLE, "flattens with more spend",
        head(edges=(LATE,)),
    ),
    "odd.periods": (head(odd_periods=(ODD,)), Level.USABLE, "week of 2023-11-20 is odd: it is 41k above", head()),
    "odd.periods, many": (
        head(odd_periods=(ODD,) * 5), Level.USABLE, "5 weeks are odd and count little", head(odd_periods=()),
    ),
    "pairs.together": (
        head(indistinct=BLAMED, together=(("search_S", "tv_S"),)), Level.CARE,
        "TV and Search cannot be told apart: their spends rise and fall together", head(indistinct=BLAMED),
    ),
    "pairs.traded": (
        head(indistinct=BLAMED), Level.USABLE, "TV and Search share credit: what one brings more",
        head(indistinct=BLAMED, together=BLAMED),
    ),
    "pairs.traded, many": (
        head(indistinct=(*BLAMED, ("a", "b"), ("c", "d"), ("e", "f"))), Level.USABLE,
        "TV and Search; A and B; C and D; 1 more", head(),
    ),
    "calls.silent": (
        head(channels=every(prior_share=0.9)), Level.NOT, "silent on every channel",
        head(channels=one("tv_S", prior_share=0.9)),
    ),
    "calls.none": (
        head(channels=every(prior_share=0.6)), Level.CARE, "No channel is known well enough",
        head(channels=each({"tv_S": {"prior_share": 0.6}})),
    ),
    "calls.few": (
        head(channels=one("tv_S", prior_share=0.6)), Level.CARE, "What may be acted on is 42 % of spend",
        head(channels=one("search_S", prior_share=0.6)),
    ),
    "search.preview": (
        head(iterations=200, trials=3, chains=APART), Level.CARE, "preview: 200 × 3 models tried. Run Standard",
        head(iterations=200, trials=3, chains=GOOD_CHAINS),
    ),
    "search.improving": (by_robyn(converged=False), Level.CARE, "still improving", head(converged=False)),
    "robyn.far": (by_robyn(rssd=0.5), Level.CARE, "very differently from spend", head(rssd=0.5)),
    "robyn.rule": (by_robyn(), Level.CARE, "does not tell how sure any one channel's", head()),
    "robyn.rule, alike": (by_robyn(rssd=0.03), Level.CARE, "which Robyn's rule itself rewards", head(rssd=0.03)),
}  # fmt: skip


def code_of(row: str) -> str:
    return row.split(",")[0]


@pytest.mark.parametrize("row", ROWS)
def test_each_reason_is_said_where_it_is_so(row: str) -> None:
    weak, level, words, _ = ROWS[row]
    verdict = judge(weak)
    said = [text for code, text in zip(verdict.codes, verdict.reasons, strict=True) if code == code_of(row)]
    assert any(words in text for text in said)
    assert list(Level).index(verdict.level) >= list(Level).index(level)


@pytest.mark.parametrize("row", ROWS)
def test_no_reason_is_said_where_it_is_not_so(row: str) -> None:
    assert code_of(row) not in judge(ROWS[row][3]).codes


@pytest.mark.parametrize("row", [row for row in ROWS if not row.startswith(("calls", "edge"))])
def test_a_reason_alone_brings_its_own_level(row: str) -> None:
    weak, level, _, _ = ROWS[row]
    if set(judge(weak).codes) == {code_of(row), "lift.none"}:
        assert judge(weak).level is level


def test_how_little_may_be_acted_on_is_no_news_of_a_model_that_is_not_to_be_used() -> None:
    assert "calls.none" not in judge(head(channels=every(prior_share=0.6), rsq=0.2)).codes


@pytest.mark.parametrize("pair", [("tv_S", "search_S"), ("search_S", "tv_S")], ids=["one way", "the other"])
def test_no_sentence_says_together_of_spends_that_are_not(pair: tuple[str, str]) -> None:
    verdict = judge(head(indistinct=(pair,), together=(("tv_S", "facebook_I"),)))
    assert not any("together" in text for text in (*verdict.reasons, *(one.reason for one in verdict.calls)))


def test_chains_that_do_not_agree_are_told_among_however_many_reasons() -> None:
    weak = head(
        rsq=0.6, nrmse=0.2, periods=40, backtest=backtest(0.2, 0.15), lift_miss=0.5, media_share=0.9, chains=APART,
        doubts=(PAID_LEAK, WEEKDAY, NEGATIVE, SPAN),
    )  # fmt: skip
    assert len(judge(weak.model_copy(update={"chains": GOOD_CHAINS})).codes) == SHOWN
    assert "estimate.moving" in judge(weak).codes
