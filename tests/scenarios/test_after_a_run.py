"""What people do with a run: ask for more of it, run it longer or again, and stop each other's."""

from typing import Any

import pytest

from engine.experiment.records import read_experiment
from engine.runs.listed import list_runs
from engine.runs.run import Run, State
from local import workspace
from local.demo import dataset_from_csv, experiment
from local.sample import weekly_csv
from tests.stack import Stack

ANA, BEN, CHANNEL = workspace.ANA.id, workspace.BEN.id, workspace.MARKETING.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def card(product: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Ana's finished quick run FR_1: the ts of its card."""
    csv = tmp_path_factory.mktemp("csv") / "weekly.csv"
    csv.write_bytes(weekly_csv("FR"))
    dataset_from_csv(product.ana, csv, "Weekly France", "fr")
    told = experiment(product.ana, "Weekly France")
    ts = str(told["card"])
    # The card may be drawn a moment after the charts.
    product.ana.wait(lambda: "Done" in str(thread(product, ts)[0]["blocks"]) or None, "the card of a run that is done")
    return ts


def thread(product: Stack, ts: str) -> list[Json]:
    return product.ana.thread(CHANNEL, ts)


def runs_of(product: Stack, revision: str) -> list[Run]:
    return [run for run in list_runs(product.cloud.storage) if run.revision == revision]


def verdict_of(product: Stack, ts: str) -> Json:
    return next(reply for reply in thread(product, ts)[1:] if reply["text"].startswith("FR_1: "))


def buttons(message: Json) -> list[str]:
    return [one["action_id"] for block in message["blocks"] for one in block.get("elements", []) if "action_id" in one]


def newest(product: Stack) -> str:
    return str(product.ana.messages(CHANNEL)[-1]["ts"])


def test_the_card_shows_the_verdict_the_dataset_and_the_owner(product: Stack, card: str) -> None:
    [run] = runs_of(product, "FR_1")
    shown = thread(product, card)[0]
    first, sentence, facts, _ = shown["blocks"]
    assert run.verdict and f"*Done, {run.verdict}*" in first["text"]["text"]
    assert "white_check_mark" not in str(shown) and "Weekly France" in first["text"]["text"]
    assert run.sentence and run.sentence.split(":")[0] in sentence["text"]["text"]
    assert f"<@{ANA}>" in facts["elements"][0]["text"]
    assert buttons(shown) == ["run_results", "experiment_standard", "experiment_seed", "experiment_run"]


def test_more_charts_are_posted_once_however_often_they_are_asked_for(product: Stack, card: str) -> None:
    ana, verdict = product.ana, verdict_of(product, card)
    since = newest(product)
    ana.press(CHANNEL, verdict, "run_more_charts")
    ana.wait_for_message(CHANNEL, "On it:", after=since)
    more = ana.wait(lambda: _more_charts(product, card), "more charts")
    assert [block["type"] for block in more[0]["blocks"]] == ["image"] * len(more[0]["blocks"])
    for again in (ana, product.ben):
        since = newest(product)
        again.press(CHANNEL, verdict, "run_more_charts")
        again.wait_for_message(CHANNEL, "in its thread already", after=since)
    assert len(_more_charts(product, card) or []) == 1


def _more_charts(product: Stack, card: str) -> list[Json] | None:
    return [one for one in thread(product, card) if one["text"].startswith("More charts of FR_1")] or None


def test_details_hold_what_the_thread_does_not_say(product: Stack, card: str) -> None:
    verdict = verdict_of(product, card)
    said = str([block for block in verdict["blocks"] if block["type"] != "image"]) + verdict["text"]
    assert not [word for word in ("NRMSE", "RSSD", "R-hat", "posterior", "0_1_1") if word in said]
    product.ana.press(CHANNEL, verdict, "run_details")
    view = str(product.ana.wait_for_view("run_details")["blocks"])
    assert all(word in view for word in ("R²", "NRMSE", "DECOMP.RSSD", "Model `", "seed 123"))


def test_what_is_this_begins_with_the_terms_of_the_message(product: Stack, card: str) -> None:
    product.ana.press(CHANNEL, verdict_of(product, card), "run_terms")
    here, first, elsewhere, *_ = product.ana.wait_for_view("run_terms")["blocks"]
    assert (here["text"]["text"], elsewhere["text"]["text"]) == ("In this result", "Elsewhere")
    assert "*ROAS*" in first["text"]["text"] and "*CPA*" not in first["text"]["text"]


def test_run_standard_makes_one_longer_run_whoever_presses(product: Stack, card: str) -> None:
    verdict, since = verdict_of(product, card), newest(product)
    product.ana.press(CHANNEL, verdict, "experiment_standard")
    told = product.ana.wait_for_message(CHANNEL, "runs as", after=since)
    assert "FR_1 at 2000 × 5" in str(told["blocks"])
    product.ben.press(CHANNEL, thread(product, card)[0], "experiment_standard")
    product.ben.wait_for_message(CHANNEL, "FR_2 is ", after=since)
    [run] = runs_of(product, "FR_2")
    made = read_experiment(product.cloud.storage, "FR_2")
    assert (run.who, made.preset, made.iterations, made.trials, made.seed) == (ANA, "standard", 2000, 5, 123)
    if not run.over:
        product.ana.type(CHANNEL, f"/mmm cancel {run.id}")
        product.ana.wait(lambda: runs_of(product, "FR_2")[0].over or None, "the end of the longer run")


def test_results_are_those_of_the_newest_finished_run_while_another_trains(product: Stack, card: str) -> None:
    ana, since = product.ana, newest(product)
    [first] = runs_of(product, "FR_1")
    ana.press(CHANNEL, thread(product, card)[0], "experiment_run")
    told = ana.wait_for_message(CHANNEL, "FR_1 runs again", after=since)
    assert "same data, settings and seed give the same answer" in str(told["blocks"])
    assert "experiment_seed" in str(told["blocks"])
    second = next(run for run in runs_of(product, "FR_1") if run.id != first.id)
    ana.type(CHANNEL, "/mmm results FR_1")
    shown = ana.wait_for_message(CHANNEL, "the newest that finished", after=since)
    assert f"`{second.id}`, is on its way" in str(shown["blocks"]) and first.id in str(shown["blocks"])
    product.ben.press(CHANNEL, _card_of(product, second), "run_cancel")
    ana.wait(lambda: runs_of(product, "FR_1")[0].over or None, "the end of the second run")


def _card_of(product: Stack, run: Run) -> Json:
    def there() -> Json | None:
        cards = [one for one in product.ana.messages(CHANNEL) if run.id in str(one.get("blocks"))]
        return next((one for one in cards if "run_cancel" in buttons(one)), None)

    return product.ana.wait(there, "the card of a run")


def test_who_stopped_a_run_is_told_and_kept_and_its_owner_hears_of_it(product: Stack, card: str) -> None:
    ana, ben, since = product.ana, product.ben, newest(product)
    ana.type(CHANNEL, "/mmm experiment new Weekly France")
    form = ana.wait_for_view("experiment_new")
    assert "trainer" not in [block["block_id"] for block in form["blocks"]], "there is one trainer only"
    assert ana.submit(form, preset="thorough", channel=CHANNEL)["ok"]
    going = ana.wait_for_message(CHANNEL, "Training", after=since)
    ben.press(CHANNEL, going, "run_cancel")
    reply = ana.wait(lambda: _reply(product, going["ts"], "was stopped"), "the word that it was stopped")
    assert f"of <@{ANA}> was stopped by <@{BEN}>" in str(reply["blocks"])
    [run] = [run for run in list_runs(product.cloud.storage) if run.stopped_by == BEN][:1]
    assert (run.state, run.who, run.reason) == (State.CANCELLED, ANA, f"Stopped by <@{BEN}>.")
    direct = ana.wait_for_message("D0ANA", "was stopped")
    assert f"<@{BEN}> stopped your run" in str(direct["blocks"])
    ana.wait(lambda: f"Stopped by <@{BEN}>" in str(thread(product, going["ts"])[0]["blocks"]) or None, "the card")


def _reply(product: Stack, ts: str, text: str) -> Json | None:
    return next((reply for reply in thread(product, ts)[1:] if text in reply["text"]), None)


def test_my_runs_are_those_that_i_started(product: Stack, card: str) -> None:
    since = newest(product)
    for person in (product.ben, product.ana):
        person.type(CHANNEL, "/mmm")
        person.press(CHANNEL, person.wait_for_message(CHANNEL, "Marketing Mix Models", after=since), "start_status")
    product.ben.wait_for_message(CHANNEL, "You have started no run yet", after=since)
    own = product.ana.wait_for_message(CHANNEL, "finished runs: ", after=since)
    assert "*My runs*" in str(own["blocks"])
