"""Dates as people and programs write them, each by itself: which day is meant, or that none is."""

from datetime import date

import pytest

from engine.data.dates import out_of_bounds
from engine.data.written_days import read_day

MONDAY, JANUARY, MARCH = date(2022, 1, 3), date(2020, 1, 1), date(2020, 3, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *((text, MONDAY) for text in (
            "2022-01-03", "2022/1/3", "2022.01.03", "20220103", "20220103T000000Z", "03.01.2022", "3.1.22",
            "03. 01. 2022",
            "3. Januar 2022", "3 janvier 2022", "3 de enero de 2022", "03JAN2022", "3-Jan-22", "Jan 3, 2022",
            "January 3rd, 2022", "2022 Jan 3", "Montag, 3. Januar 2022", "lunes 3 de enero de 2022",
            "2022-01-03 00:00:00.000", "2022-01-03T00:00:00+01:00", "2022-01-03T00:00:00+01:00[Europe/Berlin]",
            "2022-01-03 00:00 CET", "Mon, 03 Jan 2022 00:00:00 GMT", "1/3/2022 12:00 AM", "2022-01-02 24:00",
            "Mon Jan 03 2022 00:00:00 GMT+0100 (Central European Standard Time)",
            "2022-W01-1", "2022W01", "2022-W01", "W01 2022", "W1-2022", "KW 01 2022", "KW1/2022", "CW01-2022",
            "Week 1 2022", "Week 1, 2022", "2022 KW 01", "semaine 1 2022", "Semana 1 de 2022", "uge 1 2022",
            "v. 1 2022",
            "2022-01-03 - 2022-01-09", "2022-01-03/2022-01-09", "2022-01-03 to 2022-01-09", "03.01.–09.01.2022",
            "03.01. - 09.01.2022", "03.01.2022 bis 09.01.2022", "Jan 3 - Jan 9, 2022", "3 - 9 Jan 2022",
            "3-9 Jan 2022", "Jan 3-9, 2022", "Jan 3 – 9, 2022", "KW 1/22",
            "2022年1月3日", "2022年 01月 03日(月)", "2022/1/3(月)",
            "2022년 1월 3일", "2022年第1週", "2022. 1. 3.", "2022. január 3.", "3 stycznia 2022", "3 января 2022",
            "3 Ocak 2022", "Mon Jan  3 00:00:00 UTC 2022", "Jan 3 00:00:00 2022", "week of Jan 3, 2022",
            "Week commencing 3 January 2022", "w/c 3 Jan 2022", "le 3 janvier 2022",
        )),
        *((text, JANUARY) for text in (
            "Jan-20", "Jan 20", "Jan '20", "2020-01", "01/2020", "2020.01", "January 2020", "2020 Jan", "janv. 2020",
            "Janvier-20", "enero 2020", "enero de 2020", "gennaio 2020", "janeiro 2020", "januari 2020", "Jänner 2020",
            "2020Q1", "2020-Q1", "Q1 2020", "Q1/20", "1. Quartal 2020", "1Q20", "T1 2020", "1er trimestre 2020",
            "Ocak 2020", "styczeń 2020", "янв. 2020", "Январь 2020", "leden 2020", "tammikuu 2020", "ianuarie 2020",
            "2020年1月", "2020년 1월", "Tháng 1 2020", "Monat 1/2020",
        )),
        *((text, MARCH) for text in (
            "Mär 2020", "März 2020", "mars 2020", "marzo 2020", "Março 2020", "maart 2020", "mrt. 2020", "Mrz-20",
        )),
        ("Déc. 2021", date(2021, 12, 1)),
        ("août 2021", date(2021, 8, 1)),
        ("maj 2021", date(2021, 5, 1)),
        ("27.12. - 02.01.2022", date(2021, 12, 27)),
        ("31.12.99", date(1999, 12, 31)),
    ],
)  # fmt: skip
def test_a_date_is_the_day_that_it_names(text: str, day: date) -> None:
    written = read_day(text)
    assert written is not None
    assert written.day == day


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "2022", "1.234", "12.05", "2022-13", "2022-02-31", "1900-01-00", "10000-01-01", "0000-01-01",
        "W53 2022",
        "W00 2022", "Version 2022", "sale 10", "2022-01-03 25:00", "2022-01-03 12:61", "Q5 2022", "3/1/2022 - 9/1/2022",
        "99999999999999999999", "2022-01-03" * 20, "٣", "NaT",
    ],
)  # fmt: skip
def test_what_names_no_day_is_none(text: str) -> None:
    assert read_day(text) is None


@pytest.mark.parametrize(
    ("text", "minute", "zone"),
    [
        ("2022-01-02T23:00:00Z", 1380, "utc"),
        ("2022-01-02 23:00:00+00", 1380, "utc"),
        ("2022-01-02 23:00:00.000 +0000", 1380, "utc"),
        ("2022-01-02 11:00:00 PM UTC", 1380, "utc"),
        ("2022-01-02T23:00:00-05:00", 1380, "other"),
        ("2022-01-02 23:00 EST", 1380, "other"),
        ("2022-01-02 23:00", 1380, ""),
        ("2022-01-02", None, ""),
    ],
)
def test_a_stamp_says_in_whose_time_it_is(text: str, minute: int | None, zone: str) -> None:
    written = read_day(text)
    assert written is not None
    assert (written.day, written.minute, written.zone) == (date(2022, 1, 2), minute, zone)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(1970, 1, 1), "1971"),
        (date(1, 1, 1), "1971"),
        (date(1971, 1, 1), ""),
        (date(2027, 12, 31), ""),
        (date(2028, 1, 1), "2027-12-31"),
        (date(9999, 12, 31), "2027-12-31"),
    ],
)
def test_data_are_about_1971_to_the_end_of_next_year(day: date, said: str) -> None:
    why = out_of_bounds(day, today=date(2026, 5, 5))
    assert (said in why) if said else not why
