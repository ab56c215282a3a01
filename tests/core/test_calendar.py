"""The monthly rhythm in every year and in both nights on which the clock moves, and the days nobody works."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.calendar import (
    BadCadence,
    Cadence,
    Period,
    add_months,
    easter,
    holidays,
    next_workday,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
YEARS = range(2024, 2036)

SLOTS = [
    # cadence, period, moment in UTC
    ("first tuesday 10:00", "2026-12", "2026-12-01T09:00"),
    ("first tuesday 10:00", "2026-07", "2026-07-07T08:00"),
    ("first monday 10:00", "2026-12", "2026-12-07T09:00"),
    ("second wednesday 9:05", "2024-05", "2024-05-08T07:05"),
    ("third thursday 23:59", "2025-01", "2025-01-16T22:59"),
    ("fourth friday 00:00", "2024-02", "2024-02-22T23:00"),  # still Thursday in UTC
    ("first saturday 00:30", "2028-01", "2027-12-31T23:30"),  # still the year before in UTC
    ("last thursday 10:00", "2024-02", "2024-02-29T09:00"),
    ("last friday 10:00", "2024-02", "2024-02-23T09:00"),
    ("last sunday 10:00", "2025-08", "2025-08-31T08:00"),
    ("last monday 10:00", "2027-02", "2027-02-22T09:00"),
    ("day 15 09:00", "2026-03", "2026-03-15T08:00"),
    ("day 31 09:00", "2026-04", "2026-04-30T07:00"),
    ("day 31 09:00", "2025-02", "2025-02-28T08:00"),
    ("day 29 09:00", "2024-02", "2024-02-29T08:00"),
    ("day 29 09:00", "2100-02", "2100-02-28T08:00"),
    ("first workday 09:00", "2026-01", "2026-01-02T08:00"),  # New Year's Day is a Thursday
    ("first workday 09:00", "2028-01", "2028-01-03T08:00"),  # New Year's Day is a Saturday
    ("first workday 09:00", "2024-04", "2024-04-02T07:00"),  # Easter Monday is the first
    ("first workday 09:00", "2026-02", "2026-02-02T08:00"),  # the first is a Sunday
    # 29 March 2026, 02:00 to 03:00 does not exist
    ("last sunday 01:59", "2026-03", "2026-03-29T00:59"),
    ("last sunday 02:00", "2026-03", "2026-03-29T01:00"),
    ("last sunday 02:30", "2026-03", "2026-03-29T01:30"),
    ("last sunday 03:00", "2026-03", "2026-03-29T01:00"),
    # 25 October 2026, 02:00 to 03:00 comes twice: the first
    ("last sunday 02:00", "2026-10", "2026-10-25T00:00"),
    ("last sunday 02:30", "2026-10", "2026-10-25T00:30"),
    ("last sunday 03:00", "2026-10", "2026-10-25T02:00"),
]

NO_CADENCES = [
    *("", "tuesday", "first tuesday", "10:00", "first tuesday 10", "first tuesday 24:00"),
    *(
        "first tuesday 10:60",
        "first tuesday 10:0",
        "first tuesday 10:00 sharp",
        "fifth tuesday 10:00",
    ),
    *("eerste dinsdag 10:00", "day 0 10:00", "day 32 10:00", "day -1 10:00", "day x 10:00"),
    *(
        "last workday 10:00",
        "first day 10:00",
        "day \u0661 10:00",
        "day 1 \u0661:00",
        "first tuesday 10:00\n11:00",
    ),
]

EASTERS = {
    2024: date(2024, 3, 31),
    2025: date(2025, 4, 20),
    2026: date(2026, 4, 5),
    2027: date(2027, 3, 28),
    2028: date(2028, 4, 16),
    2029: date(2029, 4, 1),
    2030: date(2030, 4, 21),
    2031: date(2031, 4, 13),
    2032: date(2032, 3, 28),
    2033: date(2033, 4, 17),
    2034: date(2034, 4, 9),
    2035: date(2035, 3, 25),
    2038: date(2038, 4, 25),  # the latest there is
    2285: date(2285, 3, 22),  # the earliest there is
}


@pytest.mark.parametrize(("words", "period", "at"), SLOTS)
def test_a_cadence_names_one_moment_in_a_month(words: str, period: str, at: str) -> None:
    slot = Cadence.parse(words).slot(Period.parse(period), AMSTERDAM)
    assert slot == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert slot.tzinfo is UTC


@pytest.mark.parametrize("words", NO_CADENCES)
def test_other_words_are_refused_with_the_list_of_what_is_allowed(words: str) -> None:
    with pytest.raises(BadCadence, match=r"first tuesday 10:00.*day 15 09:00.*first workday 09:00"):
        Cadence.parse(words)


@pytest.mark.parametrize("words", sorted({words for words, _, _ in SLOTS}))
def test_a_cadence_is_written_as_it_is_read(words: str) -> None:
    cadence = Cadence.parse(words)
    assert Cadence.parse(f"  {str(cadence).upper()} ") == cadence


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("words", ["first tuesday 10:00", "last friday 16:30", "day 31 09:00"])
def test_the_clock_on_the_wall_is_the_same_all_year(words: str, year: int) -> None:
    cadence = Cadence.parse(words)
    slots = [cadence.slot(Period(year, month), AMSTERDAM).astimezone(AMSTERDAM) for month in range(1, 13)]
    assert [slot.month for slot in slots] == list(range(1, 13))
    assert {slot.time() for slot in slots} == {cadence.at}


@pytest.mark.parametrize("year", YEARS)
def test_the_first_tuesday_is_a_tuesday_in_the_first_week(year: int) -> None:
    for month in range(1, 13):
        day = Cadence.parse("first tuesday 10:00").rule.day(Period(year, month))
        assert (day.weekday(), day.day <= 7) == (1, True)


@pytest.mark.parametrize("year", YEARS)
def test_the_first_workday_is_the_earliest_day_on_which_people_work(year: int) -> None:
    for month in range(1, 13):
        day = Cadence.parse("first workday 09:00").rule.day(Period(year, month))
        free = [date(year, month, number) for number in range(1, day.day)]
        assert day.weekday() < 5
        assert day not in holidays(year)
        assert all(other.weekday() >= 5 or other in holidays(year) for other in free)


def test_upcoming_slots_come_one_a_month_and_are_strictly_later() -> None:
    cadence = Cadence.parse("first tuesday 10:00")
    due = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert next(cadence.upcoming(due - timedelta(seconds=1), AMSTERDAM)) == (Period(2026, 12), due)
    later = [str(period) for period, _ in islice(cadence.upcoming(due, AMSTERDAM), 14)]
    assert later == [*(f"2027-{month:02}" for month in range(1, 13)), "2028-01", "2028-02"]


@pytest.mark.parametrize(
    ("zone", "after", "words", "period"),
    [
        ("Europe/Amsterdam", "2026-12-31T23:10", "day 1 00:30", "2027-01"),  # 00:10 on the first there
        ("America/New_York", "2027-01-01T02:10", "day 31 22:00", "2026-12"),  # 21:10 on the 31st there
    ],
)
def test_upcoming_looks_at_the_local_month(zone: str, after: str, words: str, period: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    first, at = next(Cadence.parse(words).upcoming(moment, ZoneInfo(zone)))
    assert str(first) == period
    assert timedelta() < at - moment < timedelta(hours=1)


def test_periods_follow_each_other_and_sort_as_they_are_written() -> None:
    periods = [Period(2026, 11), Period(2026, 11).next(), Period(2026, 12).next()]
    assert [str(period) for period in periods] == ["2026-11", "2026-12", "2027-01"]
    assert min(periods[::-1]) == periods[0]
    assert [Period.parse(str(period)) for period in periods] == periods


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026", "december", "2026-12-01", ""])
def test_what_is_no_month_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Period.parse(text)
    with pytest.raises(ValueError, match="month"):
        Period(2026, 13)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-03-15", 0, "2026-03-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-31", -2, "2025-11-30"),
        ("2026-11-30", 3, "2027-02-28"),
    ],
)
def test_adding_months_stays_within_the_month(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-600, 600))
def test_adding_months_moves_by_exactly_that_many(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(("year", "day"), EASTERS.items())
def test_easter_is_where_the_church_puts_it(year: int, day: date) -> None:
    assert easter(year) == day


def test_the_holidays_of_2026() -> None:
    assert sorted(day.isoformat()[5:] for day in holidays(2026)) == (
        ["01-01", "04-05", "04-06", "04-27", "05-05", "05-14", "05-24", "05-25", "12-25", "12-26"]
    )


@pytest.mark.parametrize("year", YEARS)
def test_kings_day_is_the_27th_unless_that_is_a_sunday(year: int) -> None:
    (day,) = (day for day, name in holidays(year).items() if name == "Koningsdag")
    assert day.day == (26 if year in (2025, 2031) else 27)
    assert day.weekday() != 6


def test_good_friday_counts_only_when_asked_for() -> None:
    good_friday = date(2026, 4, 3)
    assert good_friday not in holidays(2026)
    assert holidays(2026, good_friday=True)[good_friday] == "Goede Vrijdag"
    assert next_workday(good_friday) == good_friday
    assert next_workday(good_friday, good_friday=True) == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        ("2026-12-01", "2026-12-01"),  # a Tuesday
        ("2026-12-05", "2026-12-07"),  # a Saturday
        ("2026-12-25", "2026-12-28"),  # Christmas on Friday and Saturday, then Sunday
        ("2027-12-31", "2027-12-31"),
        ("2027-01-01", "2027-01-04"),
        ("2024-12-25", "2024-12-27"),
        ("2025-04-18", "2025-04-18"),  # Good Friday
        ("2025-04-19", "2025-04-22"),
        ("2028-12-31", "2029-01-02"),  # Sunday, then New Year's Day on Monday
    ],
)
def test_the_next_workday_skips_weekends_and_holidays(day: str, workday: str) -> None:
    assert next_workday(date.fromisoformat(day)) == date.fromisoformat(workday)
