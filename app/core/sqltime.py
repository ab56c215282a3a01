"""The database's own clock, on which leases are set and compared, so that workers need not agree.

Everything else takes its time as an argument; leases are the exception (design section 6).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from app.core.database import UtcTime


class from_now(ColumnElement[datetime]):  # noqa: N801  (reads as the SQL function that it is)
    """The database's time, some seconds from now (0 is now)."""

    inherit_cache = False
    type = UtcTime()

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = float(seconds)


@compiles(from_now, "postgresql")
def _postgresql(element: from_now, _compiler: Any, **_words: Any) -> str:
    return f"(clock_timestamp() + interval '{element.seconds:.3f} seconds')"


@compiles(from_now, "sqlite")
def _sqlite(element: from_now, _compiler: Any, **_words: Any) -> str:
    # The same text that a time of ours has there: to the microsecond, so that texts compare.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{element.seconds:+.3f} seconds')"
