"""*Details*: what few people ask of a result, whole: how well it fits, how it was found, every note."""

from collections.abc import Iterable, Iterator, Mapping

from bot.slack.blocks import bullets, context, escape, header, section
from bot.slack.form import View, modal
from bot.slack.limits import VIEW_BLOCKS, Block
from bot.slack.paging import packed
from engine.labels import label, listed
from engine.number_words import counted, percent, short, span
from engine.results.budgets import advice, basis, next_unit
from engine.results.details import Details
from engine.results.effects import shows_effect
from engine.results.found import Found
from engine.results.headline import Headline, Spread
from engine.results.second_opinion import check_in_detail
from engine.results.wording import varied
from engine.runs.run import Run

TITLE = "Details"
KINDS = {"geometric": "geometric", "delayed": "delayed", "weibull_cdf": "Weibull (cdf)", "weibull_pdf": "Weibull (pdf)"}
SEARCHES = {"nevergrad": "Robyn's search", "fast": "the fast search"}
SCENARIOS = {"max_response": "Most response for the money", "target_efficiency": "A target"}
# Chances below this are not told apart.
RARE = 0.01
# Kinds of adstock that weigh less are not told.
SHOWN = 0.005
Part = tuple[str, Iterable[str]]


def details_view(run: Run, found: Found) -> View:
    """All of it in one modal, cut at whole lines where even that is full."""
    blocks: list[Block] = []
    for title, lines in _parts(found):
        texts = packed(bullets([line]) for line in lines if line)
        blocks += [header(title), *(section(text) for text in texts)] if texts else []
    room = VIEW_BLOCKS - 2
    left_out = [context("There is more than fits here: it is in the result's files.")] if len(blocks) > room else []
    note = context(f"Run `{run.id}` of {escape(run.revision)}. *What is this?* under the result explains the terms.")
    return modal("run_details", TITLE, [*blocks[:room], *left_out, note])


def _parts(found: Found) -> Iterator[Part]:
    head, kept = found.headline, found.details
    yield "How well it fits", _fit(head)
    yield "Each channel", _channels(found)
    yield "How the answer was found", _search(head, kept)
    yield "How sure the estimate is", _chains(head)
    yield "Carryover", _adstocks(kept.adstocks)
    yield "Odd periods", _odd(head)
    yield "Budgets", _budgets(head)
    yield "Second opinion", [escape(check_in_detail(found.second_opinion))] if found.second_opinion else []
    yield "Notes", [escape(note) for note in kept.notes]
    yield "What the forecast assumes", [escape(note) for note in kept.forecast_notes]


def _fit(head: Headline) -> Iterator[str]:
    yield f"R² {head.rsq:.3f} (adjusted), NRMSE {head.nrmse:.3f}, DECOMP.RSSD {head.rssd:.3f}"
    tested = head.backtest
    if tested is not None and tested.nrmse is not None:
        naive = "" if tested.naive is None else f"; last year's value or a plain guess: {tested.naive:.3f}"
        bias = (
            ""
            if tested.bias is None
            else f"; on average {percent(abs(tested.bias))} of the KPI too {_side(tested.bias)}"
        )
        times = f"told {counted(tested.folds, 'time')}, {counted(tested.horizon, head.interval)} ahead"
        yield f"On {head.interval}s it had not seen ({times}): NRMSE {tested.nrmse:.3f}{naive}{bias}"
    if head.lift_miss is not None:
        yield f"Off by {percent(head.lift_miss)} from what the lift tests measured"


def _side(bias: float) -> str:
    return "high" if bias > 0 else "low"


def _channels(found: Found) -> Iterator[str]:
    head, calls = found.headline, {one.channel: one for one in found.verdict.calls}
    for one in head.channels:
        call = calls.get(one.channel)
        told = [call.reason if call else "", f"{next_unit(one, head)}."]
        if one.prior_share is not None and shows_effect(one):
            told.append(f"From the data: {percent(1 - one.prior_share)}.")
        if one.no_effect is not None:
            chance = "less than 1 %" if one.no_effect < RARE else percent(one.no_effect)
            told.append(f"Chance that it brings next to nothing: {chance}.")
        # What its own range is taken over stands in the table.
        told += [_spread(spread, head) for spread in one.spreads if spread.over != head.range_over]
        what = f" ({call.call})" if call else ""
        yield f"*{escape(head.called(one.channel))}*{what}: {escape(' '.join(part for part in told if part))}"


def _spread(one: Spread, head: Headline) -> str:
    if one.low is None:
        return ""
    return f"{head.measure} over {one.n:,} {varied(one.over)}: {span(one.low, one.high)}."


def _search(head: Headline, kept: Details) -> Iterator[str]:
    by = SEARCHES.get(kept.search, kept.search)
    tried = f"{head.iterations} × {head.trials} iterations × trials" + (f" by {by}" if by else "")
    seed = "" if kept.seed is None else f", seed {kept.seed}"
    yield f"Model `{escape(head.model)}`, of {counted(head.candidates, 'candidate')}; {tried}{seed}"
    if kept.rule:
        groups = f" {counted(kept.clusters, 'group')} of similar models." if kept.clusters > 1 else ""
        yield f"How it was chosen: {escape(kept.rule)}.{groups}".replace("..", ".")
    yield f"Ranges over {head.near_tied:,} {escape(varied(head.range_over))}"
    yield from (escape(sentence) for sentence in kept.objectives)
    if head.agreement is not None:
        yield f"The trials order {percent(head.agreement)} of the pairs of channels alike"
    if kept.seconds is not None:
        yield f"It took {short(round(kept.seconds))} s"


def _chains(head: Headline) -> Iterator[str]:
    chains = head.chains
    if chains is not None:
        worst = f", worst for {escape(head.called(chains.worst))}" if chains.worst else ""
        good = "at rest" if chains.good else "not at rest: the ranges are widened"
        yield f"{counted(chains.chains, 'chain')}, {counted(chains.draws, 'draw')} kept: {good}"
        yield f"R-hat {chains.rhat:.3f}{worst}; ESS {chains.ess_bulk:,.0f} (bulk), {chains.ess_tail:,.0f} (tail)"
    for edge in head.edges:
        end = "highest" if edge.end == "high" else "lowest"
        channel = escape(head.called(edge.channel))
        yield f"{channel}: {percent(edge.share)} of draws put its {edge.parameter} at the {end} that was looked at"
    if head.indistinct:
        pairs = "; ".join(escape(listed([head.called(name) for name in pair])) for pair in head.indistinct)
        yield f"Channels that share credit: {pairs}"


def _adstocks(weights: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for medium, kinds in weights.items():
        ranked = sorted(((name, share) for name, share in kinds.items() if share >= SHOWN), key=lambda kind: -kind[1])
        told = ", ".join(f"{KINDS.get(name, name)} {percent(weight)}" for name, weight in ranked)
        yield f"*{escape(label(medium))}*: {told}"


def _odd(head: Headline) -> Iterator[str]:
    for one in head.odd_periods:
        side = "more" if one.miss > 0 else "less"
        weight = f"counts {one.weight:.2g} of a usual one"
        yield f"{one.ds}: {short(abs(one.miss))} {side} than the model expects; {weight}"


def _budgets(head: Headline) -> Iterator[str]:
    for plan in head.budgets:
        notes = " ".join(plan.asked.notes)
        asked = SCENARIOS.get(plan.asked.scenario, plan.asked.scenario)
        yield escape(f"{asked}: {advice(plan, head)} {basis(plan, head)} {notes}".strip())
