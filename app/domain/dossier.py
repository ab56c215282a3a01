"""The supervision file: what the service did in one quarter, in figures, signed, for who supervises it.

It has no place for a person: figures, dates, words from lists, and sentences of our own code. That is why
it can be sent, filed and shown without a second thought.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field

from app.core.calendar import add_months
from app.core.crypto import KeyRing
from app.core.errors import Invalid
from app.core.signed import FORM, Signed
from app.domain.lookup import Why
from app.domain.request import Kind, Refusal
from app.domain.staff import Role

PURPOSE: Final = "supervision"
LONGEST_FILE: Final = 1_000_000  # characters: ours have some 30,000
MONTHS: Final = 3
WRITTEN: Final = re.compile(r"^(20[0-9]{2})-Q([1-4])$")
Count = Annotated[int, Field(ge=0)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]  # a name of our own code: a table, a job


@dataclass(frozen=True, order=True)
class Quarter:
    """Three months of a year."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2026-Q4"; raises Invalid."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise Invalid("name the quarter as in 2026-Q4")
        return cls(int(found[1]), int(found[2]))

    @property
    def first_on(self) -> date:
        return date(self.year, (self.number - 1) * MONTHS + 1, 1)

    @property
    def last_on(self) -> date:
        return add_months(self.first_on, MONTHS) - timedelta(days=1)

    @property
    def before(self) -> Self:
        return self.of(self.first_on - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


class Part(BaseModel):
    """A part of the file; nothing unknown in it."""

    model_config = FORM


class Requests(Part):
    """Privacy requests of one kind, and whether the term was met."""

    kind: Kind
    received: Count  # in this quarter
    in_time: Count  # decided in this quarter, on the last day or before
    late: Count  # after it, or still not decided then when the person was erased
    extended: Count  # of the decided, with two more months
    refused: dict[Refusal, Count]
    withdrawn: Count
    # Not decided, as the person was erased first. Left out when none: older files did not count it.
    overtaken: Count = Field(default=0, exclude_if=lambda count: count == 0)
    waiting: Count  # when the file was made
    overdue: Count  # of those

    @property
    def empty(self) -> bool:
        """Whether there was none of this kind at all."""
        return not any((self.received, self.in_time, self.late, self.withdrawn, self.overtaken, self.waiting))


class Breaches(Part):
    """Data breaches that became known in this quarter, and whether the 72 hours were met."""

    known: Count
    in_time: Count
    late: Count
    unreported: Count  # no risk is likely
    open: Count  # when the file was made
    told: Count  # of which a notice to the people was approved


class Retention(Part):
    """What was deleted because it had been kept long enough."""

    runs: Count  # that found something
    removed: dict[Word, Count]  # rows per table, as far as the trail has room for it: at least
    last_run_at: datetime | None


class Restores(Part):
    """Backups that were put back here, and drills that somebody put on record."""

    noticed_at: list[datetime]
    drills_passed: list[datetime]
    drills_failed: list[datetime]


class Key(Part):
    id: str = Field(pattern=r"^[0-9a-f]{8}$")
    made_on: date
    days: Count
    state: Literal["active", "waiting", "old"]


class Access(Part):
    """Who has which role, in figures, and when somebody last looked at that."""

    accounts: Count
    roles: dict[Role, Count]
    reviewed_at: list[datetime]  # in this quarter
    last_review_at: datetime | None
    review_due: bool


class Trail(Part):
    """Whether the records are as they were written."""

    records: Count  # in this quarter
    trail_whole: bool | None  # None: not all of it could be checked
    ledger_whole: bool | None  # None: it could not be reached, or not all of it and its copy be checked


class Category(Part):
    """A line of the register: what is held, why, how long; in the language of the file."""

    table: Word
    what: str
    why: str
    until: str


class Dossier(Signed):
    """The whole of it, as the file has it."""

    kind: Literal["supervision file"] = "supervision file"
    version: Literal[1] = 1
    quarter: str = Field(pattern=WRITTEN.pattern)
    first_on: date
    last_on: date
    made_at: datetime
    finished: bool  # False: the quarter had not passed when this was made
    requests: list[Requests]
    lookups: dict[Why, Count]
    breaches: Breaches
    retention: Retention
    restores: Restores
    keys: list[Key]
    access: Access
    trail: Trail
    held: list[Category]  # the register
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")  # with it anybody checks the signature, without us

    def genuine(self, ring: KeyRing) -> bool:
        """Whether this service signed exactly this."""
        return self.signed_by(ring, PURPOSE)


def read(text: str) -> Dossier:
    """A supervision file; raises Invalid."""
    if len(text) > LONGEST_FILE:
        raise Invalid("this is longer than any supervision file of ours")
    try:
        return Dossier.read(text)
    except ValueError:
        raise Invalid("this is no supervision file of ours, or a part is missing") from None
