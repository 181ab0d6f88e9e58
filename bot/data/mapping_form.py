"""The second form of a dataset: what each column means."""

from collections.abc import Sequence

from bot.data.choosing import EXPOSURES_BYTES, VIEW_BYTES, Picking, fits_lists, kept, size
from bot.data.countries import countries_fields
from bot.data.findings import choice_blocks, doubt_blocks, finding_blocks, short, unused_blocks
from bot.data.mapping_more import MORE_ROOM, more_fields
from bot.data.offers import made_before
from bot.slack.blocks import actions, alert, button, context, count, escape, section
from bot.slack.form import (
    Choice,
    Values,
    View,
    field,
    has_one_choice,
    modal,
    radio,
)
from bot.slack.limits import OPTION_VALUE, VIEW_BLOCKS, Block
from engine.columns import Column
from engine.data.changes import MANY
from engine.data.dataset import Draft
from engine.data.details import described, with_details
from engine.data.guess import guess
from engine.data.made import Made
from engine.data.mapping import Mapping
from engine.data.sums import possible_sums
from engine.labels import label

MAPPING = "dataset_mapping"
# A static select holds a hundred options; with more columns people search.
MOST_LISTED = 100
# A view holds a hundred blocks: the other fields need their places, too.
MOST_EXPOSURES = 80
EXPOSURE = "exposure"
MORE = "map_more"
SPENDS = "paid_media_spends"
# The lines around the fields: how many columns were read, that there is more to say, and the button for more.
RESERVED = 3
# Room for the columns that play no role, however much else there is to say.
LEAST_BELOW = 3


def mapping_form(
    draft: Draft,
    roles: Mapping,
    *,
    more: bool = False,
    about: str = "",
    told: Sequence[str] = (),
    turn: int = 0,
    countries: Sequence[str] | None = None,
) -> View:
    """The second form, filled in with `roles`: a guess, or what somebody chose. Above them stands what was assumed
    on reading, with its remedies as buttons; below them every column that plays no role, and why.

    more: with what few people need: further goals, the currency, what is said of one column (`about`). told: what a
    choice in it changed. turn: how often the spends were settled; each time the field has another name, as what was
    chosen in one stays in it whatever it is drawn with. countries: those chosen, in the form of several; None: those
    that were chosen last, else the first that have rows.
    """
    roles = _among(roles, _offered(draft))
    about = about if about in _offered(draft) else ""
    fields = _told([*_fields(draft, roles, more=more, turn=turn), *(more_fields(draft, roles, about) if more else [])])
    if draft.several:
        fields = [*countries_fields(draft, countries), *fields]
    room = VIEW_BLOCKS - RESERVED - len(told)
    above, below = _within(fields, _above(draft), _below(draft, roles))
    whole = len(_above(draft)) + len(_below(draft, roles)) == len(above) + len(below)
    kept_below = min(len(below), max(LEAST_BELOW, room - len(fields) - len(above)))
    kept_above = min(len(above), max(0, room - len(fields) - kept_below))
    head = "The roles are guessed from names and values: correct what is wrong."
    if draft.rows_of:
        head = "Correct what is wrong: the rows stay as they are, and the new roles make a new snapshot of them."
    first = [f"{len(draft.columns)} columns read. {head}", *_least_sure(draft, roles)]
    blocks: list[Block] = [context(*first), *above[:kept_above]]
    if not whole or kept_above < len(above) or kept_below < len(below):
        blocks.append(context("There is more to say than fits here: I have sent you the rest."))
    blocks += [section(f":information_source: {escape(one)}") for one in told]
    press = button("Less" if more else "More: goals, currency, channels, labels …", MORE)
    blocks += [*fields, actions(press), *below[:kept_below]]
    meta = {"draft": draft.id, "more": more, "about": about, "turn": str(turn)}
    return modal(MAPPING, "What do they mean?", blocks, submit="Check and save", meta=meta)


def _within(fields: list[Block], above: list[Block], below: list[Block]) -> tuple[list[Block], list[Block]]:
    """What is said around the fields, as far as a view has bytes for it beside them."""
    left = VIEW_BYTES - size(fields)
    told: list[list[Block]] = []
    for blocks in (above, below):
        room: list[Block] = []
        for block in blocks:
            left -= size(block)
            if left < 0:
                break
            room.append(block)
        told.append(room)
    return told[0], told[1]


