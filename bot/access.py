"""Who may do what, and why: roles, the rule that gives a person theirs, and the decision about one action.

Nothing here asks anybody: what Slack says about a person is found out in `bot/slack/people.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from engine.errors import Denied, Unavailable
from engine.settings import Settings


class Role(IntEnum):
    """What a person may do. Each role may do what those before it may."""

    NONE = 0
    VIEWER = 1
    ANALYST = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return {Role.NONE: "nobody", Role.VIEWER: "a viewer", Role.ANALYST: "an analyst", Role.ADMIN: "an admin"}[self]


MAY = {
    Role.VIEWER: "look at datasets, experiments, runs and results",
    Role.ANALYST: "also make datasets and experiments, and start and stop runs",
    Role.ADMIN: "also check how the app is set up",
}
ROLES = (Role.ADMIN, Role.ANALYST, Role.VIEWER)
USER = re.compile(r"[UW][A-Z0-9]+")
CHANNEL = re.compile(r"[CG][A-Z0-9]+")
# Who may only look can be told from what was known; whoever changes something must be known now.
UNSURE_MAY = Role.VIEWER


@dataclass(frozen=True)
class Person:
    """Somebody, as Slack describes them. `teams` are the workspaces they are a member of."""

    id: str
    teams: frozenset[str]
    email: str = ""
    email_confirmed: bool = True
    guest: bool = False
    bot: bool = False
    stranger: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Standing:
    """What a person may do here, and the rule that says so. Not `sure`: Slack could not be asked just now."""

    role: Role
    rule: str
    setting: str = ""
    sure: bool = True


NOT_ASKED = Standing(Role.NONE, "I do not know who you are.", sure=False)


class NotAllowed(Denied):
    """This person's role does not reach."""

    def __init__(self, settings: Settings, standing: Standing, needs: Role) -> None:
        super().__init__(
            _refusal(standing, needs),
            f"Ask {ask_whom(settings)}.",
            detail=f"needs {needs.name}, has {standing.role.name}: {standing.rule}",
        )
        self.standing = standing
        self.needs = needs


def _refusal(standing: Standing, needs: Role) -> str:
    if standing.role is Role.NONE:
        return f"You cannot use this app. {standing.rule}"
    return f"Only {needs.word} may do that, and you are {standing.role.word}."


def check_origin(settings: Settings, *, team: str, enterprise: str, app: str) -> None:
    """Refuse what comes from another workspace, organisation or app than this deployment serves. Raises Denied."""
    if team != settings.workspace or (settings.enterprise and enterprise != settings.enterprise):
        raise Denied(
            "This app serves another workspace.",
            "Ask for a deployment of your own.",
            detail=f"team {team}, enterprise {enterprise}",
        )
    if settings.app_id and app != settings.app_id:
        raise Denied("This service belongs to another app.", "Ask for a deployment of your own.", detail=f"app {app}")


def standing_of(settings: Settings, person: Person, groups: Mapping[Role, frozenset[str]]) -> Standing:
    """Return a person's role and the rule it comes from.

    First whoever may not come in at all; then who is named, then who is in a group, then everybody else.
    Where several roles are named on the same level, the widest counts.
    """
    barred = _barred(settings, person)
    if barred is not None:
        return barred
    named = named_role(settings, person)
    if named is not None:
        return named
    for role in ROLES:
        if person.id in groups.get(role, frozenset()):
            rule = f"You are in the Slack user group for the role of {role.name.lower()}."
            return Standing(role, rule, f"MMM_{role.name}_GROUP")
    role = Role[settings.role_default.upper()]
    if role is Role.NONE:
        return Standing(role, "Only people who are named for it, or are in a group that is, may use it.", DEFAULT)
    return Standing(role, f"Every full member of this workspace is {role.word} unless it says otherwise.", DEFAULT)


DEFAULT = "MMM_ROLE_DEFAULT"


def _barred(settings: Settings, person: Person) -> Standing | None:
    if person.gone:
        return Standing(Role.NONE, "This account is deactivated.")
    if person.bot:
        return Standing(Role.NONE, "Other apps may not use it.")
    if person.stranger or settings.workspace not in person.teams:
        return Standing(Role.NONE, "Only members of this workspace may, and you belong to another one.")
    if person.guest:
        return Standing(Role.NONE, "Only full members of this workspace may, and you are a guest.")
    if not settings.email_domains:
        return None
    if not person.email or not person.email_confirmed:
        rule = "Only people with certain e-mail addresses may, and Slack vouches for none of yours."
        return Standing(Role.NONE, rule, "MMM_EMAIL_DOMAINS")
    if not in_domains(person.email, settings.email_domains):
        rule = "Only people with certain e-mail addresses may, and yours is not one of them."
        return Standing(Role.NONE, rule, "MMM_EMAIL_DOMAINS")
    return None


def in_domains(email: str, domains: tuple[str, ...]) -> bool:
    """Whether what follows the last @ is exactly one of `domains`, in whatever case; sub-domains are others.

    An address beyond ASCII is in none: some of its letters become ASCII ones when their case changes.
    """
    local, at, domain = email.rpartition("@")
    return bool(local and at and email.isascii()) and domain.lower() in {one.lower() for one in domains}


def named_role(settings: Settings, person: Person) -> Standing | None:
    """The role that the settings give to this very person, by id or by e-mail address."""
    known = {person.id} | ({person.email.lower()} if person.email and person.email_confirmed else set())
    for role, names in (
        (Role.ADMIN, settings.admins),
        (Role.ANALYST, settings.analysts),
        (Role.VIEWER, settings.viewers),
    ):
        if any(name in known or name.lower() in known for name in names):
            return Standing(role, f"You are named as {role.word}.", f"MMM_{role.name}S")
    return None


def groups_of(settings: Settings) -> dict[Role, str]:
    """The Slack user group of each role that has one."""
    groups = {
        Role.ADMIN: settings.admin_group,
        Role.ANALYST: settings.analyst_group,
        Role.VIEWER: settings.viewer_group,
    }
    return {role: group for role, group in groups.items() if group}


def may(standing: Standing, needs: Role) -> bool:
    """Whether somebody may do what needs `needs`, as far as is known."""
    return standing.role >= needs


def allow(settings: Settings, standing: Standing, needs: Role) -> None:
    """Let somebody do what needs `needs`. Raises NotAllowed, or Unavailable where Slack cannot be asked."""
    if may(standing, needs) and (standing.sure or needs <= UNSURE_MAY):
        return
    if not standing.sure:
        raise Unavailable(
            "Slack does not tell me right now who you are, so I cannot do that.",
            "Nothing was changed. Try again in a minute.",
            detail=standing.rule,
        )
    raise NotAllowed(settings, standing, needs)


def ask_whom(settings: Settings, *, mention: bool = False) -> str:
    """Whom a refused person may ask; with `mention`, ids become Slack's links."""
    contact = settings.contact or next((name for name in settings.admins if USER.fullmatch(name)), "")
    if USER.fullmatch(contact):
        return f"<@{contact}>" if mention else "the person who looks after this app"
    if CHANNEL.fullmatch(contact):
        return f"in <#{contact}>" if mention else "in the channel for this app"
    return contact or "whoever looks after this app in your workspace"
