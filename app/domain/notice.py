"""Word to the people who work with the service: something needs them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import outbox, staff
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.staff import Role

EDITORIAL = (Role.EDITOR, Role.APPROVER)


async def tell(
    session: AsyncSession,
    letter: Newsletter,
    template: str,
    words: dict[str, Any],
    *,
    roles: tuple[Role, ...] = EDITORIAL,
    ring: KeyRing,
    now: datetime,
) -> int:
    """Queue a mail from `templates/email/<template>` for everyone with a role; returns how many."""
    people = await staff.with_role(session, *roles)
    for person in people:
        content = {
            "address": staff.opened(ring, person),
            "newsletter": letter.id.hex,
            "language": person.language,
            "template": template,
            "words": words,
        }
        outbox.write(session, ring, Purpose.STAFF, content, now)
    return len(people)
