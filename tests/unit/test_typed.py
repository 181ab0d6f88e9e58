"""What a person typed is read out of what Slack delivers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.limits import escape
from bot.slack.typed import typed


@pytest.mark.parametrize(
    ("delivered", "read"),
    [
        ("dataset show Spring plan", "dataset show Spring plan"),
        ("<http://shop.de|shop.de>", "shop.de"),
        ("<http://shop.de>", "http://shop.de"),
        ("<https://shop.de/a?b=1&amp;c=2>", "https://shop.de/a?b=1&c=2"),
        ("<#C123|marketing>", "marketing"),
        ("<#C123>", "<#C123>"),
        ("<#C123|>", "<#C123|>"),
        ("<@U123|ana>", "ana"),
        ("<@U123>", "<@U123>"),
        ("<mailto:a@b.de|a@b.de>", "a@b.de"),
        ("<mailto:a@b.de>", "a@b.de"),
        ("<tel:+49301234|030 1234>", "030 1234"),
        ("<tel:+49301234>", "+49301234"),
        ("<!subteam^S123|@analysts>", "analysts"),
        ("<!subteam^S123>", "<!subteam^S123>"),
        ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<!here>", "@here"),
        ("<!channel> <!everyone|everyone>", "@channel @everyone"),
        ("a &lt; b &gt; c &amp; d", "a < b > c & d"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;lt;", "&amp;lt;"),
        ("&lt;#C123|x&gt;", "<#C123|x>"),
        ("&lt;http://shop.de|shop.de&gt;", "<http://shop.de|shop.de>"),
        ("R&amp;D <https://shop.de|R&amp;D>", "R&D R&D"),
        ("Plan for <http://shop.de|shop.de> and <http://b.de|b.de>!", "Plan for shop.de and b.de!"),
        ("&quot;x&quot; &#39;", "&quot;x&quot; &#39;"),
        ("a <b> c", "a <b> c"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_it_was_typed(delivered, read):
    assert typed(delivered) == read


@given(st.text())
def test_what_slack_only_escapes_comes_back_whole(text):
    assert typed(escape(text)) == text
