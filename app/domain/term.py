"""The legal clock of a privacy request: one month, two more with a reason, and the days it stood still.

GDPR Art. 12(3) and Regulation 1182/71: a month ends on the same day of the next one, or on its last day
(31 January gives 28 or 29 February). A term that ends on a weekend or public holiday ends on the next
working day; people see both days, and Bode steers on the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.calendar import add_months, next_workday
from app.domain.newsletter import ZONE

FIRST = 1  # months (Art. 12(3), first sentence)
MORE = 2  # months that a reason can add (Art. 12(3), second sentence)
WARN_AT = (9, 2, -1)  # days left: day 21 of the month, the day before the last, and the day it is too late


def today(now: datetime) -> date:
    """The day it is where the law counts."""
    return now.astimezone(ZoneInfo(ZONE)).date()


@dataclass(frozen=True, slots=True)
class Term:
    """What the clock of one request counts from; days are those of the Netherlands.

    `still` is for how many days it stood still until we knew who asks, `still_since` since when it does.
    """

    received_on: date
    extended: bool = False
    still: int = 0
    still_since: date | None = None

    def stood_still(self, on: date) -> int:
        """For how many days the clock stood still, up to a day."""
        running = max((on - self.still_since).days, 0) if self.still_since else 0
        return self.still + running

    def first(self, on: date) -> date:
        """The last day of the first month; an extension must be told by then."""
        return add_months(self.received_on, FIRST) + timedelta(days=self.stood_still(on))

    def last(self, on: date) -> date:
        """The last day to answer, as Bode steers on it."""
        first = add_months(self.received_on, FIRST)
        end = add_months(first, MORE) if self.extended else first
        return end + timedelta(days=self.stood_still(on))

    def moved(self, on: date) -> date:
        """The same where that is no working day: the next one (Algemene termijnenwet, articles 1 and 3)."""
        return next_workday(self.last(on), good_friday=True)

    def left(self, on: date) -> int:
        """Days until the last one; below 0 it is too late."""
        return (self.last(on) - on).days


def warning(left: int, warned: int | None) -> int | None:
    """Which warning is due at so many days left, if it was not given yet."""
    step = next((each for each in sorted(WARN_AT) if left <= each), None)
    return step if step is not None and (warned is None or step < warned) else None
