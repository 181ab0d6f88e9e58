"""Makes the fonts of the charts: parts of Noto, each cut down to the characters that names of channels may need.

    python -m docs.fonts NOTO CJK EMOJI

NOTO: a folder with the files of Debian's fonts-noto-core (2020-12-25). CJK: NotoSansCJK-Regular.ttc of Debian's
fonts-noto-cjk (2022-01-27). EMOJI: NotoEmoji_400Regular.ttf of the npm package @expo-google-fonts/noto-emoji (0.4.7).
All are under the SIL Open Font License 1.1; `OFL.txt` beside what is made says so. The families get names of their
own, so that a font of the machine with the same name is never taken instead.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

OUT = Path(__file__).parent.parent / "engine/charts/typefaces"
# The Latin, Greek and Cyrillic of every chart, punctuation, currencies and the marks that stand in our own texts.
SANS = ((0x20, 0x530), (0x1E00, 0x2000), (0x2000, 0x20D0), (0x2100, 0x2190), (0x2212, 0x2213), (0x25CC, 0x25CD))
BOTH_WEIGHTS = ("Arabic", "Hebrew")
ONE_WEIGHT = (
    *("Thai", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam"),
    *("Sinhala", "Lao", "Khmer", "Myanmar", "Ethiopic", "Thaana"),
)
# Kana, bopomofo, jamo, full width: what is written beside ideographs.
BESIDE = ((0x3000, 0x3190), (0x31F0, 0x3200), (0xFF01, 0xFFEF))


def main(noto: Path, cjk: Path, emoji: Path) -> None:
    """Write every font anew."""
    OUT.mkdir(exist_ok=True)
    for weight in ("Regular", "Bold"):
        _write(TTFont(noto / f"NotoSans-{weight}.ttf"), f"Sans-{weight}", _within(SANS))
        for script in BOTH_WEIGHTS:
            _write(TTFont(noto / f"NotoSans{script}-{weight}.ttf"), f"{script}-{weight}")
    for script in ONE_WEIGHT:
        _write(TTFont(noto / f"NotoSans{script}-Regular.ttf"), f"{script}-Regular")
    ideographs = next(font for font in TTCollection(cjk).fonts if font["name"].getDebugName(1) == "Noto Sans CJK SC")
    _write(ideographs, "CJK-Regular", {*_ideographs(), *_within(BESIDE)}, features=["ccmp"])
    _write(TTFont(emoji), "Emoji-Regular")


def _write(font: TTFont, name: str, characters: Iterable[int] | None = None, features: list[str] | None = None) -> None:
    options = subset.Options()
    options.hinting = False
    options.name_IDs = [0, 13, 14]
    options.notdef_outline = True
    if features is not None:
        options.layout_features = features
    cut = subset.Subsetter(options)
    cut.populate(unicodes=font.getBestCmap() if characters is None else characters)
    cut.subset(font)
    family, weight = name.split("-")
    for number, text in ((1, f"Chart {family}"), (2, weight), (4, f"Chart {family} {weight}"), (6, f"Chart{name}")):
        font["name"].setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        font["CFF "].cff.fontNames = [f"Chart{name}"]
    path = OUT / f"{name}.{'otf' if 'CFF ' in font else 'ttf'}"
    # The time of making is no part of a font: the same sources make the same bytes.
    font.recalcTimestamp = False
    font.save(path)
    print(f"{path.name}: {len(font.getBestCmap()):,} characters, {path.stat().st_size:,} bytes")


def _ideographs() -> set[int]:
    """The ideographs of GB 2312, the first plane of Big5 and JIS X 0208, and every syllable of Hangul."""
    tables = (
        ("gb2312", range(0xB0, 0xF8), range(0xA1, 0xFF)),
        ("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]),
        ("euc_jp", range(0xB0, 0xF5), range(0xA1, 0xFF)),
    )
    found = set(range(0xAC00, 0xD7A4))
    for codec, firsts, seconds in tables:
        texts = (bytes([first, second]).decode(codec, "ignore") for first in firsts for second in seconds)
        found |= {ord(text) for text in texts if len(text) == 1}
    return found


def _within(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, end in ranges for code in range(first, end)}


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
