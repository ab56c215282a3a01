"""The pictures of an issue: what they are, what they weigh, and which nobody uses any more."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from app.core.errors import NotFound
from app.domain import issue as issues
from app.domain.issue import Image
from app.domain.staff import Role
from app.features.compose import pictures
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.rooms import DESK, EDITORS, ISSUES

ALL: Final = f"{ISSUES}/{{issue}}/pictures"
ONE: Final = f"{ALL}/{{name}}"

doors = Doors()


@doors.look(ALL, kind=Kind.STAFF, roles=DESK)
async def everything(visit: Entered, issue: UUID) -> Response:
    """All of them, with their weight together."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        images, used = await issues.images(db, found.id), await pictures.used(db, found)
    return visit.page(
        "staff_issue_pictures.html",
        here=ISSUES,
        issue=found,
        images=[
            (each.name, each.width, each.height, len(each.content), each.name in used) for each in images
        ],
        weight=sum(len(each.content) for each in images if each.name in used),
        most=pictures.TOGETHER_MOST,
        may_remove=visit.person.has(Role.EDITOR) and found.writable,
    )


@doors.look(ONE, kind=Kind.STAFF, roles=DESK)
async def one(visit: Entered, issue: UUID, name: str) -> Response:
    """The picture itself, as it was cleaned."""
    async with visit.reading() as db:
        image = await db.get(Image, (issue, name))
    if image is None:
        raise NotFound("there is no such picture")
    return Response(image.content, media_type=image.type)


@doors.act(ONE, kind=Kind.STAFF, roles=EDITORS)
async def remove(visit: Entered, issue: UUID, name: str) -> Response:
    """Take one away that no text shows; of what is approved or sent nothing goes."""
    async with visit.stepping() as db:
        found = await issues.get(db, issue, lock=True)
        await pictures.remove(db, found, name, author=visit.person.name, now=visit.now)
    return visit.to(f"{ISSUES}/{issue}/pictures")
