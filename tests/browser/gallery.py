"""One of every block and input, for the page to draw."""

from typing import Any

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(value: str, text: str = "", note: str = "") -> Block:
    drawn: Block = {"text": plain(text or value.title()), "value": value}
    return drawn | ({"description": plain(note)} if note else {})


def button(text: str, action_id: str, **more: Any) -> Block:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def confirm(title: str) -> Block:
    return {
        "title": plain(title),
        "text": mrkdwn("This *cannot* be undone."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }


TEXTS: list[Block] = [
    {"type": "header", "text": plain("Run card &amp; friends :rocket:")},
    {
        "type": "section",
        "block_id": "texts",
        "text": mrkdwn(
            "*bold* _italic_ ~struck~ `code` snake_case_stays 2 * 3 * 4 <https://example.com/a?b=1&amp;c=2|a link>\n"
            "&gt; quoted &lt;b&gt;safe&lt;/b&gt;\n• one\n• two with *bold*\n"
            "Hello <@U0BEN> in <#C0MARKETING>, <!date^1767225600^{date_short_pretty} {time}|1 Jan>\n"
            "```\nx = 1 < 2\n*not bold*\n```\nafter <script>alert(1)</script> :white_check_mark: :no_such_emoji:"
        ),
    },
    {"type": "section", "fields": [mrkdwn("*Dataset*\nGermany weekly"), mrkdwn("*Weeks*\n208")]},
    {
        "type": "section",
        "block_id": "overflowing",
        "text": mrkdwn("A section with more to do"),
        "accessory": {"type": "overflow", "action_id": "more", "options": [option("copy"), option("delete")]},
    },
    {"type": "context", "elements": [mrkdwn("Started by <@U0ANA>"), plain("3 minutes ago")]},
    {"type": "divider"},
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("Open form", "open_form", style="primary", value="v1"),
            button("Cancel", "cancel", style="danger", value="v2", confirm=confirm("Cancel the run?")),
            button("Slow", "slow"),
            {
                "type": "static_select",
                "action_id": "pick",
                "placeholder": plain("Pick a metric"),
                "options": [option("roas", "ROAS"), option("cpa", "CPA")],
            },
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-05"},
        ],
    },
]

PICTURE: list[Block] = [
    {
        "type": "image",
        "block_id": "chart",
        "slack_file": {"id": "F0CHART"},
        "alt_text": "Search returns most per euro",
        "title": plain("Return by channel"),
    }
]

RICH: list[Block] = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "rich ", "style": {"bold": True}},
                    {"type": "link", "url": "https://example.com", "text": "link"},
                    {"type": "emoji", "name": "tada"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "point"}]}],
            },
        ],
    },
    {
        "type": "markdown",
        "text": "## Result\n**Usable** with *care*.\n\n- first\n- second `x`\n\n"
        "| Channel | ROAS |\n|---|---:|\n| TV | 1.9 |\n",
    },
    {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in (("Week", "Spend"), ("1", "20,000"))],
        "column_settings": [{"align": "left"}, {"align": "right"}],
    },
    {
        "type": "plan",
        "title": plain("Plan"),
        "tasks": [
            {"type": "task_card", "task_id": "1", "title": plain("Stage the data"), "status": "complete"},
            {"type": "task_card", "task_id": "2", "title": plain("Train"), "status": "in_progress"},
        ],
    },
]

CHANNELS = ("TV", "Search", "Social", "Radio", "Print", "Display", "Video")

DATA_TABLE: list[Block] = [
    {
        "type": "data_table",
        "caption": "Channel results",
        "page_size": 5,
        "rows": [
            [{"type": "raw_text", "text": "Channel"}, {"type": "raw_text", "text": "ROAS"}],
            *(
                [
                    {"type": "raw_text", "text": name},
                    {"type": "raw_number", "value": (n * 37) % 50 / 10, "text": f"{(n * 37) % 50 / 10:.1f}"},
                ]
                for n, name in enumerate(CHANNELS, 1)
            ),
        ],
    }
]


def chart(kind: str) -> Block:
    """A data_visualization block of one kind."""
    months = ["Jan", "Feb", "Mar", "Apr"]
    if kind == "pie":
        segments = [{"label": "TV", "value": 45}, {"label": "Search", "value": 35}, {"label": "Social", "value": 20}]
        return {"type": "data_visualization", "title": "Spend share", "chart": {"type": "pie", "segments": segments}}
    series = [
        {"name": name, "data": [{"label": month, "value": value * (n + 1) - 1} for n, month in enumerate(months)]}
        for name, value in (("Baseline", 4), ("Media", 2))
    ]
    axis = {"categories": months, "x_label": "Month", "y_label": "Revenue, EUR million"}
    drawn = {"type": kind, "series": series, "axis_config": axis}
    return {"type": "data_visualization", "title": f"Revenue, as {kind}", "chart": drawn}


def field(name: str, element: Block, **more: Any) -> Block:
    label = plain(name.replace("_", " ").capitalize())
    return {"type": "input", "block_id": name, "label": label, "element": {"action_id": name, **element}, **more}


FRUIT = [option("apple", note="round"), option("banana"), option("cherry")]

INPUTS: list[Block] = [
    {"type": "alert", "text": mrkdwn("Two columns look *odd*."), "level": "warning"},
    field("title", {"type": "plain_text_input"}, hint=plain("What people will read")),
    field("notes", {"type": "plain_text_input", "multiline": True, "placeholder": plain("Anything")}, optional=True),
    field(
        "iterations",
        {
            "type": "number_input",
            "is_decimal_allowed": False,
            "min_value": "50",
            "max_value": "20000",
            "initial_value": "2000",
        },
    ),
    field("mail", {"type": "email_text_input"}, optional=True),
    field("fruit", {"type": "static_select", "options": FRUIT}, dispatch_action=True),
    field("dataset", {"type": "external_select", "min_query_length": 0, "placeholder": plain("Find a dataset")}),
    field("channels", {"type": "multi_static_select", "options": FRUIT, "max_selected_items": 2}, optional=True),
    field("where", {"type": "conversations_select", "initial_conversation": "C0MARKETING"}, optional=True),
    field("who", {"type": "users_select"}, optional=True),
    field("kind", {"type": "radio_buttons", "options": [option("csv", "CSV"), option("table")]}, optional=True),
    field("flags", {"type": "checkboxes", "options": [option("a", "Always"), option("b", "Never")]}, optional=True),
    field("start", {"type": "datepicker", "initial_date": "2026-01-05"}),
    field("at", {"type": "timepicker"}, optional=True),
    field("file", {"type": "file_input", "max_files": 1, "filetypes": ["csv"]}, optional=True),
    {"type": "section", "block_id": "inside", "text": mrkdwn("One step further"), "accessory": button("Push", "push")},
]


def modal(title: str, blocks: list[Block], **more: Any) -> Block:
    return {
        "type": "modal",
        "callback_id": title.lower().replace(" ", "_"),
        "title": plain(title),
        "close": plain("Cancel"),
        "submit": plain("Save"),
        "blocks": blocks,
        **more,
    }
