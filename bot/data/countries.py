"""Several countries of one source: which are asked for, and those that failed tried again."""

from collections.abc import Sequence
from typing import Final

from bot.access import Role
from bot.act import Act, Options, Reply, Whisper
from bot.data.modals import country_choice
from bot.slack.blocks import Message, context, count, days, escape
from bot.slack.form import Choice, Values, field, multi_search_select
from bot.slack.limits import OPTIONS, Block
from bot.wing import Wing
from engine.cloud.select_country import MARK, asks_country
from engine.data.countries import COUNTRIES
from engine.data.country_names import country_of, search_countries
from engine.data.dataset import CountryRows, Draft
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.data.round import FIRST_CHOSEN, MOST, Round, failed_countries, round_name, stands_of
from engine.data.wishes import open_draft, step_of, wish

COUNTRIES_FIELD: Final = "countries"
RETRY: Final = "countries_retry"
SHOWN: Final = 80


def countries_fields(draft: Draft, chosen: Sequence[str] | None = None) -> list[Block]:
    """Ask for the countries: those that have rows come first, the first ten of them chosen already."""
    if chosen is None:
        chosen = draft.countries or [one.country for one in draft.found[:FIRST_CHOSEN]]
    rows = {one.country: one for one in draft.found}
    initial = [_choice(code, rows.get(code)) for code in chosen if code in COUNTRIES]
    hint = f"Each becomes a dataset of its own, at most {MOST} at once. "
    hint += "Those with rows come first; type to find another." if rows else "Type to find them."
    asked = multi_search_select(initial[:MOST], "Type a country", most=MOST)
    return [field(COUNTRIES_FIELD, "Countries", asked, hint=hint), *_counted(draft)]


def _counted(draft: Draft) -> list[Block]:
    """How many countries have rows, where that is known."""
    if not draft.found:
        return []
    total = sum(one.rows for one in draft.found)
    number = f"{count(len(draft.found), 'country has', 'countries have')} rows ({total:,} in all)"
    if not asks_country(draft.source.sql) and (column := guess(draft.columns).country_var):
        number += f", by “{escape(column if len(column) <= SHOWN else column[: SHOWN - 1] + '…')}”"
    if len(draft.found) > FIRST_CHOSEN:
        number += f"; the {FIRST_CHOSEN} with the most are chosen"
    return [context(f"{number}.")]


def _choice(code: str, rows: CountryRows | None) -> Choice:
    named = country_choice(code)
    if rows is None:
        return named
    when = days(rows.first_date, rows.last_date) if rows.first_date and rows.last_date else ""
    return Choice(code, f"{named.label}: {count(rows.rows, 'row')}", when)


def wrong_countries(draft: Draft, mapping: Mapping, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """What is wrong with the countries that were chosen, as (field, message)."""
    if not draft.several:
        return []
    wrong = []
    if not chosen:
        wrong.append((COUNTRIES_FIELD, "Choose at least one country."))
    if len(chosen) > MOST:
        todo = f"Take {len(chosen) - MOST:,} out; they can follow in a second form."
        wrong.append((COUNTRIES_FIELD, f"At most {MOST} countries are read at once; these are {len(chosen):,}. {todo}"))
    if unknown := [code for code in chosen if code not in COUNTRIES]:
        wrong.append((COUNTRIES_FIELD, f"“{unknown[0][:60]}” is no country."))
    if not mapping.country_var and not asks_country(draft.source.sql):
        or_else = f", or write {MARK} where the SELECT compares it" if draft.source.kind == "select" else ""
        wrong.append(("country_var", f"Choose the column that names the country of each row{or_else}."))
    return wrong


def chosen_in(values: Values) -> tuple[str, ...]:
    """The countries that were chosen in the form, each once."""
    return tuple(dict.fromkeys(values.many(COUNTRIES_FIELD)))


async def search_countries_of(act: Act) -> Reply:
    """Countries by part of their name: the one that is meant, those that have rows, the most before the fewest."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    rows = {one.country: one for one in draft.found}
    near = [code for code, _ in search_countries(act.value, limit=len(COUNTRIES))]
    meant = [code] if (code := country_of(act.value.strip())) else []
    ordered = dict.fromkeys([*meant, *(code for code in rows if code in near), *near])
    return Options(tuple(_choice(code, rows.get(code)) for code in [*ordered][:OPTIONS]))


async def retry(act: Act) -> Reply:
    """Try the countries of a round again that failed, and no others."""
    return Whisper(await act.blocking(_retry, act))


def _retry(act: Act) -> Message:
    found = act.seen.round(act.value)
    failed = failed_countries(stands_of(act.cloud.storage, found.id))
    if not failed:
        return Message(f"{found.title}: no country of it has failed, or all are being tried again already.")
    more = _once_more(act, found, failed)
    again = wish(act.cloud.storage, found.lead, act.key, act.clock.now(), found.mapping, **more)
    begin(act, again)
    number = count(len(failed), "country", "countries")
    return Message(f"On it: {escape(found.title)} is tried again for {number}. The message shows how that goes.")


def _once_more(act: Act, found: Round, failed: Sequence[str]) -> dict[str, object]:
    kept = tuple(one for one in found.lead.renews if one.partition("/")[0] in failed)
    return {
        "countries": tuple(failed),
        "round": round_name(found.lead),
        "renews": kept,
        "fresh": True,
        "who": act.user,
        "view_id": "",
    }


def begin(act: Act, lead: Draft) -> None:
    """Have the countries that a draft asks for worked on."""
    open_draft(act.cloud.storage, lead.id, act.clock.now())
    step = step_of(lead)
    key = f"{step}|{act.settings.workspace}|{lead.id}"
    act.cloud.tasks.enqueue("stage", step, {"draft": lead.id, "who": act.user}, key=key)


WING = Wing(
    buttons=((RETRY, retry, Role.ANALYST),),
    searches=((COUNTRIES_FIELD, search_countries_of, Role.ANALYST),),
)
