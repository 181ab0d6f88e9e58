"""Countries as files and tables write them."""

import pytest

from engine.data.countries import COUNTRIES
from engine.data.country_names import country_of, is_rest, search_countries


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "de") for text in ("DE", "de ", "Germany", "GERMANY", "Deutschland", "Allemagne", "DEU", "de-DE")],
        *[(text, "gb") for text in ("UK", "GB", "GBR", "United Kingdom", "Great Britain", "en_GB", "Großbritannien")],
        *[(text, "us") for text in ("US", "USA", "U.S.", "U.S.A.", "United States of America", "Etats-Unis", "en-us")],
        *[(text, "fr") for text in ("FR (France)", "France (FR)", "FR - France", "Frankreich", "🇫🇷 France", "🇫🇷")],
        *[(text, "nl") for text in ("The Netherlands", "Nederland", "Holland")],
        *[(text, "cz") for text in ("Czech Republic", "Czechia", "Česko")],
        ("Österreich", "at"),
        ("España", "es"),
        ("Espana", "es"),
        ("日本", "jp"),
        ("대한민국", "kr"),
        ("Россия", "ru"),
        ("Ελλάδα", "gr"),
        ("EL", "gr"),
        ("Türkiye", "tr"),
        ("Turkey", "tr"),
        ("Côte d'Ivoire", "ci"),
        ("Congo (Kinshasa)", "cd"),
        ("pt-BR", "br"),
        ("de-AT", "at"),
        ("UAE", "ae"),
    ],
)
def test_a_country_is_known_by_what_people_write(text: str, code: str) -> None:
    assert country_of(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Retail",
        "Bavaria",
        "US-CA",
        "DE-BY",
        "DE - North",
        "Online",
        "Segment A",
        "Texas",
        "EMEA",
        "1",
        "Total",
    ],
)
def test_what_is_no_country_is_none(text: str) -> None:
    assert country_of(text) == ""


def test_every_country_is_known_by_its_code_and_its_name() -> None:
    assert {code: country_of(code) for code in COUNTRIES} == {code: code for code in COUNTRIES}
    assert {name: country_of(name) for name in COUNTRIES.values()} == {name: code for code, name in COUNTRIES.items()}


@pytest.mark.parametrize("text", ["Other", "Rest of World", "ROW", "EMEA", "unknown", "n/a", "(not set)"])
def test_what_stands_for_the_others_is_told_from_a_wrong_column(text: str) -> None:
    assert is_rest(text)
    assert not is_rest("Retail")


@pytest.mark.parametrize(("typed", "first"), [("uk", "gb"), ("deutschland", "de"), ("usa", "us"), ("DEU", "de")])
def test_a_country_is_found_by_other_names(typed: str, first: str) -> None:
    assert search_countries(typed)[0][0] == first
