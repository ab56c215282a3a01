"""Days and times as people type them: 3-12-2026, 3 december 2026, 2026-12-03; 10:00, 9.30.

The day comes before the month, as everybody here writes it; months have their Dutch and English names. A
browser that has a calendar of its own sends the last form. What only looks like one of these is refused:
20261203 is a day to Python, and 1000 a time.
"""

from __future__ import annotations

import re
from datetime import date, time

YEARS = range(1900, 9999)  # at the very edges of the calendar no hour can be counted in another zone
DAY_MOST = 30  # characters of a day in words, with room for a slip
MONTHS = (
    "january januari jan",
    "february februari feb",
    "march maart mrt mar",
    "april apr",
    "may mei",
    "june juni jun",
    "july juli jul",
    "august augustus aug",
    "september sept sep",
    "october oktober okt oct",
    "november nov",
    "december dec",
)
NUMBER = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}

ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII)
DIGITS = re.compile(r"(?P<day>\d{1,2})([-/.])(?P<month>\d{1,2})\2(?P<year>\d{4})", re.ASCII)
WORDS = re.compile(r"(?P<day>\d{1,2}) (?P<month>[a-z]{3,9})\.? (?P<year>\d{4})", re.ASCII)
CLOCK = re.compile(r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(:00)?", re.ASCII)


def read_day(text: str) -> date:
    """A day that somebody typed; raises ValueError, also for a year that nobody means."""
    plain = " ".join(text.split()).lower()
    found = ISO.fullmatch(plain) or DIGITS.fullmatch(plain) or WORDS.fullmatch(plain)
    if found is None or int(found["year"]) not in YEARS:
        raise ValueError(text)
    month = found["month"]
    return date(int(found["year"]), NUMBER.get(month) or int(month), int(found["day"]))


def read_clock(text: str) -> time:
    """A time that somebody typed; raises ValueError."""
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return time(int(found["hour"]), int(found["minute"]))
