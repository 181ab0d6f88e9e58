"""A person at the page, without a page: types commands, fills forms, presses buttons, reads threads.

Uses the very requests the page's JavaScript makes, so that what works for it works for people.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from engine.errors import MmmError
from local import workspace

T = TypeVar("T")
Json = dict[str, Any]

PATIENCE = 60.0
# Where the app's forms keep what they do not ask, as it has one answer.
FIXED = "fixed"


class Stuck(MmmError):
    """What a person waited for did not come."""


class Person:
    """One member of the workspace."""

    def __init__(self, url: str, user: str = workspace.ANA.id) -> None:
        self.user = user
        self._http = httpx.Client(base_url=url, timeout=30, headers={"X-Page-User": user})

    def close(self) -> None:
        self._http.close()

    def type(self, channel: str, text: str) -> None:
        """Write a message or a command. Raises Stuck with what Slack would show."""
        self._post("/page/api/messages", {"channel": channel, "text": text})

    def upload(self, path: Path) -> Json:
        """Drop a file."""
        answer = self._http.post("/page/api/files", files={"file": (path.name, path.read_bytes())}).json()
        file: Json = answer["file"]
        return file

    def drop(self, channel: str, path: Path, thread_ts: str = "") -> Json:
        """Drop a file into a channel, or into a thread of it; returns the message."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        said = {"channel": channel, "text": "", "files": [self.upload(path)["id"]], **thread}
        message: Json = self._post("/page/api/messages", said)["message"]
        return message

    def view(self) -> Json | None:
        """The form on top, if one is open."""
        views = self._http.get("/page/api/boot").json()["views"]
        return views[-1] if views else None

    def wait_for_view(self, callback_id: str) -> Json:
        """Wait until the form on top is `callback_id`; a form that says why not ends the waiting."""

        def there() -> Json | None:
            view = self.view()
            if view is not None and view["callback_id"] == "failed" != callback_id:
                raise Stuck("The form says no.", detail=str(view["blocks"]))
            return view if view is not None and view["callback_id"] == callback_id else None

        return self.wait(there, f"the form {callback_id}")

    def submit(self, view: Json, **given: Any) -> Json:
        """Fill in fields by block id and send the form; returns the answer, with `errors` where it was refused."""
        values = {**filled(view)}
        for name, value in given.items():
            if not _fixed(view, name, value):
                values[name] = self._value(view, name, value)
        return self._answer(f"/page/api/views/{view['id']}/submit", {"values": values})

    def choose(self, view: Json, name: str, value: Any, **given: Any) -> None:
        """Change a field that the app wants to hear of at once, with the other fields as given."""
        values = filled(view) | {
            other: self._value(view, other, v) for other, v in given.items() if not _fixed(view, other, v)
        }
        values[name] = self._value(view, name, value)
        [(action_id, element)] = values[name].items()
        action = {**element, "action_id": action_id, "block_id": name}
        container = {"type": "view", "view_id": view["id"]}
        self._post("/page/api/actions", {"container": container, "action": action, "state": {"values": values}})

    def press_in(self, view: Json, action_id: str, **given: Any) -> None:
        """Press a button of a form, with its fields as given."""
        for block, element in _buttons(view):
            if element.get("action_id") == action_id:
                values = filled(view) | {name: self._value(view, name, value) for name, value in given.items()}
                container = {"type": "view", "view_id": view["id"]}
                action = {**element, "block_id": block["block_id"]}
                asked = {"container": container, "action": action, "state": {"values": values}}
                self._post("/page/api/actions", asked)
                return
        raise Stuck(f"The form has no button {action_id}.", detail=str(view["blocks"]))

    def search(self, view: Json, name: str, text: str) -> list[Json]:
        """The options of a field that match `text`."""
        element = _element(view, name)
        asked = {"action_id": element["action_id"], "block_id": name, "value": text}
        container = {"type": "view", "view_id": view["id"]}
        answer = self._answer("/page/api/options", {"container": container, **asked})
        found: list[Json] = answer.get("options") or []
        return found

    def press(self, channel: str, message: Json, action_id: str) -> None:
        """Press a button of a message."""
        for block, element in _buttons(message):
            if element.get("action_id") == action_id:
                container = {"type": "message", "channel": channel, "ts": message["ts"]}
                action = {**element, "block_id": block["block_id"]}
                self._post("/page/api/actions", {"container": container, "action": action})
                return
        raise Stuck(f"There is no button {action_id}.", detail=str(message))

    def pick(self, channel: str, message: Json, action_id: str, about: str) -> None:
        """Choose from the three dots beside a line of a message: what a button `action_id` would do with `about`."""
        for block, element in _buttons(message):
            for option in element.get("options", ()) if element["type"] == "overflow" else ():
                if option["value"] == f"{action_id} {about}":
                    container = {"type": "message", "channel": channel, "ts": message["ts"]}
                    pressed = {"type": "overflow", "action_id": element["action_id"], "selected_option": option}
                    action = {**pressed, "block_id": block["block_id"]}
                    self._post("/page/api/actions", {"container": container, "action": action})
                    return
        raise Stuck(f"No menu offers {action_id} {about}.", detail=str(message))

    def choose_from_menu(self, channel: str, message: Json, callback_id: str) -> None:
        """Choose a shortcut from a message's menu."""
        self._post("/page/api/shortcuts", {"callback_id": callback_id, "channel": channel, "ts": message["ts"]})

    def choose_shortcut(self, callback_id: str) -> None:
        """Choose a shortcut from the list of all of them."""
        self._post("/page/api/shortcuts", {"callback_id": callback_id})

    def messages(self, channel: str) -> list[Json]:
        found: list[Json] = self._http.get(f"/page/api/channels/{channel}/messages").json()["messages"]
        return found

    def thread(self, channel: str, ts: str) -> list[Json]:
        found: list[Json] = self._http.get(f"/page/api/channels/{channel}/threads/{ts}").json()["messages"]
        return found

    def wait_for_message(self, channel: str, text: str, *, after: str = "") -> Json:
        """Wait for a message in the channel that says `text`."""

        def there() -> Json | None:
            found = [m for m in self.messages(channel) if text in _said(m) and m["ts"] > after]
            return found[-1] if found else None

        return self.wait(there, f"a message with “{text}”")

    def wait(self, check: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
        """Wait until `check` returns something. Raises Stuck naming `what`."""
        deadline = time.monotonic() + seconds
        while (found := check()) is None:
            if time.monotonic() > deadline:
                raise Stuck(f"{what[0].upper()}{what[1:]} did not come within {seconds:.0f} s.")
            time.sleep(0.1)
        return found

    def open_home(self) -> None:
        """Look at the app's Home."""
        self._post("/page/api/home/open", {})

    def home(self) -> Json | None:
        """What the app's Home shows."""
        view: Json | None = self._http.get("/page/api/home").json()["view"]
        return view

    def file(self, file_id: str) -> bytes:
        return self._http.get(f"/page/api/files/{file_id}").content

    def transcript(self) -> list[Json]:
        """Every Web API call the app has made."""
        calls: list[Json] = self._http.get("/_local/transcript").json()["calls"]
        return calls

    def _value(self, view: Json, name: str, value: Any) -> Json:
        """A field's value as Slack tells it; a choice is given by its value, or by what to search for."""
        element = _element(view, name)
        kind, action_id = element["type"], element["action_id"]
        body: Json = {"type": kind}
        match kind:
            case "file_input":
                body["files"] = [value]
            case "static_select" | "radio_buttons":
                body["selected_option"] = _option(element["options"], value)
            case "external_select":
                body["selected_option"] = _option(self.search(view, name, str(value)), None)
            case "multi_static_select" | "checkboxes":
                body["selected_options"] = [_option(element["options"], one) for one in value]
            case "multi_external_select":
                body["selected_options"] = [_option(self.search(view, name, one), None) for one in value]
            case "datepicker":
                body["selected_date"] = value
            case "conversations_select":
                body["selected_conversation"] = value
            case _:
                body["value"] = value
        return {action_id: body}

    def _post(self, path: str, body: Json) -> Json:
        answer = self._answer(path, body)
        if not answer.get("ok"):
            raise Stuck(f"Slack says {answer.get('error')}.", detail=str(answer.get("detail", "")))
        return answer

    def _answer(self, path: str, body: Json) -> Json:
        answer: Json = self._http.post(path, json=body).json()
        return answer


def filled(view: Json) -> Json:
    """What stands in a form's fields before anybody touches it: the values that were typed, else the initial ones."""
    kept: Mapping[str, Json] = view.get("state", {}).get("values", {})
    values: Json = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        before = kept.get(block["block_id"], {}).get(element["action_id"])
        values[block["block_id"]] = {element["action_id"]: before or _initial(element)}
    return values


def _initial(element: Json) -> Json:
    names = {
        "initial_value": "value",
        "initial_option": "selected_option",
        "initial_options": "selected_options",
        "initial_date": "selected_date",
        "initial_conversation": "selected_conversation",
    }
    return {"type": element["type"]} | {names[key]: element[key] for key in names if key in element}


def _element(view: Json, name: str) -> Json:
    for block in view["blocks"]:
        if block["block_id"] == name:
            element: Json = block["element"]
            return element
    raise Stuck(f"The form has no field {name}.", detail=", ".join(block["block_id"] for block in view["blocks"]))


def _fixed(view: Json, name: str, value: Any) -> bool:
    """Whether a form does not ask for a field, because `value` is its only answer."""
    fixed = json.loads(view.get("private_metadata") or "{}").get(FIXED, {})
    return name in fixed and fixed[name][0] == value


def _option(options: list[Json], value: str | None) -> Json:
    for option in options:
        if value is None or option["value"] == value:
            return option
    raise Stuck(f"There is no option {value}.", detail=str(options)[:300])


def _buttons(message: Json) -> Iterator[tuple[Json, Json]]:
    for block in message.get("blocks", []):
        for element in [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]:
            yield block, element


def _said(message: Json) -> str:
    return f"{message.get('text', '')} {message.get('blocks', '')}"
