"""In which encoding a text file is written: known where the bytes say so, else the likeliest, and said."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder, lookup
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from charset_normalizer import from_bytes

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.errors import BadData

SAVE_AS: Final = (
    "Save the table as an Excel workbook, or as CSV (in Excel: File, Save As, “CSV UTF-8”), and upload that."
)
# So much around what is not ASCII is looked at to tell an encoding.
SAMPLE: Final = 64 * 1024
BLOCK: Final = 1 << 20
# The encodings that programs save tables in, the likelier first. Each with what people know it by.
LIKELY: Final = {
    "cp1252": "Western European, Windows",
    "cp1250": "Central European, Windows",
    "cp1251": "Cyrillic, Windows",
    "mac_roman": "Western European, Mac",
    "cp932": "Japanese, Shift-JIS",
    "euc_kr": "Korean",
    "gb18030": "Chinese, GB 18030",
    "big5": "Chinese, Big5",
    "iso8859_2": "Central European, ISO",
    "cp1254": "Turkish, Windows",
    "cp1253": "Greek, Windows",
    "cp1257": "Baltic, Windows",
    "cp1255": "Hebrew, Windows",
    "cp1256": "Arabic, Windows",
    "koi8_r": "Cyrillic, KOI8",
    "cp850": "Western European, DOS",
    "iso8859_15": "Western European, ISO",
    "latin_1": "Western European, ISO",
}
ASIAN: Final = frozenset({"cp932", "gb18030", "big5", "euc_kr"})
# Letters with marks of the languages that tables are written in, and what else stands in them.
USUAL: Final = frozenset("äöüÄÖÜßéèêëàâçñáíóúãõåæøîïôûùÉÈÀÂÇÑÁÍÓÚÃÕÅÆØìòœŒ€£°–’“”„‘…")
CENTRAL: Final = frozenset("ąćęłńóśźżĄĆĘŁŃŚŹŻčďěňřšťůýžČĎĚŇŘŠŤŮÝŽáíéőűŐŰăâîșțşţđĐ")


@dataclass(frozen=True)
class Encoding:
    """name: as Python knows it; findings: that it is a guess, if it is one."""

    name: str
    findings: tuple[Finding, ...] = ()


def find_encoding(path: Path, head: bytes, chosen: Choices) -> Encoding:
    """Find a text file's encoding. head: its first bytes. Raises BadData if it is no text."""
    if choices.encoding() in chosen:
        try:
            return Encoding(lookup(chosen[choices.encoding()]).name)
        except LookupError as error:
            name = chosen[choices.encoding()]
            raise BadData(f"There is no encoding “{name}”.", "Save the file as UTF-8.", field="file") from error
    if head.startswith(BOM_UTF8):
        return Encoding("utf-8-sig")
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return Encoding("utf-16")
    if b"\0" in head:
        # Text of the western world in UTF-16 has a zero in every second place.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > 0.4 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2:
            return Encoding("utf-16-le" if odd > even else "utf-16-be")
        raise BadData("This is not a text file.", SAVE_AS, field="file")
    decoder = getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _guess(_telling(path))
    return Encoding("utf-8")


def _telling(path: Path) -> bytes:
    """The lines of a file that are not ASCII, up to some kilobytes: they alone tell its encoding."""
    found, size = [], 0
    with path.open("rb") as file:
        for line in _lines(file):
            if not line.isascii():
                found.append(line)
                size += len(line)
                if size > SAMPLE:
                    break
    return b"\n".join(found)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    last = b""
    while block := file.read(BLOCK):
        *lines, last = (last + block).replace(b"\r", b"\n").split(b"\n")
        yield from lines
        if len(last) > SAMPLE:
            yield last[:SAMPLE]
            last = b""
    yield last


