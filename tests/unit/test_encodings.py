"""The encoding of a text file is known or guessed; a guess is told with an example, and can be changed."""

from pathlib import Path

import pytest

from engine.data.intake.file import Asked, inspect
from engine.errors import BadData

WORDS = {
    "german": "datum;größe;stadt;München;Köln;Straße;Käse;Früh",
    "french": "date;dépenses;région;Île-de-France;Rhône;été;février;télé",
    "spanish": "fecha;campaña;año;España;Córdoba;televisión;otoño;búsqueda",
    "danish": "dato;omsætning;århus;Ålborg;Ærø;søgning;måned;udgifter på",
    "polish": "data;przychód;miasto;Łódź;Poznań;Gdańsk;święta;zakupów",
    "russian": "дата;выручка;город;Москва;реклама;поиск;праздник;неделя",
    "japanese": "日付;売上;テレビ;検索;広告費;東京;大阪;祝日",
    "chinese": "日期;收入;电视;搜索;广告费;北京;上海;节日",
    "korean": "날짜;매출;방송;검색;광고비;서울;부산;휴일",
    "greek": "ημερομηνία;έσοδα;Αθήνα;τηλεόραση;αναζήτηση;έξοδα;πόλη;αργία",
}


def write(tmp_path: Path, words: str, encoding: str) -> tuple[Path, list[str]]:
    names = words.split(";")
    lines = [";".join(names), *[";".join([f"2022-01-{day:02}", *names[1:]]) for day in range(1, 31)]]
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path, names


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("german", "cp1252"),
        ("german", "mac_roman"),
        ("german", "cp850"),
        ("french", "latin-1"),
        ("french", "mac_roman"),
        ("spanish", "cp1252"),
        ("spanish", "mac_roman"),
        ("danish", "cp1252"),
        ("danish", "mac_roman"),
        ("polish", "cp1250"),
        ("polish", "iso8859-2"),
        ("russian", "cp1251"),
        ("russian", "koi8_r"),
        ("japanese", "shift_jis"),
        ("chinese", "gb18030"),
        ("korean", "euc_kr"),
        ("greek", "cp1253"),
    ],
)
def test_a_guessed_encoding_is_right_and_told(tmp_path: Path, language: str, encoding: str) -> None:
    path, names = write(tmp_path, WORDS[language], encoding)
    facts = inspect(path)
    assert [column.name for column in facts.columns] == names
    (finding,) = [one for one in facts.findings if one.code == "file.encoding"]
    assert finding.value and not finding.value.isascii() and finding.value in finding.text
    assert finding.value in names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_what_is_known_is_not_told(tmp_path: Path, encoding: str) -> None:
    path, names = write(tmp_path, WORDS["german"], encoding)
    facts = inspect(path)
    assert [column.name for column in facts.columns] == names
    assert facts.findings == ()


def test_another_encoding_can_be_chosen(tmp_path: Path) -> None:
    path, _ = write(tmp_path, WORDS["german"], "cp1252")
    (finding,) = inspect(path).findings
    (offer,) = finding.offers
    assert offer.key == "encoding"
    facts = inspect(path, Asked(choices={"encoding": offer.value}))
    assert facts.findings == ()
    assert facts.columns[1].name != "größe"
    with pytest.raises(BadData, match="no encoding “x-none”"):
        inspect(path, Asked(choices={"encoding": "x-none"}))


def test_one_letter_late_in_a_long_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"date,tv,city\n" + b"2022-01-03,1,Paris\n" * 60_000 + "2022-01-10,1,Zürich\n".encode("cp1252"))
    (finding,) = inspect(path).findings
    assert finding.value == "Zürich"


def test_a_bar_between_cells_is_no_half_of_a_letter(tmp_path: Path) -> None:
    # £| is a letter in Big5 and Shift-JIS: read so, every later column would be moved by one.
    lines = [f"2022-{n // 28 + 1:02}-{n % 28 + 1:02}|{n + 1} 818 £|A$7 {n:03}|{n}" for n in range(60)]
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join(["date|revenue|tv_spend|clicks", *lines]).encode("cp1252"))
    facts = inspect(path)
    assert [(column.name, column.type, column.unit) for column in facts.columns][1:3] == [
        ("revenue", "number", "GBP"),
        ("tv_spend", "number", "AUD"),
    ]
