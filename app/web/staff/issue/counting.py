"""How many readers an issue goes to, typed by who lets it go: nothing goes out before somebody has seen that.

Where the page said on which day it goes out, it goes out on that day or not at all: a colleague may have
taken the day meanwhile, or its hour has passed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Refused
from app.domain import subscriber
from app.domain.issue import Issue

# One reader in so many: they come and go while a page is open, and another newsletter differs more. Of fewer
# readers the number has to be right; who just missed one types it again.
MARGIN: Final = 100
# As people write it: 12345, or in threes with one kind of sign between them.
NUMBER: Final = re.compile(r"[0-9]{1,9}|[0-9]{1,3}([ \u00a0\u202f.,])[0-9]{3}(?:\1[0-9]{3}){0,2}")
READERS: Final = "readers"  # the field in which it is typed
MONTH: Final = "month"  # the hidden field with the month whose day the page named
LONGEST: Final = 20  # characters of what was typed are shown again: no number of readers is longer


class Unsure(Refused):
    """What somebody confirmed is not what would happen; `code` says which of both it is."""

    def __init__(self, code: str) -> None:
        super().__init__("the number of readers or the day is another one")
        self.code = code


async def confirm(session: AsyncSession, issue: Issue, fields: Mapping[str, str], now: datetime) -> None:
    """Raise Unsure unless the number is right and the issue has the day that the page named."""
    if not await counted(session, issue.newsletter_id, fields, now):
        raise Unsure("count")
    if MONTH in fields and fields[MONTH] != issue.period:
        raise Unsure("month")


async def counted(
    session: AsyncSession, newsletter_id: UUID, fields: Mapping[str, str], now: datetime
) -> bool:
    """Whether the number of readers was typed as it is now."""
    readers = await subscriber.count_wanting(session, newsletter_id, now)
    return right(fields.get(READERS, "").strip(), readers)


def right(typed: str, readers: int) -> bool:
    """Whether this is the number of readers, or was a moment ago."""
    if not NUMBER.fullmatch(typed):
        return False
    return abs(int("".join(each for each in typed if each.isdecimal())) - readers) <= readers // MARGIN


def shown(fields: Mapping[str, str]) -> str:
    """What was typed, for the field in which it stands again."""
    return fields.get(READERS, "").strip()[:LONGEST]
