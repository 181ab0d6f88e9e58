"""Channels and their parts by the naming convention, with the list that is known or one of a team's own."""

import pytest

from engine.data.naming import KNOWN, Named, named


def test_about_forty_channels_are_known_each_once() -> None:
    assert 38 <= len(KNOWN) == len(set(KNOWN)) <= 60
    assert all(named(f"{channel}_COST").channel == channel for channel in KNOWN)


@pytest.mark.parametrize(
    ("name", "channel", "part", "suffix"),
    [
        ("META_BRAND_COST", "META", "BRAND", "COST"),
        ("TV_COST", "TV", "", "COST"),
        ("GOOGLE_SEARCH_NONBRAND_CLICKS", "GOOGLE", "SEARCH_NONBRAND", "CLICKS"),
        ("FB_PROSPECTING_IMPRESSIONS", "FACEBOOK", "PROSPECTING", "IMPRESSIONS"),
        ("paid_search_cost", "SEARCH", "", "COST"),
        ("facebook_S", "FACEBOOK", "", "S"),
        ("TV_B_GRPS", "TV", "B", "GRPS"),
        ("TV_TOTAL_COST", "TV", "", "COST"),
        ("OnlineVideoSpend", "VIDEO", "ONLINE", "SPEND"),
        ("NEWCOMER_X_COST", "NEWCOMER", "X", "COST"),
        ("🎉", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_name_says_channel_part_and_measure(name: str, channel: str, part: str, suffix: str) -> None:
    assert named(name) == Named(channel, part, suffix)


def test_a_list_of_ones_own_takes_the_place_of_ours() -> None:
    own = ("House Brand", "META")
    assert named("house_brand_north_cost", own) == Named("HOUSE_BRAND", "NORTH", "COST")
    assert named("TV_EVENING_COST", own) == Named("TV", "EVENING", "COST"), "what stands first, where none is known"


def test_a_name_of_2000_characters_is_read_like_any_other() -> None:
    assert named("META_" + "A" * 1990 + "_COST").channel == "META"
