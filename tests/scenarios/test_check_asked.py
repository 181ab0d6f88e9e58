"""A check and a driver asked over signed HTTP: by whom, in private, twice, wrongly, and about odd data."""

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from bot.data.check_buttons import change_button
from bot.data.driver_messages import value as driver_value
from bot.service import create_app
from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipes import family_of, read_open
from local import workspace
from tests.checking import plain_weeks
from tests.kept_rows import keep_rows
from tests.slack_requests import command, deliver, interaction
from tests.stack import Stack

CHANNEL, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id
BEN = workspace.BEN.id
LONG = "n" * 1_990
Json = dict[str, Any]


def rows(**more: Any) -> pd.DataFrame:
    frame = plain_weeks().rename(columns={"date": "DATE"})
    frame["DATE"] = pd.to_datetime(frame.DATE).dt.date
    frame["video_cost"] = 1.19 * frame.tv_cost
    return frame.assign(**more)


def kept(product: Stack, ts: str, title: str, frame: pd.DataFrame | None = None, **changes: Any) -> Dataset:
    frame = rows() if frame is None else frame
    spends = tuple(str(name) for name in frame if str(name).endswith("_cost"))
    other = tuple(str(name) for name in frame if name not in ("DATE", "revenue", "event", "note", *spends))
    mapping = Mapping(date_var="DATE", dep_var="revenue", paid_media_spends=spends, context_vars=other)
    columns = tuple(
        Column.model_validate({"name": str(name), "type": _type(frame, str(name)), "distinct": 99}) for name in frame
    )
    shared = {"workspace": workspace.TEAM_ID, "who": workspace.ANA.id, "channel": CHANNEL, "interval": "week"}
    return keep_rows(
        product.cloud.storage, ts, title, frame, **shared | {"mapping": mapping, "columns": columns} | changes
    )


def _type(frame: pd.DataFrame, name: str) -> str:
    return "date" if name == "DATE" else "number" if pd.api.types.is_numeric_dtype(frame[name]) else "text"


@pytest.fixture(scope="module")
def tea(product: Stack) -> Dataset:
    return kept(product, "20260601T100000Z-tea1", "Green tea", rows(note=["a"] * 130, **{LONG: range(130)}))


def said(message: Json) -> str:
    return json.dumps(message.get("blocks", ""), ensure_ascii=False) + str(message.get("text", ""))


def everything(product: Stack, channel: str = CHANNEL) -> list[Json]:
    found = []
    for message in product.ana.messages(channel):
        found += product.ana.thread(channel, message["ts"]) if message.get("reply_count") else [message]
    return sorted(found, key=lambda one: str(one["ts"]))


def wait(product: Stack, check: Callable[[Json], bool], what: str, after: str = "", channel: str = CHANNEL) -> Json:
    return product.ana.wait(
        lambda: next((m for m in everything(product, channel) if m["ts"] > after and check(m)), None), what
    )


def now(product: Stack) -> str:
    return max((m["ts"] for m in everything(product)), default="")


def asked(product: Stack, typed: str, words: str) -> Json:
    after = now(product)
    product.ana.type(CHANNEL, f"/mmm {typed}")
    return wait(product, lambda m: words in said(m), words, after)


def recipe(product: Stack, dataset: Dataset, *, private: bool = False) -> Any:
    family = family_of(dataset, private=private)
    return read_open(product.cloud.storage, family, dataset).recipe


