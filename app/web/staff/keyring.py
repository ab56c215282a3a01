"""The keys: how old each is, which one is in use, and what was made with it; no secret is ever shown."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from app.core.errors import BookClosed
from app.domain import LEDGER, MAIN
from app.features import survey
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.rooms import KEYS, OVERSEERS

OLD: Final = timedelta(days=365)  # AU-06, BIO2 8.24: a change of keys at least once a year

doors = Doors()


@doors.look(KEYS, kind=Kind.STAFF, roles=OVERSEERS)
async def show(visit: Entered) -> Response:
    """Each key of the ring on this machine."""
    used: Counter[str] = Counter()
    async with visit.reading() as db:
        for key_id, tables in (await survey.uses(db, MAIN)).items():
            used[key_id] += sum(tables.values())
    away = False
    try:
        for key_id, tables in (await visit.book.look(lambda db: survey.uses(db, LEDGER))).items():
            used[key_id] += sum(tables.values())
    except BookClosed:
        away = True
    keys: list[dict[str, Any]] = []
    for each in visit.ring.describe():
        made = datetime.fromisoformat(each["created_at"])
        keys.append({**each, "made": made, "days": (visit.now - made).days, "used": used[each["id"]]})
    old = any(each["state"] == "active" and each["days"] >= OLD.days for each in keys)
    return visit.page("staff_keys.html", keys=keys, away=away, old=old)