def left_over(draft: Draft, roles: Mapping) -> list[Block]:
    """What the form has no room for."""
    roles = _among(roles, _offered(draft))
    shown = mapping_form(draft, roles)["blocks"]
    return [block for block in (*_above(draft), *_below(draft, roles)) if block not in shown]


def _above(draft: Draft) -> list[Block]:
    before = made_before(draft.chosen, draft.choices, draft.findings)
    found = finding_blocks(draft.findings, draft.id)
    told = {one.column for one in draft.findings}
    doubted = doubt_blocks([column for column in draft.columns if column.name not in told])
    return [*doubted, *found, *choice_blocks(before, draft.id)]


def _below(draft: Draft, roles: Mapping) -> list[Block]:
    played = {*roles.raw_columns, *(part for one in roles.made for part in one.parts)}
    unused = [column.name for column in draft.columns if column.name not in played]
    if not unused:
        return []
    why = guess(draft.columns, draft.country).why
    why |= {column.name: f"not used: {column.doubt}" for column in draft.columns if column.doubt}
    return unused_blocks(unused, why)


def _least_sure(draft: Draft, roles: Mapping) -> list[str]:
    """What to look at first: numbers that may belong to a channel or be a result, and that got no role."""
    played = {*roles.raw_columns, *(part for one in roles.made for part in one.parts)}
    why = guess(draft.columns, draft.country).why
    unsure = [
        column.name
        for column in draft.columns
        if column.type == "number" and column.name not in played and why.get(column.name, "") in ("", *UNSURE)
    ]
    if not unsure:
        return []
    more = f" and {len(unsure) - FEW_NAMES:,} more" if len(unsure) > FEW_NAMES else ""
    return [
        f"*Look at these first*, they got no role: {', '.join(escape(short(n, 40)) for n in unsure[:FEW_NAMES])}{more}."
    ]


# Why a column got no role although it may well have one.
UNSURE = (
    "not used: an exposure without a spend",
    "not used: what a channel says it sold",
    "not used: its name says nothing about its role",
)
FEW_NAMES = 6


def sums_of(draft: Draft, roles: Mapping) -> tuple[Made, ...]:
    """The sums that can be chosen as a spend: those that there are, and those that channels and tags allow."""
    return possible_sums(with_details(roles, said_of(draft, roles)), draft.columns)


def said_of(draft: Draft, roles: Mapping) -> Mapping:
    """What is said beside the roles: what the draft holds, or what can be guessed for them."""
    return draft.roles or described(roles, draft.columns)


def _offered(draft: Draft) -> set[str]:
    """The columns that can be chosen: an option's value holds no more."""
    return {column.name for column in draft.columns if len(column.name) <= OPTION_VALUE}