def press(product: Stack, who: str, button: Json, ts: str = "1.2", at: str = "1.0", **rules: Any) -> str:
    """A press as Slack sends it; returns what is answered at once."""
    app = create_app(product.settings.model_copy(update=rules), "bot", cloud=product.cloud)
    action = {**button, "block_id": "b", "action_ts": at, "type": "button"}
    payload = {"type": "block_actions", "actions": [action], "channel": {"id": CHANNEL}, "message": {"ts": ts}}
    payload |= {"container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL}, "user": {"id": who}}
    since = len(product.ana.transcript())
    assert deliver(app, interaction(trigger_id=product.slack.tickets.trigger(who), **payload)).status_code == 200
    calls = product.ana.transcript()[since:]
    return " ".join(json.dumps(c["args"], ensure_ascii=False) for c in calls if c["method"] == "chat.postEphemeral")


def leave_out(dataset: Dataset, column: str = "video_cost") -> Json:
    return change_button("Leave it out", dataset.id, "balanced", {"kind": "drop", "column": column, "reason": "a copy"})


def test_a_double_click_is_one_change_and_one_list(product: Stack, tea: Dataset) -> None:
    first = asked(product, "check Green tea", "“video_cost” is “tv_cost” times 1.19")
    after = now(product)
    button = leave_out(tea)
    assert "Done: leave out video_cost." in press(product, workspace.ANA.id, button, first["ts"], "7.1")
    assert "That is so already" in press(product, workspace.ANA.id, button, first["ts"], "7.2")
    wait(product, lambda m: "“video_cost” is left out: a copy" in said(m), "the list without it", after)
    assert recipe(product, tea).dropped == {"video_cost": "a copy"}
    lists = [m for m in everything(product) if m["ts"] > after and "check_columns" in said(m)]
    assert len(lists) == 1
    # Delivered again, it changes nothing and is answered nowhere else.
    press(product, workspace.ANA.id, button, first["ts"], "7.1")
    assert recipe(product, tea).dropped == {"video_cost": "a copy"}
    back = change_button("Take it back", tea.id, "balanced", {"kind": "keep", "column": "video_cost"})
    press(product, workspace.ANA.id, back, first["ts"], "8.1")
    assert recipe(product, tea).dropped == {}


def test_who_may_only_look_may_check_and_change_nothing(product: Stack, tea: Dataset) -> None:
    app = create_app(product.settings.model_copy(update={"role_default": "viewer"}), "bot", cloud=product.cloud)
    answer = deliver(app, command(product, "check Green tea", user_id=BEN))
    assert "On it" in answer.text
    before = recipe(product, tea)
    told = press(product, BEN, leave_out(tea), role_default="viewer")
    assert "may" in told and "nothing was changed" in told.lower()
    assert recipe(product, tea) == before
    none = create_app(product.settings.model_copy(update={"role_default": "none"}), "bot", cloud=product.cloud)
    refused = deliver(none, command(product, "check Green tea", user_id=BEN))
    assert "On it" not in refused.text


def test_private_data_are_told_to_the_person_alone_and_have_a_recipe_of_their_own(product: Stack, tea: Dataset) -> None:
    secret = kept(product, "20260602T100000Z-sec1", "Secret tea", channel=PRIVATE)
    since = len(product.ana.transcript())
    product.ana.type(CHANNEL, "/mmm check Secret tea")
    direct = product.ana.wait(
        lambda: next(
            (
                c
                for c in product.ana.transcript()[since:]
                if c["method"] == "chat.postMessage" and "Secret tea · DE" in str(c["args"].get("text"))
            ),
            None,
        ),
        "the list",
    )
    assert direct["args"]["channel"] not in (CHANNEL, PRIVATE)
    app = create_app(product.settings, "bot", cloud=product.cloud)
    hidden = deliver(app, command(product, "check Secret tea", user_id=BEN)).text
    ghost = deliver(app, command(product, "check Sacred tea", user_id=BEN)).text
    assert hidden.replace("Secret", "Sacred") == ghost and "There is no dataset" in hidden
    told = press(product, BEN, leave_out(secret))
    assert "There is no dataset" in told
    press(product, workspace.ANA.id, leave_out(secret), at="9.1")
    assert recipe(product, secret, private=True).dropped == {"video_cost": "a copy"}
    assert recipe(product, secret).dropped == {}, "nothing of it shows among what others make under the title"


BAD = [
    ("check Greem tee", "There is no dataset called “Greem tee”."),
    ("driver", "Which column of which dataset?"),
    ("driver Green tea", "Which column of *Green tea* · Germany?"),
    ("driver Green tea DE", "Which column of *Green tea* · Germany?"),
    ("driver Green tea in Germany", "Which column of *Green tea* · Germany?"),
    ("driver Green tea revenu", "There is no column “revenu”."),
    ("driver Green tea cost", "could be several columns"),
    ("driver Green tea 💥", "Which column of"),
    ("driver Green tea xqz", "Did you mean"),
    ("driver No tea at all tv", "There is no dataset"),
]


@pytest.mark.parametrize(("typed", "words"), BAD, ids=[one[0] for one in BAD])
def test_what_cannot_be_found_is_told_at_once_to_whoever_typed_it(
    product: Stack, tea: Dataset, typed: str, words: str
) -> None:
    app = create_app(product.settings, "bot", cloud=product.cloud)
    answer = deliver(app, command(product, typed))
    assert words in answer.json()["text"] + json.dumps(answer.json().get("blocks", ""), ensure_ascii=False)


FORGED = {
    "no json": "{",
    "no dataset": '{"p": "strict"}',
    "a list": '{"d": ["x"]}',
    "a column that is gone": json.dumps({"d": "@", "p": "strict", "k": "drop", "c": "gone", "v": "", "r": ""}),
    "an unknown change": json.dumps({"d": "@", "p": "strict", "k": "explode", "c": "tv_cost"}),
    "the goal": json.dumps({"d": "@", "p": "strict", "k": "drop", "c": "revenue", "v": "", "r": ""}),
    "a clip of words": json.dumps({"d": "@", "p": "strict", "k": "clip", "c": "tv_cost", "v": "much", "r": ""}),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=list(FORGED))
def test_a_button_that_is_none_of_ours_changes_nothing(product: Stack, tea: Dataset, forged: str) -> None:
    before = recipe(product, tea)
    button = {"action_id": "check_change:1", "value": forged.replace("@", tea.id)}
    told = press(product, workspace.ANA.id, button, at=f"{len(forged)}.1")
    assert "warning" in told
    assert recipe(product, tea) == before


@pytest.mark.streamlit("check-profiles")
def test_how_strict_to_be_is_chosen_behind_three_dots(product: Stack, tea: Dataset) -> None:
    first = asked(product, "check Green tea strict", "profile strict")
    after = now(product)
    lenient = json.dumps({"d": tea.id, "p": "lenient", "n": 0})
    product.ana.pick(CHANNEL, first, "check_profile", lenient)
    wait(product, lambda m: "profile lenient" in said(m), "the lenient list", after)


def test_without_a_name_the_newest_that_one_sees_is_checked(product: Stack, tea: Dataset) -> None:
    newest = kept(product, "20260603T100000Z-new1", "Newest tea")
    assert asked(product, "check", f"{newest.title} · DE")
    assert f"{newest.title} · DE" in said(asked(product, "check Lenient", "profile lenient"))


@pytest.mark.parametrize("column", ["tv_cost", LONG], ids=["a short name", "2,000 letters"])
def test_a_driver_is_shown_and_its_buttons_find_it_again(product: Stack, tea: Dataset, column: str) -> None:
    after = now(product)
    button = {"action_id": "dataset_driver:curve", "value": driver_value(tea.id, column, "curve")}
    press(product, workspace.ANA.id, button, at=f"{len(column)}.7")
    drawn = wait(product, lambda m: f"*{column[:40]}" in said(m) and "image" in said(m), "the driver", after)
    assert "not what one does to the other" in said(drawn)


def test_a_driver_of_text_and_the_goal_itself_are_refused_in_words(product: Stack, tea: Dataset) -> None:
    app = create_app(product.settings, "bot", cloud=product.cloud)
    note = deliver(app, command(product, "driver Green tea note")).json()["text"]
    assert note.startswith("“note” holds no numbers to compare.")
    goal = deliver(app, command(product, "driver Green tea revenue")).json()["text"]
    assert goal.startswith("“revenue” is the goal itself.")


ODD: dict[str, tuple[pd.DataFrame, str]] = {
    "a column without a value": (rows(price=[None] * 130).astype({"price": float}), "holds no value at all"),
    "very few rows": (rows()[:6], "cannot tell"),
    "odd names": (
        rows().rename(columns={"price": "<@U1> “quoted” & {brace}"}).assign(**{"💥": 1.0}),
        "“💥” never changes",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_data_are_told_not_tripped_over(product: Stack, name: str) -> None:
    frame, words = ODD[name]
    title = f"Odd {list(ODD).index(name)}"
    kept(product, f"20260604T100000Z-odd{list(ODD).index(name)}", title, frame)
    assert asked(product, f"check {title}", words)


@pytest.mark.streamlit("prepare-duplicates", "prepare-leading-zeros")
def test_copies_and_leading_zeros_are_told_and_a_press_makes_them_part_of_the_recipe(product: Stack) -> None:
    frame = rows()
    frame.loc[:11, ["tv_cost", "search_cost", "radio_cost", "video_cost"]] = 0.0
    late = kept(product, "20260605T100000Z-late", "Late tea", frame)
    first = asked(product, "check Late tea", "every paid and organic column is 0")
    assert "“video_cost” is “tv_cost” times 1.19" in said(first)
    for label, words in (
        ("Leave out video_cost", "“video_cost” is left out: a copy of tv_cost"),
        ("Begin on 2024-03-25", "Begin on 2024-03-25"),
    ):
        after = now(product)
        button = next(one for one in elements(first) if one["text"]["text"] == label)
        product.ana.press(CHANNEL, first, button["action_id"])
        second = wait(product, lambda m, words=words: ":heavy_check_mark: " + words in said(m), words, after)  # type: ignore[misc]
    assert "every paid and organic column is 0" not in said(second) and "times 1.19" not in said(second)
    made = recipe(product, late)
    assert made.dropped == {"video_cost": "a copy of tv_cost"} and f"{made.start}" == "2024-03-25"


def elements(message: Json) -> list[Json]:
    found = []
    for block in message["blocks"]:
        found += [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]
    return [one for one in found if one["type"] == "button"]


@pytest.mark.streamlit("prepare-exposures")
def test_the_exposure_that_follows_the_goal_most_is_named_per_spend_and_can_be_pressed(product: Stack) -> None:
    frame = rows()
    frame["tv_views"] = [float(7 * at % 11) for at in range(130)]
    frame["tv_grps"] = (frame.revenue - 3000) / 30
    mapping = Mapping(
        date_var="DATE",
        dep_var="revenue",
        paid_media_spends=("tv_cost", "search_cost", "radio_cost"),
        exposures={"tv_cost": "tv_views"},
        paid_media_mapping={"tv_cost": ("tv_views", "tv_grps")},
        context_vars=("price",),
    )
    shown = kept(product, "20260606T100000Z-expo", "Exposed tea", frame, mapping=mapping)
    first = asked(product, "check Exposed tea", "“tv_grps” follows the goal more than “tv_views”")
    product.ana.press(CHANNEL, first, "check_columns")
    table = wait(product, lambda m: "What follows the goal most, per spend" in said(m), "the columns", first["ts"])
    assert "tv_grps (in use: tv_views), ρ 1.00, R² 1.00" in said(table)
    button = next(one for one in elements(first) if one["text"]["text"] == "Use tv_grps")
    after = now(product)
    product.ana.press(CHANNEL, first, button["action_id"])
    wait(product, lambda m: "“tv_cost” is told by “tv_grps”" in said(m), "the next list", after)
    assert recipe(product, shown).exposures == {"tv_cost": "tv_grps"}


@pytest.mark.slow
def test_a_recipe_on_a_later_snapshot_tells_what_is_gone_and_what_is_new(product: Stack) -> None:
    before = kept(product, "20260607T100000Z-fam1", "Moving tea", rows(humidity=range(130)))
    press(product, workspace.ANA.id, leave_out(before), at="11.1")
    later = rows(sunshine=range(130)).drop(columns=["radio_cost"])
    after = kept(product, "20260608T100000Z-fam2", "Moving tea", later)
    first = asked(product, "check Moving tea", "The recipe uses “radio_cost”, which is gone from this snapshot")
    assert "“sunshine” plays a role here that the recipe does not know yet" in said(first)
    assert "“humidity”, which is gone" in said(first) and "“video_cost” is left out: a copy" in said(first)
    for label in ("Leave out radio_cost", "Leave out humidity", "Keep sunshine"):
        button = next(one for one in elements(first) if one["text"]["text"] == label)
        press(product, workspace.ANA.id, button, at=f"{len(label)}.3")
    made = recipe(product, after)
    assert set(made.dropped) == {"video_cost", "radio_cost", "humidity"} and "sunshine" in made.context_vars
    product.ana.type(CHANNEL, "/mmm check Moving tea")
    wait(
        product,
        lambda m: (
            "Moving tea · DE" in said(m) and "gone from this snapshot" not in said(m) and "know yet" not in said(m)
        ),
        "a list in which all of it is settled",
        first["ts"],
    )
    assert asked(product, "driver Moving tea sunshine", "*sunshine*")


@pytest.mark.slow
def test_many_findings_stand_in_pages_and_whole_in_a_file(product: Stack) -> None:
    frame = rows()
    for at in range(9):
        frame[f"channel{at}_cost"] = (at + 2.0) * frame.tv_cost
    kept(product, "20260609T100000Z-many", "Many teas", frame)
    first = asked(product, "check Many teas", "More findings (")
    total = int(said(first).split("Findings 1 to 8 of ")[1].split(".")[0])
    assert "All of them stand, whole, in the file below." in said(first)
    product.ana.wait(
        lambda: next((m for m in product.ana.thread(CHANNEL, first["ts"]) if m.get("files")), None), "the file"
    )
    product.ana.press(CHANNEL, first, "check_more")
    second = wait(product, lambda m: "more that the check found" in said(m), "the second page", first["ts"])
    assert f"Findings 9 to {min(16, total)} of {total}." in said(second)
