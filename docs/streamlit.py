"""Write `docs/from-streamlit.md` anew: where each thing that the Streamlit app offered has its place here.

`python -m docs.streamlit`. A row's commands are those of the registry; its tests are those that carry its mark,
`@pytest.mark.streamlit("ROW")`. A test holds both, and that no row is without.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.service import registry
from bot.wing import NAME

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).parent / "from-streamlit.md"
MARK = "streamlit"


@dataclass(frozen=True)
class Row:
    """Something that the app offered: on which of its pages, what it was, and by which commands it is had here."""

    id: str
    page: str
    offered: str
    here: str
    commands: tuple[str, ...]


CONNECT, LOAD, MAP, REVIEW, PREPARE = "Connect data", "Load data", "Map data", "Review data", "Prepare training data"

ROWS: tuple[Row, ...] = (
    Row(
        "access-domains",
        "Sign in",
        "accounts of listed domains only, exactly the part after @",
        "Slack's sign-in; e-mail domains by setting, exactly, and a role for everybody",
        ("why",),
    ),
    Row(
        "connect-snowflake",
        CONNECT,
        "a form with account, warehouse, database, schema, role and a pasted key; 20 rows of a table",
        "named connections by reference to a secret; a test says who we are, what we may and see, and shows first rows",
        ("connect",),
    ),
    Row(
        "connect-bigquery",
        CONNECT,
        "BigQuery with the JSON of a service account; 20 rows of a table",
        "a connection of that kind: the same form, test and search",
        ("connect",),
    ),
    Row(
        "upload-file",
        CONNECT,
        "a CSV of at most 500 MB, kept in the web server's memory",
        "drop a CSV, Excel, OpenDocument or Parquet file; what is doubtful about it is asked",
        ("dataset new",),
    ),
    Row(
        "output-bucket",
        CONNECT,
        "a text field for the bucket of later pages",
        "one bucket by setting; whether it can be written is checked",
        ("doctor",),
    ),
    Row(
        "query-cache",
        CONNECT,
        "results of a query kept for a day by its lower-cased text, for everybody",
        "kept by connection, role and normalised SQL; what is there, how old, how often used; cleared by button",
        ("cache",),
    ),
    Row(
        "load-dataset",
        LOAD,
        "a stored version, a table or SQL with {country}, for chosen countries; ten rows of each",
        "the same for up to 60 countries at once, one line a country; versions, differences, refresh, download",
        ("dataset new", "dataset refresh", "dataset versions", "dataset diff", "dataset download", "dataset delete"),
    ),
    Row(
        "map-first-countries",
        LOAD,
        "the first ten countries with data are chosen",
        "countries that have rows are offered first, with their counts",
        ("dataset new",),
    ),
    Row(
        "map-variables",
        MAP,
        "date, goals, channels, roles, aggregates; stored as mapping.json",
        "guessed, corrected in a form or as CSV, stored as a version; mapping.json can be dropped in",
        ("map",),
    ),
    Row(
        "map-universal-or-country",
        MAP,
        "one mapping for all countries or one of a country's own",
        "the same; the newest that fits applies to later snapshots by itself",
        ("map",),
    ),
    Row(
        "map-refresh-from-earlier",
        MAP,
        "begin with an earlier mapping",
        "go back to any version; two versions can be compared",
        ("map",),
    ),
    Row(
        "map-name-convention",
        MAP,
        "channel, sub-channel and suffix by the column's name",
        "the same, corrected in form or CSV",
        ("map",),
    ),
    Row("map-known-channels", MAP, "about 40 known channels, or a list of one's own", "the same", ("map",)),
    Row(
        "map-auto-tag",
        MAP,
        "roles by suffix; context and organic win",
        "patterns of the workspace, which can be edited and reset",
        ("map",),
    ),
    Row("map-goal-type", MAP, "revenue guessed by suffix", "guessed by name and values, and asked", ("map",)),
    Row(
        "map-table",
        MAP,
        "a table of all variables: category, channel, type, aggregation, tags",
        "the CSV round trip: download, edit, drop back; every problem with row and column",
        ("map",),
    ),
    Row(
        "map-aggregates",
        MAP,
        "row sums by tag and in total, offered beside their parts",
        "total or parts, never both",
        ("map",),
    ),
    Row(
        "map-carry-to-exposures",
        MAP,
        "tags and aggregation of a spend go to its exposures",
        "the same",
        ("map",),
    ),
    Row(
        "map-validate",
        REVIEW,
        "a page to validate the mapping by its charts",
        "tiles, charts and sentences of what was mapped",
        ("review",),
    ),
    Row(
        "review-tiles",
        REVIEW,
        "totals with their change against the equal window before",
        "the same, and against a year before",
        ("review",),
    ),
    Row(
        "review-timeframes",
        REVIEW,
        "six timeframes; day, week, month, quarter, year",
        "the same, typed or in one form",
        ("review",),
    ),
    Row(
        "review-efficiency",
        REVIEW,
        "goal by spend; ROAS where the goal looks like money",
        "ROAS for revenue, cost each for conversions, by what the mapping says",
        ("review",),
    ),
    Row(
        "review-charts",
        REVIEW,
        "goal against spend; spend by channel and sub-channel",
        "the same, as native charts or pictures, each with the sentence that says the finding",
        ("review",),
    ),
    Row("review-waterfall", REVIEW, "what changed in spend, as a waterfall", "the same", ("review",)),
    Row(
        "review-funnel",
        REVIEW,
        "impressions, clicks, sessions, CPM, CPC, CTR, cost by session of each channel",
        "the same",
        ("review",),
    ),
    Row("review-any-metric", REVIEW, "any metric over time", "the same", ("review",)),
    Row(
        "review-metadata-mismatch",
        REVIEW,
        "columns that the metadata do not know, and types that differ",
        "the same, and new and vanished columns on each refresh",
        ("review", "map"),
    ),
    Row(
        "prepare-quality",
        PREPARE,
        "per column: type, spark line, missing, zeros, distinct, quantiles",
        "the same in the check, as a table or CSV",
        ("check",),
    ),
    Row(
        "check-profiles",
        PREPARE,
        "strict, balanced and lenient thresholds",
        "the same three",
        ("check",),
    ),
    Row(
        "prepare-auto-clean",
        PREPARE,
        "empty, constant and hardly varying columns are dropped",
        "each a finding with its remedy as a button; the recipe keeps the reason",
        ("check", "prepare"),
    ),
    Row("prepare-goal", PREPARE, "choose the goal", "part of the recipe", ("prepare",)),
    Row(
        "prepare-remembered-goal",
        PREPARE,
        "what was chosen for a goal is remembered",
        "the open recipe keeps it, and every saved one",
        ("prepare",),
    ),
    Row("prepare-spends", PREPARE, "choose the spends, sorted by their correlation", "the same", ("prepare",)),
    Row(
        "prepare-exposures",
        PREPARE,
        "per spend the exposure with rank correlation, R² and error",
        "the same, the best one as a button",
        ("check", "prepare"),
    ),
    Row("prepare-driver-ratio", PREPARE, "observations by driver", "the same", ("check",)),
    Row(
        "prepare-collinearity",
        PREPARE,
        "condition number and correlations",
        "the same, with what each remedy would do",
        ("check",),
    ),
    Row(
        "prepare-leading-zeros",
        PREPARE,
        "the first row with any driver",
        "a finding with a window as remedy",
        ("check",),
    ),
    Row("prepare-duplicates", PREPARE, "pairs of columns that are copies", "the same", ("check",)),
    Row(
        "prepare-vif",
        PREPARE,
        "VIF by category, without an intercept",
        "VIF with intercept, before and after a remedy",
        ("check",),
    ),
    Row(
        "driver-marginal-returns",
        PREPARE,
        "a driver against the goal: fits, winsorising, marginal return",
        "one driver: curve, lags, outliers, against the goal",
        ("driver",),
    ),
    Row(
        "prepare-export",
        PREPARE,
        "selected columns as a file, without the reasons",
        "a recipe: saved, numbered, approved by another person, named by experiments",
        ("prepare",),
    ),
)


def page() -> str:
    """Return the page: a table of rows, each with its commands and the tests that show it."""
    tests = marked()
    lines = [
        "# From the Streamlit app to Slack",
        "",
        "What the Streamlit app offers before a model runs, and where it is here. Written by",
        "`python -m docs.streamlit` from the commands' registry and the tests' own marks.",
    ]
    for name in dict.fromkeys(row.page for row in ROWS):
        lines += ["", f"## {name}", "", "| there | here | commands | tests |", "| --- | --- | --- | --- |"]
        for row in (row for row in ROWS if row.page == name):
            commands = ", ".join(f"`{NAME} {words}`" for words in row.commands)
            shown = ", ".join(f"`{test}`" for test in tests.get(row.id, ())) or "–"
            lines.append(f"| {row.offered} | {row.here} | {commands} | {shown} |")
    return "\n".join([*lines, ""])


def unknown_commands() -> list[str]:
    """Commands of rows that nobody answers."""
    known = {" ".join(words) for words in registry().commands}
    return sorted({words for row in ROWS for words in row.commands} - known)


def marked() -> dict[str, list[str]]:
    """The tests by the rows that they show, as `folder/file.py`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT / "tests").as_posix()
        for row in _marks(ast.parse(path.read_text())):
            if name not in found.setdefault(row, []):
                found[row].append(name)
    return found


def _marks(tree: ast.Module) -> Iterator[str]:
    """The rows that a file's tests, or all of them by `pytestmark`, are marked with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(f"mark.{MARK}"):
            yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))


if __name__ == "__main__":
    PAGE.write_text(page())
