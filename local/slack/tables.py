"""What Slack refuses in tables and native charts."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

Problems = Iterator[str]

CHARTS = ("bar", "line", "area")


def check_table(block: dict[str, Any], at: str) -> Problems:
    """Check a `table` or `data_table`: its shape, its cells, its size."""
    rows, data = block["rows"], block["type"] == "data_table"
    least, most = (2, 101) if data else (1, 100)
    if not isinstance(rows, list) or not least <= len(rows) <= most:
        yield f"must have {least} to {most} rows [json-pointer:{at}/rows]"
        return
    if any(not 1 <= len(row) <= 20 for row in rows) or len({len(row) for row in rows}) != 1:
        yield f"rows must have the same 1 to 20 cells [json-pointer:{at}/rows]"
    kinds = {"raw_text", "rich_text"} | ({"raw_number"} if data else set())
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            where = f"{at}/rows/{number}/{column}"
            if cell.get("type") not in kinds or (data and number == 0 and cell["type"] == "rich_text"):
                yield f"unsupported cell: {cell.get('type')} [json-pointer:{where}]"
            elif cell["type"] != "rich_text" and not cell.get("text"):
                yield f"must be more than 0 characters [json-pointer:{where}/text]"
            elif cell["type"] == "raw_number" and not _number(cell.get("value")):
                yield f"must be a number [json-pointer:{where}/value]"
    if not data:
        return
    if sum(len(str(cell.get("text", ""))) for row in rows for cell in row) > 10_000:
        yield f"cells hold more than 10000 characters [json-pointer:{at}/rows]"
    if not isinstance(block["caption"], str) or not block["caption"]:
        yield f"must be more than 0 characters [json-pointer:{at}/caption]"
    if not 1 <= block.get("page_size", 5) <= 100:
        yield f"must be 1 to 100 [json-pointer:{at}/page_size]"


def check_chart(block: dict[str, Any], at: str) -> Problems:
    """Check a `data_visualization`."""
    chart = block["chart"]
    if not 0 < len(block["title"]) <= 50:
        yield f"must be 1 to 50 characters [json-pointer:{at}/title]"
    if chart.get("type") == "pie":
        segments = chart.get("segments", [])
        if not 1 <= len(segments) <= 6:
            yield f"must have 1 to 6 items [json-pointer:{at}/chart/segments]"
        for number, segment in enumerate(segments):
            if not 0 < len(segment.get("label", "")) <= 20 or not (
                _number(segment.get("value")) and segment["value"] > 0
            ):
                yield f"invalid segment [json-pointer:{at}/chart/segments/{number}]"
        return
    if chart.get("type") not in CHARTS:
        yield f"unsupported chart: {chart.get('type')} [json-pointer:{at}/chart/type]"
        return
    categories = chart.get("axis_config", {}).get("categories", [])
    series = chart.get("series", [])
    if not 1 <= len(series) <= 6 or len({one.get("name") for one in series}) != len(series):
        yield f"must have 1 to 6 series with different names [json-pointer:{at}/chart/series]"
    if not 1 <= len(categories) <= 20 or any(not 0 < len(name) <= 20 for name in categories):
        yield f"must have 1 to 20 categories of at most 20 characters [json-pointer:{at}/chart/axis_config/categories]"
    for number, one in enumerate(series):
        points = one.get("data", [])
        if not 0 < len(one.get("name", "")) <= 20 or sorted(p.get("label") for p in points) != sorted(categories):
            yield f"a series needs a name and one point a category [json-pointer:{at}/chart/series/{number}]"
        if any(not _number(point.get("value")) for point in points):
            yield f"values must be finite numbers [json-pointer:{at}/chart/series/{number}/data]"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