def _guess(sample: bytes) -> Encoding:
    """The likeliest encoding of bytes that are no UTF-8."""
    # What the detector finds possible counts; how the words look decides among it.
    possible = {match.encoding: match.coherence for match in from_bytes(sample, cp_isolation=list(LIKELY))}
    scores: dict[str, tuple[float, int]] = {}
    texts: dict[str, str] = {}
    for place, name in enumerate(LIKELY):
        try:
            texts[name] = sample.decode(name)
        except UnicodeDecodeError:
            continue
        language = 0.3 * possible[name] if name in possible else -0.1
        split = 1.0 if name in ASIAN and _swallows(sample, texts[name]) else 0.0
        scores[name] = (_oddity(texts[name], name) + split - language, place)
    if not scores:  # the few bytes that each of them leaves undefined are read as latin-1 reads them
        texts["latin_1"], scores["latin_1"] = sample.decode("latin_1"), (1.0, 0)
    best, *others = sorted(scores, key=lambda name: scores[name])
    score = scores[best][0]
    best = next(name for name in LIKELY if texts.get(name) == texts[best])
    other = next((name for name in others if name != best and _example(texts[name]) != _example(texts[best])), None)
    close = other is not None and scores[other][0] - score < 0.1
    return Encoding(best, (_guessed(best, texts[best], other, texts, close=close),))


def _swallows(sample: bytes, text: str) -> bool:
    """Whether bars that part the cells of all lines alike become halves of letters: in Shift-JIS and Big5 they can."""
    bars = {line.count(b"|") for line in sample.split(b"\n") if line}
    return len(bars) == 1 and text.count("|") < sample.count(b"|")


def _oddity(text: str, name: str) -> float:
    """How unlike words a text is, 0 to about 2: the share of its letters beyond ASCII that stand where none would."""
    odd, count, before = 0.0, 0, " "
    for place, letter in enumerate(text):
        if letter > "\x7f":
            count += 1
            after = text[place + 1 : place + 2]
            if "\x80" <= letter < "\xa0" or letter == "\ufffd":
                odd += 2
            elif name in ASIAN:
                odd += _not_asian(letter, name)
            elif not letter.isalpha():
                odd += 1.0 if before.isalpha() or after.isalpha() else 0.05
            elif not before.isalpha() and not after.isalpha():
                odd += 0.5
            elif letter.isupper() and before.islower():
                odd += 1.0
            elif letter.islower() and before.isupper() and before > "\x7f":
                odd += 0.3
            elif name in ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"):
                # A word of another script has no Latin letters in it.
                odd += 0.8 if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()) else 0.0
            elif letter not in USUAL:
                odd += 0.12 if letter in CENTRAL else 0.6
            elif before > "\x7f" and before.isalpha() and after > "\x7f" and after.isalpha():
                odd += 0.8
        before = letter
    return odd / max(count, 1)


def _not_asian(letter: str, name: str) -> float:
    if name == "euc_kr":
        return 0.0 if "\uac00" <= letter <= "\ud7a3" else 0.6
    if "\uff61" <= letter <= "\uff9f":  # narrow kana, which any bytes make
        return 0.7
    return 0.0 if "\u3000" <= letter <= "\u9fff" or "\uff01" <= letter <= "\uffee" else 1.0


def _example(text: str) -> str:
    """A value that is not ASCII."""
    for line in text.splitlines():
        for cell in line.replace(";", ",").replace("\t", ",").replace("|", ",").split(","):
            if not cell.isascii():
                return cell.strip(" \"'")[:40]
    return ""


def _guessed(name: str, text: str, other: str | None, texts: dict[str, str], *, close: bool) -> Finding:
    read = _example(text)
    instead = f"; in {_spelt(other)} it would be “{_example(texts[other])}”" if other else ""
    return Finding(
        code="file.encoding",
        grade="REVIEW" if close else "INFO",
        value=read,
        text=f"The file does not say its encoding; it was read as {_spelt(name)}, such as “{read}”{instead}.",
        remedy="If letters look wrong, save it as “CSV UTF-8” and upload that.",
        offers=(Offer(key=choices.encoding(), value=other, label=f"Read as {other}"),) if other else (),
    )


def _spelt(name: str) -> str:
    return f"{name} ({LIKELY[name]})"
