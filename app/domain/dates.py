"""Days and times as an editor writes them: 2026-11-18 and 10:00, and nothing that only looks like it.

pydantic by itself also takes 20261118 and 1000, and reads them as seconds since 1970.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated

from pydantic import BeforeValidator

from app.core.calendar import read_day
from app.domain.problem import refusal

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(:00)?", re.ASCII)


def _day(value: object) -> object:
    if type(value) is date:
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise refusal("date")
    try:
        return read_day(value)
    except ValueError:
        raise refusal("date") from None


def _clock(value: object) -> object:
    if isinstance(value, time) and not value.tzinfo:
        return value
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise refusal("time")
    try:
        hour, minute, *_ = (int(part) for part in re.split("[:.]", value))
        return time(hour, minute)
    except ValueError:
        raise refusal("time") from None


Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
