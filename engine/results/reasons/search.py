"""Reasons about how the model was found: a preview, and what Robyn's rule can and cannot tell."""

from collections.abc import Iterator

from engine.results.calls import is_preview
from engine.results.headline import Headline
from engine.results.reasons.reason import Level, Reason

# Limits practitioners use for Robyn's distance between shares of spend and of effect.
RSSD = 0.4
# Below this, effect shares are spend shares: Robyn's rule rewards that, so it is no finding about a channel.
ALIKE = 0.1


def on_search(head: Headline) -> Iterator[Reason]:
    """A preview; and, where Robyn's rule chose the model, what that rule is blind to."""
    if is_preview(head):
        text = f"This was a preview: {head.iterations} × {head.trials} models tried. Run Standard before acting."
        yield Reason(code="search.preview", level=Level.CARE, text=text)
    if head.method != "robyn":
        return
    if not is_preview(head) and not head.converged:
        text = "The search was still improving when it ended; more iterations may help."
        yield Reason(code="search.improving", level=Level.CARE, text=text)
    if head.rssd > RSSD:
        text = "Effect is spread over the channels very differently from spend."
        yield Reason(code="robyn.far", level=Level.CARE, text=text)
    if head.rssd < ALIKE and len(head.channels) > 1:
        text = (
            "Effect follows spend almost exactly, which Robyn's rule itself rewards: single channels may differ more."
        )
    else:
        text = "Robyn's rule chose this model, and does not tell how sure any one channel's number is."
    yield Reason(code="robyn.rule", level=Level.CARE, text=text)
