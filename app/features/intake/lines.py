"""What a list looks like: a line for each person, with when they said yes and where that is kept."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TextIO

from app.core import logs
from app.core.address import Address, BadAddress, many
from app.core.errors import Invalid

COLUMNS = ["address", "consented_at", "evidence"]
LONGEST = 4000  # characters of a line: an address, a moment and the evidence have far fewer
EVIDENCE_MOST = 500  # characters: where the yes is kept, not the yes itself
EARLIEST = 1990  # nobody said yes to a newsletter by mail before


class Why(StrEnum):
    """Why a line is not taken; the words are those of the report."""

    FORM = "it does not have the three fields address, consented_at and evidence"
    ADDRESS = "the address is not one that mail can use"
    MOMENT = "consented_at is no date or moment such as 2024-05-31 or 2024-05-31T14:30+02:00"
    FUTURE = "consented_at is in the future"
    EVIDENCE = "there is no evidence of consent"
    LENGTH = f"the evidence is longer than {EVIDENCE_MOST} characters"
    PERSON = "the evidence holds an address; say where the yes is kept, not whose it is"
    BLOCKED = "this address asked for no mail, or cannot get any"
    ENDED = "this subscription ended after that yes"


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
    """Line by line; raises Invalid for what is not such a list at all."""
    parse, rows = many(), csv.reader(_bounded(source), strict=True)
    number = 1
    try:
        if next(rows, []) != COLUMNS:
            raise Invalid(f"the first line must be: {','.join(COLUMNS)}")
        for row in rows:
            number, at = rows.line_num + 1, number + 1
            if row:
                yield _line(at, row, parse, zone, now)
            number = rows.line_num
    except UnicodeDecodeError:
        raise Invalid(f"after line {number}: this is not UTF-8 text") from None
    except csv.Error:
        raise Invalid(f"after line {number}: this is not CSV; look at the quotation marks") from None


def _bounded(source: TextIO) -> Iterator[str]:
    while text := source.readline(LONGEST):
        if len(text) == LONGEST:
            raise csv.Error("a line without an end")
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
    except ValueError:
        return None
    if found.year < EARLIEST:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _doubt(evidence: str, at: datetime, now: datetime) -> Why | None:
    doubts = {
        Why.FUTURE: at > now,
        Why.EVIDENCE: not any(map(str.isalnum, evidence)),
        Why.LENGTH: len(evidence) > EVIDENCE_MOST,
        Why.PERSON: "@" in evidence or logs.clean(evidence) != evidence,
    }
    return next((why for why, applies in doubts.items() if applies), None)
