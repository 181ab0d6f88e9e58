"""What a person typed, from what Slack delivers of it: a command's text comes with links, mentions and escapes.

Text from the fields of a form comes as it was typed and must not pass here.
https://docs.slack.dev/messaging/formatting-message-text#escaping-text
"""

import re

# What Slack put in: a sign that a person typed arrives as &lt;, so these brackets are never theirs.
_LINK = re.compile(r"<(?P<kind>[@#!]|[A-Za-z][A-Za-z0-9+.-]*:)(?P<about>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_ESCAPE = re.compile(r"&(lt|gt|amp);")
_SIGNS = {"lt": "<", "gt": ">", "amp": "&"}
_EVERYBODY = ("here", "channel", "everyone")


def typed(text: str) -> str:
    """Return what a person typed: links as they read, people and channels by name, each escape undone once.

    Where Slack gives no name for a person, a channel or a group, its link stays.
    """
    return _ESCAPE.sub(lambda found: _SIGNS[found[1]], _LINK.sub(_undone, text))


def _undone(found: re.Match[str]) -> str:
    kind, about, label = found["kind"], found["about"], (found["label"] or "").strip()
    if kind in ("@", "#"):
        return label.lstrip(kind) or found[0]
    if kind == "!":
        if about in _EVERYBODY:
            return f"@{about}"
        return label.removeprefix("@") or found[0]
    if label:
        return label
    return about if kind.lower() in ("mailto:", "tel:") else kind + about
