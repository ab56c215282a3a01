"""Days and times as an editor writes them in an issue, and nothing that only looks like it.

pydantic by itself also takes 20261118 and 1000, and reads them as seconds since 1970.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from pydantic import BeforeValidator

from app.core.days import read_clock, read_day
from app.domain.problem import refusal


def _day(value: object) -> object:
    if type(value) is date:
        return value
    try:
        return read_day(value if isinstance(value, str) else "")
    except ValueError:
        raise refusal("date") from None


def _clock(value: object) -> object:
    if isinstance(value, time) and not value.tzinfo:
        return value
    try:
        return read_clock(value if isinstance(value, str) else "")
    except ValueError:
        raise refusal("time") from None


Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
