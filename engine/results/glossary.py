"""Every term that verdicts, charts and messages use, each with one sentence; docs/glossary.md has the same."""

from typing import Final, Literal, NamedTuple

Place = Literal["thread", "details"]


class Term(NamedTuple):
    """A term, what it means in one sentence, and where it is met: in a run's thread, or among its details only."""

    name: str
    meaning: str
    place: Place = "thread"


GLOSSARY: Final = (
    Term("KPI", "The number that the model explains: revenue or conversions."),
    Term("ROAS", "Return on ad spend: what the KPI gained through a channel, divided by what was spent on it."),
    Term("CPA", "Cost per acquisition: what was spent on a channel, divided by the conversions it brought."),
    Term(
        "Range",
        "Between its ends the truth lies in about nine of ten cases, as far as this kind of model can tell; by "
        "Robyn's rule it only shows how far similar models differ.",
    ),
    Term(
        "Act",
        "The channel's range is narrow enough, and nothing speaks against it: budgets may follow its number.",
    ),
    Term(
        "Test first",
        "The channel's number is a hint: change its spend for some weeks in one region, or stop it, before budgets do.",
    ),
    Term("Silent", "The data say next to nothing about the channel: its number is not to be used."),
    Term("No effect seen", "The channel may bring next to nothing; that is no proof that it does."),
    Term("Share of spend", "What part of all paid media spend went into the channel."),
    Term("Share of effect", "What part of all that paid media brought came through the channel."),
    Term(
        "Next unit",
        "What one more unit of money on the channel would bring, or what one more conversion would cost, if it is "
        "spent as the money was.",
    ),
    Term("Base", "What the KPI would be without any of the media and events the model knows."),
    Term("Trend", "The part of the KPI that rises or falls slowly, whatever is spent."),
    Term("Season", "The part of the KPI that comes back every year."),
    Term("Carryover", "Effect that comes in the periods after the money was spent."),
    Term("Delay", "How many periods after the spend its effect is largest."),
    Term(
        "Response curve",
        "What a channel brings at each level of spend: it flattens, as more money reaches the same people.",
    ),
    Term("Flights", "Stretches of spend with periods without any in between."),
    Term(
        "Lift test",
        "An experiment that changes spend on purpose, in a region or for a time, and measures what follows.",
    ),
    Term(
        "Weeks it had not seen",
        "The end of the data was kept back, told by a model made from what came before, and compared.",
    ),
    Term(
        "Share credit",
        "Two channels share credit where the data fit as well if one of them brings more and the other less.",
    ),
    Term(
        "Odd week",
        "A period that the model cannot explain; it counts little, so that it moves no channel's number.",
    ),
    Term("Preview", "A short run that shows what will be seen, not what to act on."),
    Term("Native", "Our own trainer, where Robyn does not train: it follows the same method, and takes minutes."),
    Term(
        "Seed",
        "The number that chance starts from: the same one gives the same answer, another shows how much is chance.",
    ),
    Term("Robyn", "Meta's open package for marketing mix models."),
    Term(
        "Robyn's rule",
        "Of the models that fit, Robyn takes one in which each channel's effect follows its spend; evidence asks "
        "what the data bear out.",
    ),
    Term(
        "R²",
        "How much of the ups and downs of the KPI the model follows, 0 to 1, less what any model of its size follows.",
        "details",
    ),
    Term(
        "NRMSE",
        "How far the model is typically off, as a part of the gap between the lowest and the highest value of the KPI.",
        "details",
    ),
    Term(
        "DECOMP.RSSD",
        "How far the channels' shares of effect lie from their shares of spend: Robyn minimises it beside NRMSE.",
        "details",
    ),
    Term("Iterations × trials", "How many models a search tries, and how often it begins anew.", "details"),
    Term(
        "Front of the search",
        "The models of which none fits better without its effects lying further from the spends.",
        "details",
    ),
    Term(
        "Near-tied models",
        "Models that fit at most a tenth worse and whose shares differ little from the chosen one's.",
        "details",
    ),
    Term(
        "Posterior draw",
        "One set of all the model's unknowns that fits the data about as well as they allow; ranges are read off "
        "thousands of them.",
        "details",
    ),
    Term(
        "Chain",
        "One of several independent walks through the answers that fit; where they end up alike, the answer is at "
        "rest.",
        "details",
    ),
    Term(
        "R-hat",
        "How far chains differ from each other, against how far each one wanders: at most 1.01 is good.",
        "details",
    ),
    Term("ESS", "How many independent draws the chains are worth: 400 are enough.", "details"),
    Term(
        "Adstock",
        "The formula by which effect is carried into later periods: geometric, delayed or Weibull.",
        "details",
    ),
    Term("Saturation", "The formula by which effect flattens with more spend (Hill).", "details"),
    Term(
        "From the data",
        "How much of a channel's number its own data decided; the rest comes from the assumption that channels "
        "are alike.",
        "details",
    ),
    Term(
        "Model 2_118_1",
        "A model's name: the search it comes from, its place in that search, and the worker; 0_1_1 is made from "
        "the evidence of all.",
        "details",
    ),
)


def terms(place: Place) -> tuple[Term, ...]:
    """The terms that are met in one place, in the order in which they are told."""
    return tuple(term for term in GLOSSARY if term.place == place)


def meaning(name: str) -> str:
    """The sentence of one term. Raises KeyError where there is none."""
    return {term.name: term.meaning for term in GLOSSARY}[name]


def page() -> str:
    """The glossary as docs/glossary.md has it."""
    titles: dict[Place, str] = {"thread": "## In a run's thread", "details": "## Behind *Details*"}
    lines = ["# Glossary", "", "Written by `python -m docs.reference` from `engine/results/glossary.py`."]
    lines += ["“What is this?” under a result shows the same sentences."]
    for place, title in titles.items():
        lines += ["", title, "", "| term | meaning |", "| --- | --- |"]
        lines += [f"| {term.name} | {term.meaning} |" for term in terms(place)]
    return "\n".join([*lines, ""])
