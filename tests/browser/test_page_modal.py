"""Modals: every input, what is submitted, and what survives."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import gallery
from tests.browser.fake_page_api import FakeSlack

pytestmark = pytest.mark.browser


@pytest.fixture
def form(slack: FakeSlack, page: Page) -> Locator:
    """The gallery's modal, open."""
    page.goto(slack.url)
    expect(page.get_by_label("Message #marketing")).to_be_visible()
    slack.open(gallery.modal("New experiment", gallery.INPUTS))
    dialog = page.get_by_role("dialog", name="New experiment")
    expect(dialog).to_be_visible()
    return dialog


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()


def complete(page: Page) -> None:
    """Fill what is required."""
    page.get_by_label("Title").fill("Spring")
    choose(page, "Fruit", "Banana")
    choose(page, "Dataset", "France weekly")


def test_the_first_field_has_the_focus_and_keeps_it_inside(form: Locator, page: Page) -> None:
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(form.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Close dialog")).to_be_focused()


def test_what_stands_above_the_first_field_is_seen_first(page: Page, slack: FakeSlack) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(slack.url)
    said = [{"type": "section", "text": {"type": "mrkdwn", "text": f"Finding {n}: " + "word " * 60}} for n in range(9)]
    slack.open(gallery.modal("Found", [*said, *gallery.INPUTS]))
    dialog = page.get_by_role("dialog", name="Found")
    expect(dialog.get_by_text("Finding 0")).to_be_in_viewport()
    expect(dialog.get_by_label("Title")).to_be_focused()
    expect(dialog.get_by_text("Finding 0")).to_be_in_viewport()


def test_every_value_is_submitted_as_slack_says_it(form: Locator, page: Page, slack: FakeSlack) -> None:
    complete(page)
    page.get_by_label("Notes").fill("two\nlines")
    page.get_by_label("Iterations").fill("3000")
    choose(page, "Channels", "Apple")
    page.get_by_role("option", name="Cherry").click()
    page.keyboard.press("Escape")
    choose(page, "Who", "Ben Osei")
    page.get_by_label("Table").check()
    page.get_by_label("Always").check()
    page.get_by_label("Start").fill("2026-02-02")
    page.get_by_label("At (optional)").fill("09:30")
    form.locator("input[type=file]").set_input_files({"name": "spend.csv", "mimeType": "text/csv", "buffer": b"a,b\n"})
    expect(form.locator(".file-row:not([aria-busy])")).to_contain_text("spend.csv")  # uploaded
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    values = {block: next(iter(said.values())) for block, said in slack.last("submit")["values"].items()}

    assert values["title"] == {"type": "plain_text_input", "value": "Spring"}
    assert values["notes"] == {"type": "plain_text_input", "value": "two\nlines"}
    assert values["iterations"] == {"type": "number_input", "value": "3000"}
    assert values["mail"] == {"type": "email_text_input", "value": None}
    assert values["fruit"] == {"type": "static_select", "selected_option": gallery.FRUIT[1]}
    assert values["dataset"]["selected_option"]["value"] == "france_weekly"
    assert [one["value"] for one in values["channels"]["selected_options"]] == ["apple", "cherry"]
    assert values["where"] == {"type": "conversations_select", "selected_conversation": "C0MARKETING"}
    assert values["who"] == {"type": "users_select", "selected_user": "U0BEN"}
    assert values["kind"]["selected_option"]["value"] == "table"
    assert [one["value"] for one in values["flags"]["selected_options"]] == ["a"]
    assert values["start"] == {"type": "datepicker", "selected_date": "2026-02-02"}
    assert values["at"] == {"type": "timepicker", "selected_time": "09:30"}
    assert [(one["id"], one["name"]) for one in values["file"]["files"]] == [("F0", "spend.csv")]


def test_what_is_missing_or_wrong_is_told_beside_its_field(form: Locator, page: Page, slack: FakeSlack) -> None:
    page.get_by_label("Iterations").fill("12")
    page.get_by_label("Mail").fill("nobody")
    form.get_by_role("button", name="Save").click()
    for block, words in (
        ("title", "Please complete this required field."),
        ("iterations", "Please enter a number of at least 50."),
        ("mail", "Please enter a valid email address."),
        ("fruit", "Please complete this required field."),
    ):
        expect(form.locator(f"[data-block-id={block}] .input-error")).to_have_text(words)
    expect(page.get_by_label("Title")).to_be_focused()
    assert slack.seen == []


def test_the_apps_errors_are_shown_and_leave_when_the_field_changes(
    form: Locator, page: Page, slack: FakeSlack
) -> None:
    complete(page)
    slack.errors = {"title": "This title is taken."}
    form.get_by_role("button", name="Save").click()
    error = form.locator("[data-block-id=title] .input-error")
    expect(error).to_have_text("This title is taken.")
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Title").fill("Summer")
    expect(error).to_be_hidden()
    expect(form.get_by_role("button", name="Save")).to_be_enabled()


def test_an_app_that_does_not_answer_is_told_and_nothing_is_lost(form: Locator, page: Page, slack: FakeSlack) -> None:
    complete(page)
    slack.error = "operation_timeout"
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("did not answer in time")
    expect(page.get_by_label("Title")).to_have_value("Spring")


def test_options_are_asked_for_when_the_list_opens_and_as_one_types(
    form: Locator, page: Page, slack: FakeSlack
) -> None:
    box = page.get_by_role("combobox", name="Dataset")
    box.click()
    expect(page.get_by_role("option")).to_have_count(3)
    box.type("ger")
    expect(page.get_by_role("option")).to_have_text(["Germany weekly"])
    box.press("Enter")
    expect(box).to_have_value("Germany weekly")
    asked = slack.last("options", value="ger")
    assert (asked["action_id"], asked["block_id"]) == ("dataset", "dataset")
    assert asked["container"]["type"] == "view"


def test_a_dispatched_choice_is_sent_with_all_that_was_typed(form: Locator, page: Page, slack: FakeSlack) -> None:
    page.get_by_label("Title").fill("Spring")
    with page.expect_response("**/actions"):
        choose(page, "Fruit", "Cherry")
    told = slack.last("action")
    assert told["container"] == {"type": "view", "view_id": "V1"}
    assert told["action"]["selected_option"]["value"] == "cherry"
    assert told["state"]["values"]["title"]["title"]["value"] == "Spring"
    assert told["state"]["values"]["iterations"]["iterations"]["value"] == "2000"


def test_an_update_keeps_typed_values_the_focus_and_the_caret(form: Locator, page: Page, slack: FakeSlack) -> None:
    title = page.get_by_label("Title")
    title.fill("Spring")
    title.press("ArrowLeft")
    choose(page, "Fruit", "Apple")
    title.focus()
    blocks = [
        gallery.field("country", {"type": "plain_text_input", "initial_value": "DE"}),
        gallery.field("title", {"type": "plain_text_input", "initial_value": "other"}, hint=gallery.plain("Changed")),
        *gallery.INPUTS[3:6],
    ]
    slack.update("V1", gallery.modal("New experiment", blocks))
    expect(page.get_by_label("Country")).to_have_value("DE")
    expect(page.get_by_label("Title")).to_have_value("Spring")
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page.get_by_role("combobox", name="Fruit")).to_have_value("Apple")
    page.keyboard.type("!")
    expect(page.get_by_label("Title")).to_have_value("Sprin!g")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert slack.last("submit")["values"].keys() == {"country", "title", "iterations", "mail", "fruit"}


