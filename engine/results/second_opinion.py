"""Two trainers on the same data: on which channels they agree, and whether one re-fits the other's model alike."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.labels import label, listed
from engine.number_words import percent, span
from engine.results.headline import ChannelResult, Headline
from engine.results.leader import shows_effect

# Where a training that compared itself with another keeps what it found, beside its results.
OPINION_FILE = "second_opinion.json"
# Variables that explain less than this share say nothing about a model: their coefficients may wander.
COUNTS = 0.01
# Re-fits that differ by no more than this are the same model: both stop iterating a little before the optimum.
ALIKE = 0.01


class Agreement(StrEnum):
    """What two ranges of a channel's ROAS or CPA say about each other."""

    AGREE = "agree"
    DIFFER = "differ"
    UNKNOWN = "unknown"


class Estimate(BaseModel):
    """One trainer's ROAS or CPA of a channel; None where it found no effect. `low` and `high` are its range."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    low: float | None
    high: float | None


class TwoEstimates(BaseModel):
    """A channel as both trainers see it.

    agreement: of like with like: `rule` and Robyn's where there is one, else of the native answer and Robyn's.
    """

    model_config = ConfigDict(frozen=True)

    channel: str
    native: Estimate
    robyn: Estimate
    agreement: Agreement
    rule: Estimate | None = Field(None, description="The native trainer's by Robyn's rule, formula and adstock.")
    parted: bool = Field(False, description="Whether the preview's range and Robyn's do not meet.")


class Coefficient(BaseModel):
    """A variable's coefficient in the native fit and in Robyn's of the same hyperparameters."""

    model_config = ConfigDict(frozen=True)

    name: str
    share: float = Field(description="Share of the fitted total in the native model, 0 to 1, without its sign.")
    native: float
    robyn: float

    @property
    def difference(self) -> float:
        """Relative difference, 0 to 1 where the signs are the same; 0 where both are 0."""
        size = max(abs(self.native), abs(self.robyn))
        return abs(self.native - self.robyn) / size if size else 0.0


class Verification(BaseModel):
    """One model of the native trainer, fitted again in Robyn with the same hyperparameters."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(description="solID of the native model.")
    chosen: bool = Field(description="Whether it is the model that is reported; else it is the search's best.")
    version: str = Field("", description="Robyn's version.")
    stands_in: bool = Field(
        False, description="Whether it is a native model made by Robyn's rule and adstock for this."
    )
    nrmse_native: float
    nrmse_robyn: float
    coefficients: tuple[Coefficient, ...] = Field(description="Those that count, the largest difference first.")
    missing: tuple[str, ...] = Field((), description="Variables that one of both fits does not have.")
    time_apart: float | None = Field(
        None,
        description="How far the time effects of both lie apart at most, as a share of the KPI's largest value; both "
        "fits were made with Robyn's.",
    )

    @property
    def nrmse_difference(self) -> float:
        return self.nrmse_robyn - self.nrmse_native

    @property
    def largest(self) -> Coefficient | None:
        """The coefficient that differs most, relatively."""
        return self.coefficients[0] if self.coefficients else None

    @property
    def alike(self) -> bool:
        """Whether both fits are the same model, for all that matters."""
        return not self.missing and (self.largest is None or self.largest.difference <= ALIKE)

    def as_json(self) -> dict[str, object]:
        """All of it with the differences worked out, for a program to read."""
        worked_out = [{**one.model_dump(), "difference": one.difference} for one in self.coefficients]
        return {
            **self.model_dump(exclude={"coefficients"}),
            "nrmse_difference": self.nrmse_difference,
            "largest_difference": self.largest.difference if self.largest else 0.0,
            "largest_of": self.largest.name if self.largest else "",
            "alike": self.alike,
            "coefficients": worked_out,
        }


class SecondOpinion(BaseModel):
    """How two results of one experiment compare. `missing` and `unverified` say why a part is not there."""

    model_config = ConfigDict(frozen=True)

    measure: str = "ROAS"
    channels: tuple[TwoEstimates, ...] = ()
    missing: str = ""
    method: str = Field("robyn", description="How the preview's model was chosen: robyn or evidence.")
    adstocks: tuple[str, str] = Field(("", ""), description="The preview's adstock, and Robyn's.")
    verification: Verification | None = None
    unverified: str = ""

    @property
    def two_methods(self) -> bool:
        """Whether the preview answers another question than Robyn does, so that their numbers may well differ."""
        return self.method == "evidence" or self.adstocks[0] != self.adstocks[1]

    def names(self, agreement: Agreement) -> list[str]:
        """The channels of which this is so, as people call them."""
        return [label(one.channel) for one in self.channels if one.agreement is agreement]