def _fields(draft: Draft, roles: Mapping, *, more: bool = False, turn: int = 0) -> list[Block]:
    offered = [column for column in draft.columns if len(column.name) <= OPTION_VALUE]
    every = [_choice(column) for column in offered]
    # Columns of a few kinds can never play some roles: offering them would only make the lists long. Where there is
    # no number at all, every column is offered: what is wrong with it is told when the form is sent.
    numbers = [_choice(c) for c in offered if c.type in ("number", "boolean")] or every
    texts = [_choice(c) for c in offered if c.type == "text"]
    spends, sums = roles.paid_media_spends, [one for one in sums_of(draft, roles) if len(one.name) <= OPTION_VALUE]
    costs = [*numbers, *(_sum_choice(one) for one in _costs(sums, roles))]
    bought = [*numbers, *(_sum_choice(one) for one in sums if one.name in roles.exposures.values())]
    # Seven fields list columns; behind More, three do.
    pick = Picking(fits_lists((every, 4), (costs, 6 if more else 3)))
    asked, not_asked = _exposure_fields(roles, bought, MOST_EXPOSURES - (MORE_ROOM if more else 0))
    context_vars = _without(roles)
    blocks: list[Block] = [
        *_left_out(draft, len(draft.columns) - len(offered)),
        field("date_var", "Date", pick.one(every, roles.date_var)),
        *_week_field(draft, roles),
        field(
            "dep_var",
            "What should be explained",
            pick.one(numbers, roles.dep_var),
            hint="Revenue, orders, sign-ups …",
        ),
        field("dep_var_type", "It counts", radio(GOALS, roles.dep_var_type)),
        field(
            spends_name(turn),
            "Paid media: spend",
            pick.many(costs, spends),
            dispatch=True,
            hint=SUM_HINT if sums else "",
            optional=bool(kept(spends)),
        ),
        *_stay(spends),
        *asked,
        *_not_asked(not_asked),
        field("organic_vars", "Organic media", pick.many(numbers, roles.organic_vars), optional=True),
        *_stay(roles.organic_vars),
        field("context_vars", "Other drivers", pick.many(every, context_vars), optional=True),
        *_stay(context_vars),
        field(
            "factor_vars",
            "Categories and flags",
            pick.many(every, roles.factor_vars),
            optional=True,
            hint="Drivers that are labels or yes/no, such as a promotion.",
        ),
        *_stay(roles.factor_vars),
    ]
    if texts:
        hint = "Only the rows of the dataset's country are used."
        if draft.several:
            hint = "Names the country of each row: it makes one dataset for each."
        blocks.append(
            field(
                "country_var",
                "Country column",
                Picking(fits_lists((texts, 4))).one(texts, roles.country_var),
                optional=True,
                hint=hint,
            )
        )
    return blocks


SUM_HINT = "A sum of columns takes the place of its parts: the total or its parts, never both."


def _costs(sums: Sequence[Made], roles: Mapping) -> list[Made]:
    """The sums that can be a spend: whose parts are spends, or are in one that is chosen."""
    spent = {*roles.paid_media_spends}
    spent |= {part for one in sums if one.name in spent for part in one.parts}
    return [one for one in sums if one.name in spent or set(one.parts) <= spent]


def _sum_choice(one: Made) -> Choice:
    return Choice(one.name, f"{one.name} (sum of {len(one.parts)})")


def _not_asked(spends: Sequence[str]) -> list[Block]:
    """Channels that the form has no room for: what they are modelled on stays, and can be changed in the file."""
    if not spends:
        return []
    number = count(len(spends), "more channel keeps", "more channels keep")
    return [context(f"{number} what they are modelled on: {IN_FILE}")]


def _told(fields: Sequence[Block]) -> list[Block]:
    """The fields, and a line below each that is not asked, as one column only can play its role."""
    told: list[Block] = []
    for one in fields:
        told.append(one)
        if has_one_choice(one):
            [option] = one["element"]["options"]
            told.append(
                context(f"*{one['label']['text']}:* {escape(option['text']['text'])}, the only column that can be.")
            )
    return told


def _choice(column: Column) -> Choice:
    """A column as an option: its unit is seen, but is no part of its name."""
    return Choice(column.name, f"{column.name} ({column.unit})" if column.unit else column.name)


def _week_field(draft: Draft, roles: Mapping) -> list[Block]:
    """Which day a week is dated by; not asked where the rows are known to be no weeks."""
    if draft.interval not in ("", "week"):
        return []
    label = "A week is dated by" if draft.interval == "week" else "If the rows are weeks, they are dated by"
    hint = "Holidays go to the week they are in."
    if not draft.interval:
        hint += " For days and months this changes nothing."
    return [field("week_dated", label, radio(WEEKS, roles.week_dated), hint=hint, optional=not draft.interval)]


WEEKS = (Choice("first", "Its first day"), Choice("last", "Its last day", "Week ending"))
GOALS = (Choice("revenue", "Money", "Reported as ROAS"), Choice("conversion", "Conversions", "Reported as cost each"))


def spends_name(turn: int) -> str:
    """The field of the spends, as it is called after so many changes of ours."""
    return f"{SPENDS}:{turn}" if turn else SPENDS


def spends_of(values: Values) -> tuple[str, ...]:
    """The spends that are chosen, whatever their field is called by now."""
    turn = values.beginning(SPENDS)
    return values.many(f"{SPENDS}:{turn}" if turn else SPENDS)


def exposure_name(spend: str) -> str:
    """The field that says what a channel is modelled on."""
    return f"{EXPOSURE}:{spend}"


