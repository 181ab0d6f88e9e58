"""A form of roles that is sent as it was drawn says what it said before: nothing is lost, however wide the data are."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data import mapping_form
from bot.data.roles import sent_roles
from bot.slack.form import FIXED, Values
from bot.slack.limits import fit_view
from engine.columns import Column
from engine.data.dataset import Draft
from engine.data.mapped import same_roles
from engine.data.mapping import Mapping, validate_mapping
from local.person import filled
from tests.golden.test_map_messages import COLUMNS, DRAFT, MAPPING, wide


def sent(draft: Draft, mapping: Mapping, **drawn: Any) -> Mapping:
    """What comes of a form that is drawn, and sent as it is."""
    view = json.loads(json.dumps(fit_view(mapping_form.mapping_form(draft, mapping, **drawn))))
    fixed = json.loads(view["private_metadata"]).get(FIXED, {})
    return sent_roles(draft, Values(filled(view), fixed))


@pytest.mark.parametrize("drawn", [{}, {"more": True}, {"more": True, "about": "TV_COST"}, {"turn": 3}], ids=str)
def test_what_is_said_of_columns_is_kept(drawn: dict[str, Any]) -> None:
    assert validate_mapping(MAPPING, COLUMNS) == []
    assert same_roles(sent(DRAFT, MAPPING, **drawn), MAPPING)


@given(
    count=st.sampled_from([2, 30, 90, 110, 300]),
    length=st.sampled_from([12, 149, 151, 2000]),
    kinds=st.sampled_from(["n", "nt", "nnnb"]),
    more=st.booleans(),
    letter=st.sampled_from(["z", "é", "🎉"]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_role_is_lost_however_many_columns_and_however_long_their_names(
    count: int, length: int, kinds: str, more: bool, letter: str
) -> None:
    _, draft = wide(count, length, kinds)

    def other(name: str) -> str:
        return name.replace("z", letter)

    text = draft.model_dump_json()
    draft = Draft.model_validate_json(text.replace("z", letter)) if letter != "z" else draft
    mapping = draft.roles
    assert mapping is not None
    about = other(draft.columns[-1].name) if more else ""
    assert same_roles(sent(draft, mapping, more=more, about=about), mapping)


def test_a_column_with_one_of_every_role_beyond_what_a_field_shows_stays() -> None:
    """Three hundred drivers in one field, of which a form shows a hundred."""
    names = tuple(f"D{n:03}" for n in range(300))
    columns = (
        Column(name="DAY", type="date"),
        *(Column(name=name, type="number") for name in ("REVENUE", "TV_COST", *names)),
    )
    mapping = Mapping(date_var="DAY", dep_var="REVENUE", paid_media_spends=("TV_COST",), context_vars=names)
    draft = DRAFT.model_copy(update={"columns": columns, "roles": mapping})
    view = mapping_form.mapping_form(draft, mapping)
    assert "200 more columns stay chosen here" in str(view["blocks"])
    assert set(sent(draft, mapping).context_vars) == set(names)