def compare(
    native: Headline,
    robyn: Headline,
    rule: Mapping[str, Estimate] | None = None,
    adstocks: tuple[str, str] = ("", ""),
) -> SecondOpinion:
    """Hold two results against each other, channel by channel, in the native result's order.

    rule: by channel the native trainer's answer by Robyn's rule and formula, with which Robyn's is compared; None where
    there is none. adstocks: of the native result and of Robyn's.
    """
    theirs = {one.channel: one for one in robyn.channels}
    pairs = [(one, theirs[one.channel]) for one in native.channels if one.channel in theirs]
    opinion = SecondOpinion(
        measure=native.measure,
        missing="" if pairs else "The two results have no channel in common.",
        method=native.method,
        adstocks=adstocks,
    )
    found = (_pair(ours, other, (rule or {}).get(ours.channel), opinion.two_methods) for ours, other in pairs)
    return opinion.model_copy(update={"channels": tuple(found)})


def verified(
    *,
    model: str,
    chosen: bool,
    version: str,
    nrmse: tuple[float, float],
    native: Mapping[str, float],
    robyn: Mapping[str, float],
    shares: Mapping[str, float],
) -> Verification:
    """Compare the coefficients of two fits. nrmse: of the native fit and of Robyn's.

    A variable that one fit does not have at all is no small difference: it is named, and the models are not alike.
    """
    counted = [name for name, share in shares.items() if abs(share) >= COUNTS]
    found = [
        Coefficient(name=name, share=abs(shares[name]), native=native.get(name, 0.0), robyn=robyn.get(name, 0.0))
        for name in counted
    ]
    found.sort(key=lambda one: one.difference, reverse=True)
    return Verification(
        model=model,
        chosen=chosen,
        version=version,
        nrmse_native=nrmse[0],
        nrmse_robyn=nrmse[1],
        coefficients=tuple(found),
        missing=tuple(
            [*(name for name in native if name not in robyn), *(name for name in robyn if name not in native)]
        ),
    )


def read_opinion(path: Path) -> SecondOpinion | None:
    """Return what a training kept; None if it compared nothing, or nobody can read it any more."""
    try:
        return SecondOpinion.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def in_words(opinion: SecondOpinion) -> str:
    """The comparison in one or two plain sentences."""
    if opinion.missing:
        return f"There is no second opinion. {opinion.missing}"
    agree, differ = opinion.names(Agreement.AGREE), opinion.names(Agreement.DIFFER)
    unknown = opinion.names(Agreement.UNKNOWN)
    if opinion.two_methods:
        return " ".join(_of_two_methods(opinion, agree, differ, unknown))
    said = []
    if agree and not differ and not unknown:
        who = "the one channel" if len(agree) == 1 else f"all {len(agree)} channels"
        said.append(f"Robyn confirms the preview on {who}.")
    elif agree:
        rest = f"; they differ on {listed(differ)}" if differ else ""
        said.append(f"Robyn and the preview agree on {listed(agree)}{rest}.")
    elif differ:
        who = "the one channel" if len(opinion.channels) == 1 else listed(differ)
        said.append(f"Robyn and the preview differ on {who}; they agree on none.")
    if unknown:
        said.append(f"{listed(unknown)} cannot be compared: a range is missing.")
    if differ:
        said.append("Do not move money on what they differ on before a lift test.")
    return " ".join(said)


