"""Block Kit as the page draws it, and what its elements tell."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import gallery
from tests.browser.fake_page_api import FakeSlack

pytestmark = pytest.mark.browser


def show(slack: FakeSlack, page: Page, blocks: list[gallery.Block]) -> str:
    """Post blocks and look at them; returns the message's ts."""
    message = slack.say("C0MARKETING", "U0MMMBOT", "fallback", bot_id="B0", blocks=blocks)
    page.goto(slack.url)
    expect(page.locator(".blocks")).to_be_visible()
    return str(message["ts"])


def test_mrkdwn_is_formatted_and_never_becomes_html(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.TEXTS)
    text = page.locator("[data-block-id=texts]")
    for tag, words in (("strong", "bold"), ("em", "italic"), ("s", "struck"), ("blockquote", "quoted <b>safe</b>")):
        expect(text.locator(tag).first).to_have_text(words)
    expect(text.locator("a").first).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    expect(text.locator("pre")).to_have_text("x = 1 < 2\n*not bold*")
    expect(text.locator("time")).to_have_text("1 Jan 2026 00:00")
    expect(text).to_contain_text("snake_case_stays 2 * 3 * 4")
    expect(text).to_contain_text("@Ben Osei in #marketing")
    expect(text).to_contain_text("<script>alert(1)</script> ✅ :no_such_emoji:")
    assert text.locator("script, b").count() == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* and *b*", "<strong>a</strong> and <strong>b</strong>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("a*b*c", "a*b*c"),
        ("`*raw*`", "<code>*raw*</code>"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("&amp;lt;", "&amp;lt;"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<!date^oops^{date}|then>", "then"),
        ("&gt; one\n&gt; two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("<@U404>", '<span class="mention" data-user="U404">@U404</span>'),
        ("<!here> go", '<span class="mention broadcast">@here</span> go'),
        ("a\n\nb", "a<br><br>b"),
    ],
    ids=[
        "bold",
        "nested",
        "inside a word",
        "code",
        "entities",
        "twice",
        "script",
        "date",
        "quote",
        "mention",
        "here",
        "lines",
    ],
)
def test_mrkdwn(slack: FakeSlack, page: Page, text: str, html: str) -> None:
    page.goto(slack.url)
    drawn = page.evaluate(
        """async (text) => {
            const { mrkdwn } = await import("/page/mrkdwn.js");
            const node = document.createElement("div");
            node.append(...mrkdwn(text));
            return node.innerHTML;
        }""",
        text,
    )
    assert drawn == html


def test_a_button_tells_what_was_pressed_and_where(slack: FakeSlack, page: Page) -> None:
    ts = show(slack, page, gallery.TEXTS)
    page.get_by_role("button", name="Open form").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    told = slack.last("action")
    assert told["container"] == {"type": "message", "channel": "C0MARKETING", "ts": ts}
    assert told["action"]["action_id"] == "open_form"
    assert told["action"]["block_id"] == "acts"
    assert told["action"]["value"] == "v1"
    assert told["state"]["values"]["acts"]["day"] == {"type": "datepicker", "selected_date": "2026-01-05"}


def test_a_confirmed_button_asks_first(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.TEXTS)
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click()
    question = page.get_by_role("dialog", name="Cancel the run?")
    question.get_by_role("button", name="No").click()
    expect(question).to_have_count(0)
    expect(cancel).to_be_focused()
    assert slack.seen == []
    cancel.click()
    page.get_by_role("button", name="Yes").click()
    expect(question).to_have_count(0)
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    assert slack.last("action")["action"]["value"] == "v2"


def test_a_select_and_an_overflow_menu_tell_the_choice(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.TEXTS)
    page.get_by_role("combobox", name="Pick a metric").click()
    with page.expect_response("**/actions"):
        page.get_by_role("option", name="CPA").click()
    assert slack.last("action")["action"]["selected_option"]["value"] == "cpa"
    page.get_by_role("button", name="More actions").click()
    with page.expect_response("**/actions"):
        page.get_by_role("menuitem", name="Delete").click()
    assert slack.last("action")["action"]["selected_option"]["value"] == "delete"


def test_a_picture_has_its_alt_text_and_opens_large(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.PICTURE)
    picture = page.locator("[data-block-id=chart] img")
    expect(picture).to_have_attribute("src", "page/api/files/F0CHART")
    expect(picture).to_have_attribute("alt", "Search returns most per euro")
    page.get_by_role("button", name="Enlarge").click()
    large = page.get_by_role("dialog", name="Return by channel")
    expect(large.get_by_text("Search returns most per euro")).to_be_visible()
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)


def test_rich_text_markdown_and_tables_are_drawn(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.RICH)
    expect(page.locator(".rich_text strong")).to_have_text("rich ")
    expect(page.locator(".rich_text li")).to_have_text("point")
    expect(page.locator(".markdown strong")).to_have_text("Usable")
    expect(page.locator(".markdown td")).to_have_text(["TV", "1.9"])
    expect(page.locator(".block.table td")).to_have_text(["1", "20,000"])
    expect(page.get_by_role("img", name="in progress")).to_be_visible()


def test_a_data_table_sorts_filters_and_turns_pages(slack: FakeSlack, page: Page) -> None:
    show(slack, page, gallery.DATA_TABLE)
    names = page.locator(".data-table tbody th")
    expect(names).to_have_text(["TV", "Search", "Social", "Radio", "Print"])
    page.get_by_role("button", name="Next").click()
    expect(names).to_have_text(["Display", "Video"])
    page.get_by_role("button", name="ROAS").click()
    expect(names).to_have_text(["Radio", "TV", "Print", "Search", "Display"])
    expect(page.locator("th[aria-sort=descending]")).to_have_text("ROAS")
    page.get_by_role("searchbox").fill("vid")
    expect(names).to_have_text(["Video"])


@pytest.mark.parametrize(("kind", "marks"), [("bar", 8), ("line", 2), ("area", 2), ("pie", 3)])
def test_charts_are_drawn_with_words_for_who_cannot_see_them(
    slack: FakeSlack, page: Page, kind: str, marks: int
) -> None:
    show(slack, page, [gallery.chart(kind)])
    drawn = page.locator(".chart svg")
    expect(drawn.locator({"pie": ".slice"}.get(kind, f".{kind}"))).to_have_count(marks)
    expect(drawn).to_have_attribute(
        "aria-label",
        "Spend share: TV 45%, Search 35%, Social 20%"
        if kind == "pie"
        else f"Revenue, as {kind}: Baseline Jan 3, Feb 7, Mar 11, Apr 15; Media Jan 1, Feb 3, Mar 5, Apr 7",
    )
    drawn.locator("[data-tip]").first.hover()
    expect(page.locator(".chart-tip")).to_be_visible()


def test_a_message_block_that_changes_is_drawn_again(slack: FakeSlack, page: Page) -> None:
    show(slack, page, [{"type": "section", "text": gallery.mrkdwn("10%")}])
    message = slack.messages["C0MARKETING"][0]
    blocks = [{"type": "section", "text": gallery.mrkdwn("20%")}]
    slack.emit("message_changed", channel="C0MARKETING", message={**message, "blocks": blocks})
    expect(page.get_by_text("20%")).to_be_visible()
    expect(page.get_by_text("10%")).to_have_count(0)
