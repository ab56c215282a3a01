"""The legal clock of a privacy request: month ends, leap years, holidays, days that stood still."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.domain.term import Term, today, warning

# Received, last day of the month, the same moved to a working day, last day after an extension.
TABLE = [
    ("2026-11-16", "2026-12-16", "2026-12-16", "2027-02-16"),  # an ordinary one
    ("2026-01-31", "2026-02-28", "2026-03-02", "2026-04-28"),  # a short month, that ends on a Saturday
    ("2028-01-31", "2028-02-29", "2028-02-29", "2028-04-29"),  # a leap year
    ("2027-01-29", "2027-02-28", "2027-03-01", "2027-04-28"),  # not a leap year
    ("2026-02-28", "2026-03-28", "2026-03-30", "2026-05-28"),  # the last day of February is the 28th after
    ("2026-03-31", "2026-04-30", "2026-04-30", "2026-06-30"),  # summer time begins in between
    ("2026-10-20", "2026-11-20", "2026-11-20", "2027-01-20"),  # and ends in between
    ("2026-11-25", "2026-12-25", "2026-12-28", "2027-02-25"),  # Christmas, and the weekend after it
    ("2025-12-01", "2026-01-01", "2026-01-02", "2026-03-01"),  # New Year's Day
    ("2026-03-03", "2026-04-03", "2026-04-07", "2026-06-03"),  # Good Friday to Easter Monday
    ("2026-03-27", "2026-04-27", "2026-04-28", "2026-06-27"),  # King's Day
    ("2025-03-27", "2025-04-27", "2025-04-28", "2025-06-27"),  # a Sunday, King's Day is the day before
    ("2026-04-05", "2026-05-05", "2026-05-06", "2026-07-05"),  # Liberation Day
    ("2026-04-14", "2026-05-14", "2026-05-15", "2026-07-14"),  # Ascension Day
    ("2026-04-25", "2026-05-25", "2026-05-26", "2026-07-25"),  # Whit Monday
    ("2026-12-31", "2027-01-31", "2027-02-01", "2027-03-31"),  # over the year, to a Sunday
]


@pytest.mark.parametrize(("received", "last", "moved", "extended"), TABLE)
def test_the_last_day_is_where_the_law_puts_it(received: str, last: str, moved: str, extended: str) -> None:
    on = date.fromisoformat(received)
    term = Term(on)
    assert term.last(on) == term.first(on) == date.fromisoformat(last)
    assert term.moved(on) == date.fromisoformat(moved)
    assert Term(on, extended=True).last(on) == date.fromisoformat(extended)
    assert Term(on, extended=True).first(on) == date.fromisoformat(last)  # the notice must be out by then


def test_the_days_that_the_clock_stood_still_come_on_top() -> None:
    received, asked, later = date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 30)
    still = Term(received, still_since=asked)
    assert still.left(asked) == still.left(later) == 26  # while it stands still nothing is used up
    known = Term(received, still=still.stood_still(later))
    assert known.last(later) == date(2026, 12, 26)
    assert known.left(later) == 26
    assert known.left(date(2026, 12, 27)) == -1


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),  # summer time: two hours ahead
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 1, 1, 22, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 23, 0, tzinfo=UTC), date(2026, 1, 2)),
    ],
)
def test_a_day_is_a_day_in_the_netherlands(at: datetime, day: date) -> None:
    assert today(at) == day


def test_each_warning_comes_once_and_only_the_latest_after_a_time_that_nobody_looked() -> None:
    warned, given = None, []
    for left in range(30, -5, -1):
        step = warning(left, warned)
        warned = warned if step is None else step
        given += [] if step is None else [left]
    assert given == [9, 2, -1]
    assert warning(1, None) == 2
    assert warning(1, 2) is None
