"""When an issue is due: the monthly rhythm, public holidays and working days, summer time included.

Easy to get wrong: a rhythm is local time. It is turned into UTC per occurrence, never once and for all.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from app.core.days import read_day

ONE_DAY = timedelta(days=1)
SATURDAY = 5  # as date.weekday() counts
SUNDAY = 6

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "last": -1,
}  # no fifth: not every month has one

ALLOWED = (
    'A cadence is one of: "first|second|third|fourth|last monday|...|sunday HH:MM" '
    '(first tuesday 10:00), "day 1 to 31 HH:MM" (day 15 09:00; a shorter month takes its last day), '
    '"first workday HH:MM" (first workday 09:00).'
)


class BadCadence(Exception):
    """The words do not describe a monthly moment; the message lists what does."""

    def __init__(self) -> None:
        super().__init__(ALLOWED)


@dataclass(frozen=True, order=True)
class Period:
    """A month of a year: every newsletter has one slot in each."""

    year: int
    month: int

    def __post_init__(self) -> None:
        self.first_on  # noqa: B018  (a month that does not exist is refused here)

    @classmethod
    def of(cls, day: date) -> Period:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read "2026-12"; anything else is a ValueError."""
        return cls.of(read_day(f"{datetime.strptime(text, '%Y-%m').replace(tzinfo=UTC):%Y-%m}-01"))

    @property
    def first_on(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_on(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def next(self) -> Period:
        return Period.of(self.last_on + ONE_DAY)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True)
class NthWeekday:
    nth: int  # 1 to 4 from the start, -1 the last
    weekday: int

    def day(self, period: Period) -> date:
        if self.nth < 0:
            return period.last_on - ONE_DAY * ((period.last_on.weekday() - self.weekday) % 7)
        first = period.first_on + ONE_DAY * ((self.weekday - period.first_on.weekday()) % 7)
        return first + timedelta(weeks=self.nth - 1)


@dataclass(frozen=True)
class MonthDay:
    number: int

    def day(self, period: Period) -> date:
        return period.first_on.replace(day=min(self.number, period.last_on.day))


@dataclass(frozen=True)
class FirstWorkday:
    def day(self, period: Period) -> date:
        return next_workday(period.first_on)


@dataclass(frozen=True)
class Cadence:
    """A monthly moment in local time, such as "first tuesday 10:00"."""

    words: str  # the day, in the words it is read from
    rule: NthWeekday | MonthDay | FirstWorkday
    at: time

    @classmethod
    def parse(cls, text: str) -> Cadence:
        """Read the words, whatever their case and spacing; BadCadence lists what is allowed."""
        *day, clock = text.casefold().split() or [""]
        return cls(" ".join(day), _rule(day), _clock(clock))

    def slot(self, period: Period, zone: tzinfo) -> datetime:
        """Return the moment in UTC; what summer time does to it is the meaning of fold=0.

        A local time that is skipped moves on by the gap (02:30 becomes 03:30, RFC 5545 section
        3.3.5); one that comes twice is the first.
        """
        return datetime.combine(self.rule.day(period), self.at, zone).astimezone(UTC)

    def upcoming(self, after: datetime, zone: tzinfo) -> Iterator[tuple[Period, datetime]]:
        """Yield period and moment of every slot later than `after`, without end."""
        period = Period.of(after.astimezone(zone))
        while True:
            at = self.slot(period, zone)
            if at > after:
                yield period, at
            period = period.next()

    def __str__(self) -> str:
        return f"{self.words} {self.at:%H:%M}"


def _rule(words: list[str]) -> NthWeekday | MonthDay | FirstWorkday:
    match words:
        case ["first", "workday"]:
            return FirstWorkday()
        case ["day", number] if re.fullmatch(r"[1-9]|[12]\d|3[01]", number, re.ASCII):
            return MonthDay(int(number))
        case [ordinal, weekday] if ordinal in ORDINALS and weekday in WEEKDAYS:
            return NthWeekday(ORDINALS[ordinal], WEEKDAYS.index(weekday))
    raise BadCadence


def _clock(text: str) -> time:
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise BadCadence
    return time.fromisoformat(text.zfill(len("09:00")))


def skipped(at: datetime) -> datetime | None:
    """The first local moment that comes, when clocks jump over this one as summer time begins; else None."""
    if _comes(at):
        return None
    while not _comes(at):
        at += timedelta(minutes=1)  # on the wall, where the jump is an hour at most
    return at


def _comes(at: datetime) -> bool:
    """Whether a clock on the wall ever shows this."""
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)


def twice(at: datetime) -> bool:
    """Whether a clock on the wall shows this twice, as summer time ends; which of them it is, `fold` says."""
    return _comes(at) and at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def to_come(at: datetime, now: datetime) -> datetime:
    """Of a moment that the clock shows twice the second, once the first has passed."""
    return at.replace(fold=1) if at < now and twice(at) else at


def add_months(day: date, months: int) -> date:
    """Return the same day so many months on, or that month's last: 31 January + 1 is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)  # months since the year 0
    target = Period(year, month + 1)
    return target.first_on.replace(day=min(day.day, target.last_on.day))


def easter(year: int) -> date:
    """Return Easter Sunday by the anonymous Gregorian rule (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def holidays(year: int, *, good_friday: bool = False) -> dict[date, str]:
    """Return the names of the Dutch public holidays by date (Algemene termijnenwet, article 3.1)."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == SUNDAY:
        kings_day -= ONE_DAY  # celebrated on Saturday the 26th
    # Good Friday is none, but article 3.2 treats it as one where a legal term ends.
    friday = {sunday - 2 * ONE_DAY: "Goede Vrijdag"} if good_friday else {}
    return friday | {
        date(year, 1, 1): "Nieuwjaarsdag",
        sunday: "Eerste Paasdag",
        sunday + ONE_DAY: "Tweede Paasdag",
        kings_day: "Koningsdag",
        date(year, 5, 5): "Bevrijdingsdag",
        sunday + 39 * ONE_DAY: "Hemelvaartsdag",
        sunday + 49 * ONE_DAY: "Eerste Pinksterdag",
        sunday + 50 * ONE_DAY: "Tweede Pinksterdag",
        date(year, 12, 25): "Eerste Kerstdag",
        date(year, 12, 26): "Tweede Kerstdag",
    }


def next_workday(day: date, *, good_friday: bool = False) -> date:
    """Return the day itself if people work on it, else the first later day on which they do."""
    while day.weekday() >= SATURDAY or day in holidays(day.year, good_friday=good_friday):
        day += ONE_DAY
    return day
