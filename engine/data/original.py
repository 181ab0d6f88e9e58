"""What the Streamlit original wrote, as a mapping of ours: its mapping.json, its chosen columns, its saved settings.

Known by what is in it, not by its name. Names of columns are found in any case. Whatever cannot be taken over is said.
"""

import json
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Any, Final

from engine.columns import Column
from engine.data.column_words import is_rate
from engine.data.details import described, goal_kind
from engine.data.made import Made, counted_twice
from engine.data.mapping import Folding, Goal, GoalKind, Mapping, validate_mapping
from engine.data.original_file import LISTS, Found, Taken, as_found
from engine.data.sheet_read import Problem, Read
from engine.data.sums import carried
from engine.errors import BadData

# So many parts of sums are looked at, through all sums that hold them; hundreds of columns need some thousands.
MOST_STEPS: Final = 200_000
SUMS: Final = "Leave out `aggregation_sources`, and make the sums with /mmm map."
FOLDINGS: Final = ("sum", "mean", "max", "min", "mode")
# Keys that say where a file is from, or that are read elsewhere: nobody misses them.
KNOWN: Final = frozenset(
    {
        *("project_id", "bucket", "country", "saved_at", "data", "goals", "dep_variable_type", "dep_var", "mapping"),
        *("dep_var_type", "channels", "data_types", "agg_strategies", "paid_media_mapping", "aggregation_sources"),
        *("labels", "display_name_map", "selected_goal", "var_to_spend_mapping", "all_selected_drivers"),
        *("data_version", "meta_version", "timestamp", "date_var", "date_field", "column_agg_strategies", *LISTS),
    }
)
# What people may miss, and where it is said here.
ELSEWHERE: Final = {
    "autotag_rules": "rules for roles by name: `/mmm map patterns` has those of this workspace",
    "custom_channels": "a list of channels of one's own: `/mmm map patterns` has that of this workspace",
    "variable_prefixes": "prefixes of made columns",
    "platform_map": "platforms",
}


def read_original(found: Found, columns: Sequence[Column], before: Mapping, country: str) -> Read:
    """Return what a file of the original says of `columns`. `before` says the rest: country column, currency."""
    taken = as_found(found, country)
    if isinstance(taken, str):
        return Read(None, (Problem(0, "", taken),))
    return _Reader(columns, before, taken).read()


