"""Break-glass: who acts by command is on record, and in production colleagues are told by mail.

In the console two people are needed to send; at a command line one is. That is why what decides which
mail goes out, or removes a person, is mailed to approvers and privacy officers at once. Only a pause is
not: to stop is always safe, and telling of it may never stand in the way.
"""

from __future__ import annotations

import os
import pwd
import re

from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.door import warn
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain import notice
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.domain.staff import Role

TOLD = (Role.APPROVER, Role.OFFICER)
NAME_MOST = 60  # the trail's field has room for twice that
ODD = re.compile(r"[^A-Za-z0-9._-]")  # what the trail does not take


def actor() -> str:
    """Who is at the command line, by the system's own word: the environment could say anything."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run under a number that has no name
        name = f"uid{number}"
    return "cli:" + ODD.sub("_", name)[:NAME_MOST]


async def broken(
    session: AsyncSession, house: House, act: str, *, letter: Newsletter | None = None, number: int = 0
) -> None:
    """In production, queue word of this act for approvers and officers, in its own transaction."""
    if not house.settings.production:
        return
    letter = letter or next(iter(await newsletters.every(session)), None)
    told = 0
    if letter is not None:
        words = {"act": act, "number": number, "who": actor()}
        told = await notice.tell(
            session, letter, "breakglass", words, roles=TOLD, ring=house.ring, now=houses.now()
        )
    if not told:
        warn("warning: no approver or officer has an account, so nobody is told by mail of this command")
