"""What a list looks like: a line for each person, with when they said yes and where that is kept."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import chain
from typing import Any, TextIO

from app.core import logs
from app.core.address import Address, BadAddress, many
from app.core.errors import Invalid
from app.domain import prose

COLUMNS = ["address", "consented_at", "evidence"]
BETWEEN = ",;"  # the second is what a spreadsheet writes where the comma is in numbers
LONGEST = 4000  # characters of a line: an address, a moment and the evidence have far fewer
EVIDENCE_MOST = 500  # characters: where the yes is kept, not the yes itself
EARLIEST = 1990  # nobody said yes to a newsletter by mail before


class NoList(Invalid):
    """This is no such list at all: why, as a code, and after which line."""

    def __init__(self, code: str, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.code, self.line = code, line


class Why(StrEnum):
    """Why a line is not taken; the words are those of the report."""

    FORM = "it does not have the three fields address, consented_at and evidence"
    ADDRESS = "the address is not one that mail can use"
    MOMENT = "consented_at is no date or moment such as 2024-05-31 or 2024-05-31T14:30+02:00"
    FUTURE = "consented_at is in the future"
    EVIDENCE = "there is no evidence of consent"
    LENGTH = f"the evidence is longer than {EVIDENCE_MOST} characters"
    PERSON = "the evidence holds an address or number; say where the yes is kept, not whose it is"
    BLOCKED = "this address asked for no mail, or cannot get any"
    ENDED = "this subscription ended after that yes"
    SEALED = "it cannot be opened: its key is missing"


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One yes of the list; shows nothing of itself."""

    number: int
    address: Address
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A line that stays out."""

    number: int
    why: Why


def read(source: TextIO, *, zone: tzinfo, now: datetime) -> Iterator[Line | Kept]:
    """Line by line; raises NoList for what is not such a list at all."""
    parse, number = many(), 1
    try:
        rows = _rows(source)
        if next(rows, []) != COLUMNS:
            raise NoList("columns", f"the first line must be: {','.join(COLUMNS)}")
        for row in rows:
            number, at = rows.line_num + 1, number + 1
            if row:
                yield _line(at, row, parse, zone, now)
            number = rows.line_num
    except UnicodeDecodeError:
        raise NoList("utf8", f"after line {number}: this is not UTF-8 text", number) from None
    except csv.Error:
        words = f"after line {number}: this is not CSV; look at the quotation marks"
        raise NoList("csv", words, number) from None


def _rows(source: TextIO) -> Any:
    """The rows, with the sign between the fields that the first line has."""
    bounded = _bounded(source)
    first = next(bounded, "")
    sign = next((each for each in BETWEEN if first.strip() == each.join(COLUMNS)), BETWEEN[0])
    return csv.reader(chain([first], bounded), delimiter=sign, strict=True)


def _bounded(source: TextIO) -> Iterator[str]:
    while text := source.readline(LONGEST):
        if len(text) == LONGEST or "\0" in text:
            raise csv.Error("a line without an end, or a sign that is no text")
        yield text


def _line(
    number: int, row: list[str], parse: Callable[[str], Address], zone: tzinfo, now: datetime
) -> Line | Kept:
    if len(row) != len(COLUMNS):
        return Kept(number, Why.FORM)
    typed, said, evidence = (each.strip() for each in row)
    at = _moment(said, zone)
    if at is None:
        return Kept(number, Why.MOMENT)
    if why := _doubt(evidence, at, now):
        return Kept(number, why)
    try:
        return Line(number, parse(typed), at, evidence)
    except BadAddress:
        return Kept(number, Why.ADDRESS)


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """A day without an hour is its beginning: who left later that day has gone."""
    try:
        found = datetime.fromisoformat(text)
        there = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the very last hours that can be written cannot be counted elsewhere
        return None
    return there if found.year >= EARLIEST else None


def _doubt(evidence: str, at: datetime, now: datetime) -> Why | None:
    doubts = {
        Why.FUTURE: at > now,
        Why.EVIDENCE: not any(map(str.isalnum, evidence)),
        Why.LENGTH: len(evidence) > EVIDENCE_MOST,
        Why.PERSON: prose.reaches(evidence) or logs.clean(evidence) != evidence,
    }
    return next((why for why, applies in doubts.items() if applies), None)
