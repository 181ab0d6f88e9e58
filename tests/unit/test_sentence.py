"""The verdict's one sentence: each clause where it is so, and not where it is not."""

import pytest

from engine.number_words import counted, percents, times
from engine.results.headline import Headline
from engine.results.summary import Interval
from engine.results.verdict import judge
from engine.results.wording import media_explains, range_means
from tests.heads import by_robyn, each, every, head, one

MANY = tuple(
    one.model_copy(update={"channel": f"c{n}_S", "spend_share": 1 / 6}) for n in range(6) for one in head().channels[:1]
)
# By name: a run of which it is so, the clause, and a run of which it is nearly so.
ROWS: dict[str, tuple[Headline, str, Headline]] = {
    "sentence.usable": (head(), "Usable: act on TV, Facebook and Search.", head(rsq=0.6)),
    "sentence.care": (head(rsq=0.6), "Usable with care: act on TV, Facebook and Search.", head()),
    "sentence.not": (head(rsq=0.3), "Do not use this model to move money.", head(rsq=0.6)),
    "sentence.act": (
        head(channels=one("search_S", prior_share=0.9)), "act on TV and Facebook;",
        head(channels=every(prior_share=0.6)),
    ),
    "sentence.all": (head(channels=MANY), "act on all 6 channels.", head(channels=MANY[:4])),
    "sentence.test": (head(channels=one("search_S", prior_share=0.6)), "; test Search first.", head()),
    "sentence.none": (
        head(channels=one("search_S", low=0.1, high=1.5, efficiency=1.0)), "; no effect seen for Search.",
        head(channels=one("search_S", low=0.4, high=1.5, efficiency=1.0)),
    ),
    "sentence.silent": (
        head(channels=one("search_S", prior_share=0.9)), "; the data are silent on Search.",
        head(channels=one("search_S", prior_share=0.6)),
    ),
    "sentence.ahead": (
        head(), "Search returns most per unit of spend; paid media", head(channels=one("search_S", low=1.0)),
    ),
    "sentence.ahead, by Robyn's rule": (
        by_robyn(), "In this model, Search returns most per unit of spend; paid media",
        by_robyn(channels=one("search_S", low=1.0)),
    ),
    "sentence.media": (
        head(media_range=Interval(low=0.12, high=0.34)), "paid media explains 12 to 34 % of revenue.", head(),
    ),
    "sentence.about": (
        head(), "paid media explains about 38 % of revenue.", head(media_range=Interval(low=0.12, high=0.34)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_each_clause_is_said_where_it_is_so(row: str) -> None:
    assert ROWS[row][1] in judge(ROWS[row][0]).sentence


@pytest.mark.parametrize("row", ROWS)
def test_no_clause_is_said_where_it_is_not_so(row: str) -> None:
    assert ROWS[row][1] not in judge(ROWS[row][2]).sentence


def test_nobody_is_ahead_of_whom_there_is_no_other() -> None:
    assert "returns most" not in judge(head(channels=head().channels[:1])).sentence


def test_no_channel_that_may_bring_nothing_is_ahead() -> None:
    none = each({"search_S": {"no_effect": 0.7, "low": 3.0}})
    sentence = judge(head(channels=none)).sentence
    assert "no effect seen for Search" in sentence
    assert "Search returns most" not in sentence


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.12, 0.34, "12 to 34 %"),
        (0.021, 0.045, "2.1 to 4.5 %"),
        (0.06, 0.12, "6.0 to 12 %"),
        (0.12, 0.1204, "about 12 %"),
    ],
)
def test_a_range_of_shares_reads_as_one(low: float, high: float, words: str) -> None:
    assert percents(low, high) == words
    assert media_explains(head(media_range=Interval(low=low, high=high))) == f"paid media explains {words} of revenue"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 weeks"), (1, "1 week"), (2, "2 weeks"), (1200, "1,200 weeks")], ids=str
)
def test_singular_and_plural_are_right(number: int, words: str) -> None:
    assert counted(number, "week") == words


@pytest.mark.parametrize(("ratio", "words"), [(1.06, "1.1 times"), (2.0, "twice"), (12.4, "12 times")], ids=str)
def test_a_factor_reads_as_times(ratio: float, words: str) -> None:
    assert times(ratio) == words


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (head(), "nine of ten answers that fit the data lie between, as far as"),
        (by_robyn(), "how far 34 similar models differ, which is not how sure"),
        (by_robyn(near_tied=1), "no other model is near enough"),
    ],
    ids=["by evidence", "by Robyn's rule", "by one model"],
)
def test_it_is_said_what_a_range_is(run: Headline, words: str) -> None:
    assert words in range_means(run)


def test_channels_that_read_alike_are_told_apart_in_every_clause() -> None:
    first, second, *others = head(channels=one("search_S", prior_share=0.9)).channels
    names = {first.channel: "tv", second.channel: "TV"}
    alike = [each.model_copy(update={"channel": names.get(each.channel, each.channel)}) for each in (first, second)]
    told = head(channels=(*alike, *others), indistinct=(("tv", "TV"),))
    judged = judge(told)
    assert told.called("tv") == "tv"
    assert told.called("TV") == "TV"
    assert "test tv and TV first" in judged.sentence
    assert any("tv and TV share credit" in reason for reason in judged.reasons)
    assert [each.reason for each in judged.calls[:2]] == [
        "It cannot be told apart from TV.", "It cannot be told apart from tv.",
    ]  # fmt: skip


@pytest.mark.parametrize(("chance", "ahead"), [(0.9, True), (0.1, False)], ids=["found to bring nothing", "unknown"])
def test_a_channel_that_most_likely_brings_nothing_stands_in_nobodys_way(chance: float, ahead: bool) -> None:
    told = head(channels=one("tv_S", low=0.01, high=0.5, efficiency=0.1, no_effect=chance, prior_share=1.0))
    assert ("Search returns most" in judge(told).sentence) == ahead