def _of_two_methods(opinion: SecondOpinion, agree: list[str], differ: list[str], unknown: list[str]) -> Iterator[str]:
    """Say that two methods are compared, then like with like, then where the methods part."""
    ways = ["asks what the data bear out"] if opinion.method == "evidence" else []
    ways += ["lets each channel's effect last as the data say"] if opinion.adstocks[0] == "auto" else []
    ways = ways or ["lets effects last in another way"]
    yield f"Two methods: the preview {' and '.join(ways)}, Robyn goes by its own rule."
    if any(one.rule is not None for one in opinion.channels):
        who = "the one channel" if len(agree) == 1 else f"all {len(agree)} channels"
        if agree and not differ and not unknown:
            yield f"By Robyn's rule our trainer agrees with Robyn on {who}."
        elif agree:
            rest = f" and differs on {listed(differ)}" if differ else ""
            yield f"By Robyn's rule our trainer agrees with Robyn on {listed(agree)}{rest}."
        elif differ:
            yield f"By Robyn's rule our trainer differs from Robyn on {listed(differ)}."
        if unknown:
            yield f"{listed(unknown)} cannot be compared: a range is missing."
    parted = [label(one.channel) for one in opinion.channels if one.parted]
    if parted:
        yield f"The two methods part on {listed(parted)}: do not move money there before a lift test."
    else:
        yield "The ranges of both methods meet on every channel."


def check_in_words(opinion: SecondOpinion) -> str:
    """The verification in plain sentences; empty where there is nothing to say."""
    check = opinion.verification
    if check is None:
        return f"The preview's model was not fitted again in Robyn. {opinion.unverified}" if opinion.unverified else ""
    given = "the preview's settings" if check.chosen else "the settings of the best model that the preview's search met"
    if check.stands_in:
        given = "the settings of the model that our trainer chooses by Robyn's rule"
    again = f"Robyn {check.version}".rstrip() + f", given {given},"
    if check.missing:
        verb = "is" if len(check.missing) == 1 else "are"
        return f"{again} makes another model: {listed([label(name) for name in check.missing])} {verb} not in both."
    if check.largest is None:
        return f"{again} makes a model of which no part explains 1 % or more: there is nothing to compare."
    far = f"by at most {_small(check.largest.difference)} ({label(check.largest.name)})"
    return f"{again} makes {'the same' if check.alike else 'another'} model: its coefficients differ {far}."


def check_in_detail(opinion: SecondOpinion) -> str:
    """The verification for who wants to know: which model, and how either fit does; empty where there was none."""
    check = opinion.verification
    if check is None:
        return ""
    why = "" if check.chosen else ", as the preview's own is made from the evidence of all and is no single fit"
    if check.stands_in:
        why = ", by Robyn's rule and with Robyn's adstock, as the preview's own is no fit that Robyn can make"
    ends = f"NRMSE {check.nrmse_native:.4f} here, {check.nrmse_robyn:.4f} there"
    said = f"Fitted again in Robyn {check.version}: model {check.model}{why}; {ends}."
    if check.time_apart is None:
        return said
    far = _small(check.time_apart)
    return f"{said} Both have Robyn's time effects; ours lie at most {far} of the KPI's highest value from these."


def interval(one: Estimate) -> str:
    """A trainer's range in words."""
    return "no effect" if one.value is None else span(one.low, one.high)


def _pair(ours: ChannelResult, other: ChannelResult, rule: Estimate | None, two_methods: bool) -> TwoEstimates:
    native, robyn = _estimate(ours), _estimate(other)
    if rule and not two_methods:
        # One method in two hands: both ranges by one formula.
        native, rule = rule, None
    return TwoEstimates(
        channel=ours.channel,
        native=native,
        robyn=robyn,
        agreement=_meet(rule or native, robyn),
        rule=rule,
        parted=_meet(native, robyn) is Agreement.DIFFER,
    )


def _estimate(one: ChannelResult) -> Estimate:
    if not shows_effect(one):
        return Estimate(value=None, low=None, high=None)
    return Estimate(value=one.efficiency, low=one.low, high=one.high)


def _meet(one: Estimate, other: Estimate) -> Agreement:
    """Two ranges that overlap do not contradict each other; an effect against none does."""
    seen = one.value is not None, other.value is not None
    if not any(seen):
        return Agreement.AGREE
    if not all(seen):
        return Agreement.DIFFER
    if one.low is None or other.low is None:
        return Agreement.UNKNOWN
    overlap = one.low <= _end(other.high) and other.low <= _end(one.high)
    return Agreement.AGREE if overlap else Agreement.DIFFER


def _end(high: float | None) -> float:
    """The cost of no effect has no high end."""
    return inf if high is None or not isfinite(high) else high


def _small(share: float) -> str:
    """A difference as people read it; the tiniest are just that."""
    return "less than 0.1 %" if share < 0.0005 else percent(share)
