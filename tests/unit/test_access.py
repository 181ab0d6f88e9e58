"""Who may do what: the rules, their order, and what is said to whom."""

from typing import Any

import pytest

from bot.access import (
    NOT_ASKED,
    NotAllowed,
    Person,
    Role,
    Standing,
    allow,
    ask_whom,
    check_origin,
    groups_of,
    in_domains,
    standing_of,
)
from bot.admin.messages import decisions, overview
from bot.service import registry
from bot.slack.limits import fit_message
from bot.slack.people import read_person
from engine.errors import Denied, Unavailable
from engine.settings import Settings

TEAM = "T0HOME"
MEMBER = Person(id="U1", teams=frozenset({TEAM}), email="Ana@Northwind.example")


def settings(**given: Any) -> Settings:
    needed = {"workspace": TEAM, "project": "p", "bucket": "b", "worker_url": "http://w", "tasks_account": "t@p"}
    return Settings(**needed | {"slack_signing_secret": "file:x", "slack_token_secret": "file:x"} | given)


def person(**changes: Any) -> Person:
    return Person(**{**MEMBER.__dict__, **changes})


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"gone": True}, "deactivated"),
        ({"bot": True}, "Other apps"),
        ({"stranger": True}, "another one"),
        ({"teams": frozenset({"T0OTHER"})}, "another one"),
        ({"teams": frozenset()}, "another one"),
        ({"guest": True}, "guest"),
    ],
    ids=["deactivated", "bot", "stranger", "foreign", "of no workspace", "guest"],
)
def test_who_is_no_full_member_gets_no_role_whatever_the_settings_say(changes: dict[str, Any], rule: str) -> None:
    generous = settings(
        admins=("U1", "ana@northwind.example"), role_default="admin", email_domains=("northwind.example",)
    )
    given = standing_of(generous, person(**changes), {Role.ADMIN: frozenset({"U1"})})
    assert given.role is Role.NONE and rule in given.rule


def test_a_member_of_several_workspaces_of_an_organisation_is_a_member() -> None:
    assert standing_of(settings(), person(teams=frozenset({"T0OTHER", TEAM})), {}).role is Role.ANALYST


@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("ana@northwind.example", True),
        ("ANA@NorthWind.Example", True),
        ("a@b@northwind.example", True),
        ("ana@mail.northwind.example", False),
        ("ana@northwind.example.evil.example", False),
        ("ana@evilnorthwind.example", False),
        ("ana@northwind.example@evil.example", False),
        ("ana@north\u212aind.example", False),
        ("ana@oo\u212aa.example", False),
        ("northwind.example", False),
        ("@northwind.example", False),
        ("ana@", False),
        ("", False),
    ],
)
def test_only_what_follows_the_last_at_counts_and_exactly(email: str, allowed: bool) -> None:
    assert in_domains(email, ("Northwind.example", "ooka.example")) is allowed


@pytest.mark.parametrize(
    ("changes", "role"),
    [
        ({}, Role.ANALYST),
        ({"email": ""}, Role.NONE),
        ({"email": "ana@elsewhere.example"}, Role.NONE),
        ({"email_confirmed": False}, Role.NONE),
    ],
    ids=["of the domain", "without an address", "of another domain", "unconfirmed"],
)
def test_where_domains_are_set_an_address_that_slack_vouches_for_is_needed(changes: dict[str, Any], role: Role) -> None:
    assert standing_of(settings(email_domains=("northwind.example",)), person(**changes), {}).role is role