class _Reader:
    """One file, read for one dataset."""

    def __init__(self, columns: Sequence[Column], before: Mapping, taken: Taken) -> None:
        self._columns = columns
        self._types = {column.name: column.type for column in columns}
        self._by_case: dict[str, str] = {}
        for name in self._types:
            self._by_case.setdefault(name.strip().casefold(), name)
        self._before, self._taken, self._said = before, taken, taken.body
        self._notes = list(taken.notes)
        self._missing: dict[str, list[str]] = {}
        self._steps = 0
        self._made = self._sums()

    def read(self) -> Read:
        goals = self._goals()
        main = next((goal for goal in goals if goal[2]), goals[0] if goals else None)
        kinds: dict[str, GoalKind] = {name: kind for name, kind, _ in goals}
        dep_var = main[0] if main else self._before.dep_var
        spends = self._without_double(self._names("paid_media_spends", "a spend"))
        bought, modelled = self._bought(spends)
        played = {dep_var, *spends, *(name for names in bought.values() for name in names)}
        organic = self._free("organic_vars", "organic", played)
        factors = self._free("factor_vars", "a category", played)
        context = tuple(name for name in self._free("context_vars", "context", played) if name not in factors)
        texts = tuple(name for name in context if self._types.get(name) == "text")
        date_var = self._one(self._date()) or self._before.date_var
        played |= {*organic, *context, *factors, date_var}
        further = [Goal(column=name, kind=kind) for name, kind, _ in goals if name not in played]
        mapping = Mapping(
            date_var=date_var,
            dep_var=dep_var,
            dep_var_type=kinds.get(dep_var, self._before.goal_kinds.get(dep_var, "revenue")),
            goals=tuple(further),
            paid_media_spends=spends,
            exposures=modelled,
            paid_media_mapping=bought,
            organic_vars=organic,
            context_vars=(*context, *(name for name in factors if name not in context)),
            factor_vars=(*factors, *(name for name in texts if name not in factors)),
            country_var=self._before.country_var if self._before.country_var not in played else "",
            week_dated=self._before.week_dated,
            channels=self._words("channels"),
            labels=self._words("display_name_map") | self._words("labels"),
            made=tuple(one for one in self._made.values() if one.name in {*played, *spends}),
            currency=self._before.currency,
        )
        mapping = described(mapping, self._columns)
        mapping = carried(mapping.model_copy(update={"aggregation": self._folded(mapping, kinds)}))
        problems = tuple(Problem(0, "", text) for _, text in validate_mapping(mapping, self._columns))
        self._say_missing()
        self._say_left()
        return Read(None if problems else mapping, problems, tuple(dict.fromkeys(self._notes)))

    def _one(self, name: object) -> str:
        """The column, or the sum, that a name means; empty where there is none."""
        text = str(name or "").strip()
        if text in self._types:
            return text
        made = next((one for one in getattr(self, "_made", {}) if one.casefold() == text.casefold()), "")
        return self._by_case.get(text.casefold(), "") or made

    def _list(self, field: str) -> list[str]:
        inner = self._said.get("mapping")
        given = inner.get(field) if isinstance(inner, dict) else self._said.get(field)
        return _texts(given)

    def _names(self, field: str, what: str) -> tuple[str, ...]:
        found = []
        for given in self._list(field):
            if name := self._one(given):
                found.append(name)
            else:
                self._missing.setdefault(what, []).append(given)
        return tuple(dict.fromkeys(found))

    def _free(self, field: str, what: str, played: set[str]) -> tuple[str, ...]:
        return tuple(name for name in self._names(field, what) if name not in played)

    def _date(self) -> object:
        data = self._said.get("data")
        return self._said.get("date_var") or (data.get("date_field") if isinstance(data, dict) else "")

    def _goals(self) -> list[tuple[str, GoalKind, bool]]:
        """The goals with what each counts, and which is the main one."""
        given: list[tuple[str, str, bool, str]] = []
        for goal in _dicts(self._said.get("goals")):
            given.append(
                (str(goal.get("var")), str(goal.get("type")), bool(goal.get("main")), str(goal.get("agg_strategy")))
            )
        types = _dict(self._said.get("dep_variable_type"))
        main = str(self._said.get("dep_var") or self._said.get("selected_goal") or "")
        if main and not any(one[0].casefold() == main.casefold() for one in given):
            kind = str(self._said.get("dep_var_type") or types.get(main) or "")
            given.insert(0, (main, kind, not any(one[2] for one in given), ""))
        found: list[tuple[str, GoalKind, bool]] = []
        for named, kind, is_main, how in given:
            name = self._one(named)
            if not name:
                self._missing.setdefault("a goal", []).append(named)
                continue
            counts: GoalKind = (
                "conversion" if kind == "conversion" else "revenue" if kind == "revenue" else goal_kind(name)
            )
            averaged = "mean" in (how, str(_dict(self._said.get("agg_strategies")).get(named)))
            if counts == "conversion" and averaged:
                self._notes.append(f"“{_short(name)}” counts conversions and was averaged there: here it is added up.")
            found.append((name, counts, is_main or named.casefold() == main.casefold()))
        return list({one[0]: one for one in reversed(found)}.values())[::-1]

    def _sums(self) -> dict[str, Made]:
        """The columns that were made there by adding up, as sums of ours, by name; nested ones down to the source."""
        sources = {str(name): _dict(one) for name, one in _dict(self._said.get("aggregation_sources")).items()}
        found: dict[str, Made] = {}
        for name, one in sources.items():
            if self._by_case.get(name.strip().casefold()):
                continue  # the data have it: it is a column like any other
            how = str(one.get("agg_method") or "sum")
            parts, lacking = self._parts(name, sources)
            if how != "sum":
                self._notes.append(
                    f"“{_short(name)}” was made by {how}; here columns are made by adding up: it is left out."
                )
            elif lacking or not parts:
                text = f"“{_short(name)}” adds up {_listed(lacking) if lacking else 'nothing'}, not among the columns"
                self._notes.append(f"{text}: it is left out.")
            else:
                tag = str(one.get("custom_tag") or "")
                made = {"tag": tag, "kind": "tag" if tag else "total", "channel": str(one.get("channel") or "")}
                found[name] = Made.model_validate({"name": name, "parts": parts, **made})
        return found

    def _parts(self, name: str, sources: Dict[str, Dict[str, Any]]) -> tuple[list[str], list[str]]:
        """The columns of the data that a sum of sums comes to, and what is not among them. Raises BadData."""
        parts: dict[str, None] = {}
        lacking: list[str] = []
        seen, waiting = {name}, [iter(_texts(sources[name].get("source_columns")))]
        while waiting:
            source = next(waiting[-1], None)
            if source is None:
                waiting.pop()
                continue
            # Sums of one another can be written so that their parts are more than anybody can count.
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise BadData("The sums in the file hold one another too many times over.", SUMS, field="file")
            if column := self._by_case.get(source.strip().casefold(), ""):
                parts[column] = None
            elif source == name or source not in sources:
                lacking.append(source)
            elif source not in seen:
                seen.add(source)
                waiting.append(iter(_texts(sources[source].get("source_columns"))))
        return list(parts), lacking

    def _without_double(self, spends: tuple[str, ...]) -> tuple[str, ...]:
        """Take sums out whose parts are spends themselves, also sums that the data hold."""
        held = [*self._made.values()]
        sources = {str(name): _dict(one) for name, one in _dict(self._said.get("aggregation_sources")).items()}
        for name in sources:
            if column := self._by_case.get(name.strip().casefold()):
                parts, _ = self._parts(name, sources)
                held += [Made(name=column, parts=tuple(part for part in parts if part != column))]
        left = list(spends)
        while twice := counted_twice(left, held):
            total, other, _ = twice[0]
            left.remove(total)
            text = f"“{_short(total)}” adds up “{_short(other)}”, which is a spend itself: the sum is left out, or its "
            self._notes.append(f"{text}money would count twice.")
        return tuple(left)

    def _bought(self, spends: tuple[str, ...]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """What each spend bought, and what it is modelled on: the exposure that was chosen there, or the first."""
        bought: dict[str, list[str]] = {}
        for given, names in _dict(self._said.get("paid_media_mapping")).items():
            for named in _texts(names):
                self._pair(bought, self._one(given), named, spends)
        modelled: dict[str, str] = {}
        for named, given in _dict(self._said.get("var_to_spend_mapping")).items():
            spend, name = self._one(given), self._pair(bought, self._one(given), str(named), spends)
            if name:
                modelled.setdefault(spend, name)
        listed, exposures = self._list("paid_media_spends"), self._list("paid_media_vars")
        if len(listed) == len(exposures) and not isinstance(self._said.get("mapping"), dict):
            for given, named in zip(listed, exposures, strict=True):
                spend, name = self._one(given), self._pair(bought, self._one(given), named, spends)
                if name:
                    modelled.setdefault(spend, name)
        paired = {name for names in bought.values() for name in names} | set(spends)
        loose = [name for name in self._names("paid_media_vars", "an exposure") if name not in paired]
        if loose:
            self._notes.append(f"{_listed(loose)} said what media did without naming a spend that is here: left out.")
        first = {spend: names[0] for spend, names in bought.items()}
        chosen = {spend: modelled.get(spend, first[spend]) for spend in bought}
        whole = {spend: tuple(sorted(names, key=lambda one: one != chosen[spend])) for spend, names in bought.items()}
        return whole, chosen

    def _pair(self, bought: dict[str, list[str]], spend: str, named: str, spends: tuple[str, ...]) -> str:
        name = self._one(named)
        if not name:
            self._missing.setdefault("an exposure", []).append(named)
            return ""
        if spend not in spends or name == spend or name in spends:
            return ""
        if any(name in names for other, names in bought.items() if other != spend):
            return ""
        if name not in bought.setdefault(spend, []):
            bought[spend].append(name)
        return name

    def _words(self, field: str) -> dict[str, str]:
        """What is said of columns, in a word each."""
        found = {}
        for given, word in _dict(self._said.get(field)).items():
            if (name := self._one(given)) and str(word or "").strip():
                found[name] = " ".join(str(word).split())[:60]
        return found

    def _folded(self, mapping: Mapping, kinds: dict[str, GoalKind]) -> dict[str, Folding]:
        """How rows become one, where that is not what they do anyway."""
        strategies = _dict(self._said.get("agg_strategies")) | _dict(self._said.get("column_agg_strategies"))
        added = {*mapping.paid_media_spends, *mapping.paid_media_vars, *mapping.organic_vars, *mapping.goal_kinds}
        found: dict[str, Folding] = {}
        for given, how in strategies.items():
            name = self._one(given)
            if how not in FOLDINGS or not name or name not in {*mapping.raw_columns, *mapping.model_columns}:
                continue
            usual = "sum" if name in added and not is_rate(name) else "mean"
            text = self._types.get(name) == "text"
            if how == usual or kinds.get(name) == "conversion" or name in (mapping.date_var, mapping.country_var):
                continue
            if text and how != "mode":
                continue
            found[name] = how
        return found

    def _say_missing(self) -> None:
        for what, names in self._missing.items():
            verb = "was" if len(names) == 1 else "were"
            self._notes.append(
                f"{_listed(names)} {verb} {what} there and {verb} not found among the columns: left out."
            )

    def _say_left(self) -> None:
        left = [name for name in self._said if name not in KNOWN and name not in ELSEWHERE and self._said[name]]
        self._notes += [f"Not taken over: {text}." for name, text in ELSEWHERE.items() if self._said.get(name)]
        if left:
            names = ", ".join(_short(name, 40) for name in left[:40]) + (
                f" and {len(left) - 40} more" if len(left) > 40 else ""
            )
            self._notes.append(f"Not taken over, as it belongs to an experiment or is not known here: {names}.")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    """Names as a list, or as one text with commas between."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value.replace("'", '"'))
        except (ValueError, RecursionError):
            value = str(value).strip("[] ")
    given = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    return [text for one in given if (text := str(one).strip().strip("'\""))]


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(f"“{_short(name, 40)}”" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _short(name: str, most: int = 60) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
