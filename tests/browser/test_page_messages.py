"""Channels, threads and what arrives while the page is open."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import gallery
from tests.browser.fake_page_api import FakeSlack

pytestmark = pytest.mark.browser
COMPOSER = "Message #marketing"


def test_messages_stand_in_groups_under_their_day(slack: FakeSlack, page: Page) -> None:
    for text in ("first", "second"):
        slack.say("C0MARKETING", "U0BEN", text)
    page.goto(slack.url)
    expect(page.get_by_text("second")).to_be_visible()
    assert page.locator(".message").count() == 2
    assert page.locator(".message-head").count() == 1
    assert page.locator(".day").count() == 1


def test_a_message_that_arrives_is_shown_and_one_that_changes_is_marked(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    message = slack.say("C0MARKETING", "U0MMMBOT", "queued", bot_id="B0")
    expect(page.get_by_text("queued")).to_be_visible()
    slack.emit(
        "message_changed", channel="C0MARKETING", message={**message, "text": "done", "edited": {"ts": slack.ts()}}
    )
    expect(page.get_by_text("done (edited)")).to_be_visible()
    slack.emit("message_deleted", channel="C0MARKETING", ts=message["ts"])
    expect(page.get_by_text("done")).to_have_count(0)


def test_what_is_typed_is_sent_once_and_as_text(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    box = page.get_by_label(COMPOSER)
    box.fill("hello")
    box.press("Shift+Enter")
    box.type("there")
    box.press("Enter")
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message .text")).to_have_text("hellothere")
    expect(box).to_have_value("")
    assert slack.last("say")["text"] == "hello\nthere"


def test_replies_stand_in_the_thread_and_the_parent_counts_them(slack: FakeSlack, page: Page) -> None:
    parent = slack.say("C0MARKETING", "U0MMMBOT", "run finished", bot_id="B0")
    slack.say("C0MARKETING", "U0BEN", "the verdict", thread_ts=parent["ts"])
    page.goto(slack.url)
    page.get_by_role("button", name="1 reply").click()
    side = page.get_by_role("complementary", name="Thread")
    expect(side.get_by_text("the verdict")).to_be_visible()
    side.get_by_label("Reply…").fill("thanks")
    side.get_by_label("Reply…").press("Enter")
    expect(side.get_by_text("thanks")).to_be_visible()
    expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    assert slack.last("say")["thread_ts"] == parent["ts"]
    assert page.url.endswith(f"#/c/C0MARKETING/t/{parent['ts']}")
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()


def test_a_thread_opens_at_its_start_and_new_replies_are_marked(slack: FakeSlack, page: Page) -> None:
    parent = slack.say("C0MARKETING", "U0MMMBOT", "run finished", bot_id="B0")
    page.goto(slack.url)
    expect(page.get_by_text("run finished")).to_be_visible()
    for n in range(40):
        slack.say("C0MARKETING", "U0BEN", f"reply {n}", thread_ts=parent["ts"])
    link = page.get_by_role("button", name="40 replies new")
    expect(link).to_be_visible()
    expect(page.locator("#sidebar .unread")).to_have_count(0)
    link.click()
    side = page.get_by_role("complementary", name="Thread")
    expect(side.get_by_text("run finished")).to_be_in_viewport()
    expect(page.locator(".new-mark")).to_have_count(0)
    slack.say("C0MARKETING", "U0BEN", "the last", thread_ts=parent["ts"])
    side.get_by_role("button", name="New messages").click()
    expect(side.get_by_text("the last")).to_be_in_viewport()


def test_an_ephemeral_message_can_be_dismissed_for_good(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    ephemeral = {"type": "message", "user": "U0MMMBOT", "text": "a hint", "ts": slack.ts(), "ephemeral": True}
    slack.messages["C0MARKETING"].append(ephemeral)
    slack.emit("ephemeral", channel="C0MARKETING", message=ephemeral)
    expect(page.get_by_text("Only visible to you")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("a hint")).to_have_count(0)
    page.reload()
    expect(page.get_by_label(COMPOSER)).to_be_visible()
    expect(page.get_by_text("a hint")).to_have_count(0)


def test_a_channel_out_of_sight_shows_what_is_unread(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    entry = page.locator("#sidebar [data-channel=C0GENERAL]")
    expect(entry).to_be_visible()
    slack.say("C0GENERAL", "U0BEN", "news")
    expect(entry).to_have_class("unread")
    entry.click()
    expect(page.get_by_text("news")).to_be_visible()
    expect(page.locator("#sidebar .unread")).to_have_count(0)


def test_reading_above_is_not_disturbed_by_what_arrives_below(slack: FakeSlack, page: Page) -> None:
    for n in range(60):
        slack.say("C0MARKETING", "U0BEN", f"line {n}")
    page.goto(slack.url)
    expect(page.get_by_text("line 59")).to_be_in_viewport()
    scroller = page.locator("#place .scroller")
    scroller.evaluate("node => { node.scrollTop = 200; }")
    page.wait_for_timeout(100)
    slack.say("C0MARKETING", "U0BEN", "the newest")
    fresh = page.get_by_role("button", name="New messages")
    expect(fresh).to_be_visible()
    assert scroller.evaluate("node => node.scrollTop") == 200
    fresh.click()
    expect(page.get_by_text("the newest")).to_be_in_viewport()


def test_after_a_lost_connection_the_page_catches_up(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    slack.say("C0MARKETING", "U0BEN", "before")
    expect(page.get_by_text("before")).to_be_visible()
    slack.online = False
    expect(page.get_by_text("Connection lost")).to_be_visible()
    slack.say("C0MARKETING", "U0BEN", "meanwhile")
    slack.online = True
    expect(page.get_by_text("meanwhile")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("Connection lost")).to_have_count(0)


def test_commands_are_hinted_sent_and_recalled(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    box = page.get_by_label(COMPOSER)
    box.type("/m")
    expect(page.get_by_role("option")).to_have_count(2)
    box.press("ArrowDown")
    box.press("Tab")
    expect(box).to_have_value("/mmm-data ")
    box.type("help")
    box.press("Enter")
    expect(box).to_have_value("")
    assert slack.last("say") == {"channel": "C0MARKETING", "text": "/mmm-data help"}
    box.press("ArrowUp")
    expect(box).to_have_value("/mmm-data help")


def test_a_command_without_answer_is_told(slack: FakeSlack, page: Page) -> None:
    slack.error = "operation_timeout"
    page.goto(slack.url)
    page.get_by_label(COMPOSER).fill("/mmm run")
    page.get_by_label(COMPOSER).press("Enter")
    expect(page.locator(".toast")).to_contain_text("operation_timeout")


def test_files_are_attached_and_sent(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    page.locator(".composer input[type=file]").set_input_files(
        {"name": "spend.csv", "mimeType": "text/csv", "buffer": b"week,spend\n1,2\n"}
    )
    expect(page.locator(".chip[aria-busy=false]")).to_contain_text("spend.csv")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".file-card")).to_contain_text("spend.csv")
    assert slack.last("say")["files"] == ["F0"]


def test_an_archived_channel_cannot_be_written_to(slack: FakeSlack, page: Page) -> None:
    page.goto(f"{slack.url}#/c/C0ARCHIVE")
    expect(page.get_by_text("This channel is archived")).to_be_visible()
    expect(page.locator(".composer")).to_have_count(0)


def test_home_opens_tells_the_app_and_follows_updates(slack: FakeSlack, page: Page) -> None:
    page.goto(slack.url)
    page.get_by_role("link", name="mmm").click()
    expect(page.get_by_role("heading", name="Run card & friends")).to_be_visible()
    assert slack.last("home") == {}
    slack.emit("home", view={**slack.home, "blocks": [{"type": "section", "text": gallery.mrkdwn("fresh *Home*")}]})
    expect(page.get_by_text("fresh Home")).to_be_visible()
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_label("Message mmm")).to_be_visible()


def test_on_a_phone_the_list_is_a_drawer_and_the_thread_covers(slack: FakeSlack, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    parent = slack.say(
        "C0MARKETING", "U0MMMBOT", "run finished", bot_id="B0", blocks=gallery.TEXTS + gallery.DATA_TABLE
    )
    page.goto(slack.url)
    expect(page.locator(f"[data-ts='{parent['ts']}']")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Open the list of channels").click()
    page.get_by_role("link", name="general").click()
    expect(page.get_by_label("Message #general")).to_be_visible()
    expect(page.locator("#sidebar")).not_to_be_in_viewport()
    page.goto(f"{slack.url}#/c/C0MARKETING/t/{parent['ts']}")
    assert page.locator("#side").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}


def test_a_message_s_menu_and_the_box_one_writes_in_offer_the_apps_shortcuts(slack: FakeSlack, page: Page) -> None:
    message = slack.say("C0MARKETING", "U0BEN", "the numbers", files=[])
    whisper = slack.say("C0MARKETING", "U0MMMBOT", "only for you", ephemeral=True)
    page.goto(slack.url)
    row = page.locator(f'.message[data-ts="{message["ts"]}"]')
    row.hover()
    row.get_by_role("button", name="Message shortcuts").click()
    menu = page.get_by_role("menu", name="Message shortcuts")
    expect(menu.get_by_role("menuitem")).to_have_count(1)
    menu.get_by_role("menuitem", name="Use as MMM data").click()
    chosen = {"callback_id": "message_dataset", "channel": "C0MARKETING", "ts": message["ts"]}
    assert slack.last("shortcut") == chosen
    expect(page.get_by_role("dialog", name="New dataset")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Shortcuts", exact=True).click()
    page.get_by_role("menuitem", name="New dataset").click()
    assert slack.last("shortcut", callback_id="new_dataset") == {"callback_id": "new_dataset"}
    expect(
        page.locator(f'.message[data-ts="{whisper["ts"]}"]').get_by_role("button", name="Message shortcuts")
    ).to_have_count(0)


def test_a_private_channel_has_a_lock_and_is_gone_for_who_was_removed(slack: FakeSlack, page: Page) -> None:
    slack.say("C0MARKETING", "U0BEN", "See <#C0LAUNCH> and <#C0SECRET>")
    page.goto(f"{slack.url}#/c/C0LAUNCH")
    expect(page.get_by_role("heading", name="launch-plans")).to_be_visible()
    expect(page.locator('#sidebar a[href="#/c/C0LAUNCH"]').get_by_role("img", name="private")).to_be_visible()
    page.get_by_role("button", name="2 members of").click()
    expect(page.get_by_role("menuitem", name="Ana Lind")).to_be_visible()
    page.keyboard.press("Escape")
    slack.in_private = False
    slack.emit("channels")
    expect(page.get_by_role("heading", name="#marketing")).to_be_visible()
    expect(page.locator('#sidebar a[href="#/c/C0LAUNCH"]')).to_have_count(0)
    expect(page.locator(".message .text").last).to_have_text("See 🔒 private channel and 🔒 private channel")