def test_a_pushed_view_goes_back_to_what_was_typed(form: Locator, page: Page, slack: FakeSlack) -> None:
    page.get_by_label("Title").fill("Spring")
    form.get_by_role("button", name="Push").click()
    second = page.get_by_role("dialog", name="Second view")
    expect(second.get_by_label("More")).to_be_focused()
    with page.expect_response("**/close"):
        second.get_by_role("button", name="Back").click()
    expect(second).to_have_count(0)
    expect(form.get_by_role("button", name="Push")).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Spring")
    assert slack.stack == ["V1"]


def test_escape_closes_a_list_first_and_then_the_modal(form: Locator, page: Page, slack: FakeSlack) -> None:
    page.get_by_role("combobox", name="Fruit").click()
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(form).to_be_visible()
    with page.expect_response("**/close"):
        page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(page.get_by_label("Message #marketing")).to_be_focused()
    assert slack.stack == []


def test_a_modal_survives_a_reload(form: Locator, page: Page, slack: FakeSlack) -> None:
    page.reload()
    expect(page.get_by_role("dialog", name="New experiment")).to_be_visible()
    slack.emit("views_cleared")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_only_files_of_the_asked_kind_are_taken(form: Locator, page: Page) -> None:
    form.locator("input[type=file]").set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.locator(".toast")).to_contain_text("only csv files")
    expect(form.locator(".file-row")).to_have_count(0)


def test_on_a_phone_a_modal_fills_the_window(form: Locator, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    box = form.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (390, 844)
