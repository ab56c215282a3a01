"""A day and a time are read as people here write them, and never as something they did not mean."""

from __future__ import annotations

from datetime import date, time

import pytest

from app.core.days import MONTHS, read_clock, read_day


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-03",
        " 2026-12-03 ",
        "3-12-2026",
        "03-12-2026",
        "3/12/2026",
        "3.12.2026",
        "3 december 2026",
        "3  December\u00a02026",
        "03 DEC 2026",
        "3 dec. 2026",
    ],
)
def test_a_day_is_read_in_each_form_in_which_people_write_it(text: str) -> None:
    assert read_day(text) == date(2026, 12, 3)


@pytest.mark.parametrize("number", range(1, 13))
def test_each_month_has_its_dutch_and_english_names(number: int) -> None:
    for name in MONTHS[number - 1].split():
        assert read_day(f"31 {name} 2026" if number in {1, 3} else f"9 {name} 2026").month == number


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01", "1899-12-31", "9999-12-31", "2026-02-30", ""),
        *("20261203", "2026-W49-4", "2026-1-2", "12-2026", "december 2026", "3 2026", "1764720000"),
        *("3-12-26", "3-12/2026", "31-2-2026", "3-13-2026", "0-1-2026", "3 brumaire 2026"),
        *("3-12-2026 10:00", "\u0663-12-2026", "3 december\u0000 2026", "3december2026"),
    ],
)
def test_a_day_that_nobody_means_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the calendar has words of its own)
        read_day(text)


@pytest.mark.parametrize("text", ["9:05", "09:05", "9.05", " 09.05 ", "09:05:00"])
def test_a_time_is_read_with_a_colon_or_a_point(text: str) -> None:
    assert read_clock(text) == time(9, 5)


@pytest.mark.parametrize("text", ["", "9", "905", "24:00", "12:60", "9:5", "09:05:01", "9:05Z", "-9:05"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the clock has words of its own)
        read_clock(text)