@pytest.mark.parametrize(
    ("given", "groups", "role", "setting"),
    [
        ({}, {}, Role.ANALYST, "MMM_ROLE_DEFAULT"),
        ({"role_default": "viewer"}, {}, Role.VIEWER, "MMM_ROLE_DEFAULT"),
        ({"role_default": "none"}, {}, Role.NONE, "MMM_ROLE_DEFAULT"),
        ({"role_default": "none"}, {Role.VIEWER: {"U1"}}, Role.VIEWER, "MMM_VIEWER_GROUP"),
        ({}, {Role.VIEWER: {"U1"}}, Role.VIEWER, "MMM_VIEWER_GROUP"),
        ({}, {Role.VIEWER: {"U1"}, Role.ADMIN: {"U1"}}, Role.ADMIN, "MMM_ADMIN_GROUP"),
        ({}, {Role.ADMIN: {"U2"}}, Role.ANALYST, "MMM_ROLE_DEFAULT"),
        ({"viewers": ("U1",)}, {Role.ADMIN: {"U1"}}, Role.VIEWER, "MMM_VIEWERS"),
        ({"viewers": ("U1",), "admins": ("U1",)}, {}, Role.ADMIN, "MMM_ADMINS"),
        ({"admins": ("ANA@northwind.example",)}, {}, Role.ADMIN, "MMM_ADMINS"),
        ({"analysts": ("u1",), "role_default": "none"}, {}, Role.NONE, "MMM_ROLE_DEFAULT"),
        ({"analysts": ("",), "role_default": "none"}, {}, Role.NONE, "MMM_ROLE_DEFAULT"),
    ],
)
def test_a_name_counts_before_a_group_and_a_group_before_the_rest(
    given: dict[str, Any], groups: dict[Role, set[str]], role: Role, setting: str
) -> None:
    found = standing_of(settings(**given), MEMBER, {one: frozenset(members) for one, members in groups.items()})
    assert (found.role, found.setting) == (role, setting)
    assert found.sure and found.rule


def test_an_address_that_is_not_confirmed_names_nobody() -> None:
    found = standing_of(settings(admins=("ana@northwind.example",)), person(email_confirmed=False), {})
    assert found.role is Role.ANALYST


def test_only_groups_that_are_set_are_asked_for() -> None:
    assert groups_of(settings(analyst_group="S1")) == {Role.ANALYST: "S1"}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("needs", Role)
def test_a_role_may_do_what_it_and_those_before_it_may(role: Role, needs: Role) -> None:
    given = Standing(role, "Because.")
    if role >= needs:
        allow(settings(), given, needs)
    else:
        with pytest.raises(NotAllowed) as caught:
            allow(settings(contact="Ana Lind"), given, needs)
        assert "Ask Ana Lind." in caught.value.todo
        assert needs.word in caught.value.what or "Because." in caught.value.what


def test_while_slack_does_not_answer_who_was_known_may_look_and_nobody_may_change_anything() -> None:
    known = Standing(Role.ADMIN, "Because.", sure=False)
    allow(settings(), known, Role.VIEWER)
    for needs in (Role.ANALYST, Role.ADMIN):
        with pytest.raises(Unavailable) as caught:
            allow(settings(), known, needs)
        assert "Nothing was changed" in caught.value.todo
    allow(settings(), NOT_ASKED, Role.NONE)
    with pytest.raises(Unavailable):
        allow(settings(), NOT_ASKED, Role.VIEWER)


@pytest.mark.parametrize(
    ("given", "plain", "linked"),
    [
        ({}, "whoever looks after", "whoever looks after"),
        ({"contact": "Ana Lind"}, "Ana Lind", "Ana Lind"),
        ({"contact": "U0ANA"}, "the person who", "<@U0ANA>"),
        ({"contact": "C0HELP"}, "in the channel", "in <#C0HELP>"),
        ({"admins": ("ben@x.example", "U0BEN")}, "the person who", "<@U0BEN>"),
    ],
)
def test_whom_to_ask_is_named_as_well_as_the_place_allows(given: dict[str, Any], plain: str, linked: str) -> None:
    assert plain in ask_whom(settings(**given))
    assert linked in ask_whom(settings(**given), mention=True)


