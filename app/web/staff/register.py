"""The register of processing (GDPR Art. 30) and the assessment of risks (DPIA), to read and print.

Both are made from the tables, as the privacy page and the deletion job are; the operator gets the same from
`bode register`. They say nothing about any one person, so saving one is not put on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.web import dpia, processing
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import DPIA, KEEPERS, REGISTER

doors = Doors()


async def _made(visit: Inside, make: Callable[[Newsletter, int, str], Any]) -> list[Any]:
    async with visit.reading() as db:
        letters = await newsletter.every(db)
    return [make(each, visit.house.settings.backup_days, visit.language) for each in letters]


def _file(found: Sequence[Any], name: str) -> Response:
    answer = JSONResponse([asdict(each) for each in found])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@doors.look(REGISTER, kind=Kind.STAFF, roles=KEEPERS)
async def show(visit: Entered) -> Response:
    """The entry of each newsletter; what is held is the same for all, and stands below once."""
    data = processing.categories(visit.house.settings.backup_days, visit.language)
    return visit.page("staff_register.html", entries=await _made(visit, processing.entry), data=data)


@doors.look(f"{REGISTER}/json", kind=Kind.STAFF, roles=KEEPERS)
async def save(visit: Entered) -> Response:
    """The same as a file, for a register that reads it."""
    return _file(await _made(visit, processing.entry), "verwerkingsregister.json")


@doors.look(DPIA, kind=Kind.STAFF, roles=KEEPERS)
async def assess(visit: Entered) -> Response:
    """The sheet of each newsletter; what the service cannot know is left blank, to be written in."""
    return visit.page("staff_dpia.html", sheets=await _made(visit, dpia.sheet))


@doors.look(f"{DPIA}/json", kind=Kind.STAFF, roles=KEEPERS)
async def save_assessment(visit: Entered) -> Response:
    """The same as a file."""
    return _file(await _made(visit, dpia.sheet), "dpia.json")