def read_mapping_form(values: Values, said: Mapping | None = None) -> Mapping:
    """Read the form back. A channel that was chosen only now has no field for its exposure yet; one that the form had
    no room for, or could not show, keeps what was `said`.
    """
    more = {field: kept(_drawn(said, field)) if said else () for field in MANY}
    chosen = (*spends_of(values), *more["paid_media_spends"])
    exposures = {spend: values.text(exposure_name(spend)) for spend in chosen if exposure_name(spend) in values}
    if said is not None:
        known = {spend: name for spend, name in said.exposures.items() if spend in chosen}
        exposures = {**known, **exposures}
    return Mapping(
        date_var=values.text("date_var"),
        dep_var=values.text("dep_var"),
        dep_var_type="conversion" if values.text("dep_var_type") == "conversion" else "revenue",
        paid_media_spends=chosen,
        exposures={spend: name for spend, name in exposures.items() if name and name != spend},
        organic_vars=(*values.many("organic_vars"), *more["organic_vars"]),
        context_vars=(*values.many("context_vars"), *more["context_vars"]),
        factor_vars=(*values.many("factor_vars"), *more["factor_vars"]),
        country_var=values.text("country_var"),
        week_dated="last" if values.text("week_dated") == "last" else "first",
    )


def _drawn(said: Mapping, field: str) -> tuple[str, ...]:
    """The columns that a field was drawn with."""
    return _without(said) if field == "context_vars" else tuple(getattr(said, field))


def _among(guess: Mapping, columns: set[str]) -> Mapping:
    """The guess without columns that cannot be chosen here."""
    offered = columns | {one.name for one in guess.made if len(one.name) <= OPTION_VALUE}

    def one(name: str) -> str:
        return name if name in offered else ""

    def many(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in offered)

    return Mapping.model_validate(
        guess.model_dump()
        | {
            "date_var": one(guess.date_var),
            "dep_var": one(guess.dep_var),
            "paid_media_spends": many(guess.paid_media_spends),
            "exposures": {spend: name for spend, name in guess.exposures.items() if {spend, name} <= offered},
            "organic_vars": many(guess.organic_vars),
            "context_vars": many(guess.context_vars),
            "factor_vars": many(guess.factor_vars),
            "country_var": one(guess.country_var),
        }
    )


def _left_out(draft: Draft, number: int) -> list[Block]:
    if not number:
        return []
    names = "name is" if number == 1 else "names are"
    text = f"{count(number, 'column')} cannot be chosen: the {names} longer than {OPTION_VALUE} characters. "
    todo = "They keep their roles; a file can change them: Download CSV." if draft.rows_of else RENAME
    return [alert(text + todo, "warning")]


RENAME = "Rename what you need and start again."


def _without(guess: Mapping) -> tuple[str, ...]:
    """Context without the categories: those have a field of their own."""
    return tuple(name for name in guess.context_vars if name not in guess.factor_vars)


def _exposure_fields(roles: Mapping, choices: Sequence[Choice], most: int) -> tuple[list[Block], Sequence[str]]:
    """What each channel is modelled on, as far as a form has room; and the channels that are not asked about."""
    spends = roles.paid_media_spends
    others = [one for one in choices if one.value not in spends]
    if not others:  # there is nothing but its spend
        return [], ()
    pick = Picking(fits_lists((others, min(len(spends), most))))
    blocks: list[Block] = []
    left = EXPOSURES_BYTES
    for number, spend in enumerate(spends):
        of_it = [one for one in choices if one.value == spend or one.value not in spends]
        text = f"{label(spend)} is modelled on"
        block = field(exposure_name(spend), text, pick.one(of_it, roles.exposures.get(spend, spend)), optional=True)
        left -= 0 if pick.listed else size(block)
        if number >= most or left < 0:
            return blocks, spends[number:]
        blocks.append(block)
    return blocks, ()


def _stay(chosen: Sequence[str]) -> list[Block]:
    """That more is chosen than a field shows: it stays, and a file can change it."""
    more = kept(chosen)
    if not more:
        return []
    return [context(f"{count(len(more), 'more column stays', 'more columns stay')} chosen here: {IN_FILE}")]


IN_FILE = "`/mmm map NAME`, then *Download CSV*, has all of them."