@pytest.mark.parametrize(
    ("given", "origin", "fine"),
    [
        ({}, {"team": TEAM, "enterprise": "", "app": ""}, True),
        ({}, {"team": "T0OTHER", "enterprise": "", "app": ""}, False),
        ({}, {"team": "", "enterprise": "", "app": ""}, False),
        ({"enterprise": "E1"}, {"team": TEAM, "enterprise": "E1", "app": ""}, True),
        ({"enterprise": "E1"}, {"team": TEAM, "enterprise": "E2", "app": ""}, False),
        ({"enterprise": "E1"}, {"team": TEAM, "enterprise": "", "app": ""}, False),
        ({"app_id": "A1"}, {"team": TEAM, "enterprise": "", "app": "A1"}, True),
        ({"app_id": "A1"}, {"team": TEAM, "enterprise": "", "app": "A2"}, False),
        ({"app_id": "A1"}, {"team": TEAM, "enterprise": "", "app": ""}, False),
    ],
)
def test_requests_of_other_workspaces_organisations_and_apps_are_denied(
    given: dict[str, Any], origin: dict[str, str], fine: bool
) -> None:
    if fine:
        check_origin(settings(**given), **origin)
    else:
        with pytest.raises(Denied):
            check_origin(settings(**given), **origin)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({}, {}),
        ({"is_restricted": True}, {"guest": True}),
        ({"is_ultra_restricted": True}, {"guest": True}),
        ({"is_stranger": True}, {"stranger": True}),
        ({"is_bot": True}, {"bot": True}),
        ({"is_workflow_bot": True}, {"bot": True}),
        ({"deleted": True}, {"gone": True}),
        ({"is_email_confirmed": False}, {"email_confirmed": False}),
        ({"profile": {"email": None}}, {"email": ""}),
        ({"team_id": "T2"}, {"teams": frozenset({"T2"})}),
        ({"enterprise_user": {"teams": ["T2", "T3"]}}, {"teams": frozenset({TEAM, "T2", "T3"})}),
    ],
)
def test_slacks_words_about_a_person_are_understood(said: dict[str, Any], read: dict[str, Any]) -> None:
    user = {"id": "U1", "team_id": TEAM, "profile": {"email": MEMBER.email}, "is_email_confirmed": True, **said}
    assert read_person(user) == person(**read)


def test_slackbot_is_a_bot_though_slack_does_not_say_so() -> None:
    assert read_person({"id": "USLACKBOT", "team_id": TEAM, "is_bot": False}).bot


@pytest.mark.parametrize("role", Role)
def test_why_says_which_role_by_which_rule_and_whom_to_ask(role: Role) -> None:
    commands, mine = list(registry().commands.values()), Standing(role, "Because of a rule.", "MMM_SETTING")
    text, blocks = fit_message(
        *(overview(settings(contact="Ana"), mine, commands).__dict__[k] for k in ("text", "blocks"))
    )
    shown = f"{text} {blocks}"
    assert "Because of a rule." in text and "MMM_SETTING" in shown
    assert ("ask Ana" in shown) is (role < Role.ADMIN)
    assert ("`/mmm dataset new`" in shown) is (role < Role.ANALYST), "what one may not do is listed"
    assert ("`/mmm doctor`" in shown) is (role < Role.ADMIN), "what one may not do is listed"


@pytest.mark.parametrize(
    ("role", "words", "answer"),
    [
        (Role.VIEWER, ("dataset", "new"), "no, it takes an analyst"),
        (Role.ANALYST, ("dataset", "new"), "yes, it takes an analyst"),
        (Role.NONE, ("status",), "no, it takes a viewer"),
        (Role.NONE, ("why",), "yes, everybody may"),
    ],
)
def test_why_explains_one_command(role: Role, words: tuple[str, ...], answer: str) -> None:
    message = decisions(settings(contact="U0ANA"), Standing(role, "A rule."), [registry().commands[words]])
    assert answer in message.text
    assert ("<@U0ANA>" in str(message.blocks)) is answer.startswith("no")


def test_why_says_when_slack_does_not_answer() -> None:
    message = overview(settings(), Standing(Role.ANALYST, "A rule.", sure=False), list(registry().commands.values()))
    assert "Slack does not answer just now" in message.text
