"""What `bode run` shows at its first start: the network's newsletter, five colleagues, and a draft."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import newsletter, staff
from app.cli.forms import Sender
from app.cli.issue import bring
from app.core.migrating import ROOT
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.domain.newsletter import DEFAULT_PACE
from app.domain.staff import Role
from app.features import enroll

SLUG = "weerbaar-bestuur"
MANUSCRIPT = ROOT / "docs" / "sample" / "weerbaar-bestuur.md"

PEOPLE = {
    "dana": Role.EDITOR,
    "emre": Role.APPROVER,
    "fatima": Role.OFFICER,
    "joost": Role.SUPERVISOR,
    "ada": Role.ADMINISTRATOR,
}

# Invented, and said to be: whoever runs the service fills in their own.
DETAILS = {
    "controller": "Netwerk Weerbaar Bestuur (voorbeeld)",
    "dpo": "De functionaris gegevensbescherming, fg@example.org (voorbeeld)",
    "privacy_contact": "privacy@example.org",
    "postal_address": "Voorbeeldstraat 1\n1234 AB Voorbeeldstad",
    "processor": "Voorbeeld Hosting (verzonnen)",
}


async def fill(house: House) -> None:
    """Add the demonstration, once: a house with a newsletter is left as it is."""
    async with house.database.unit_of_work() as session:
        if await newsletters.every(session):
            return
        await _newsletter(session)
        for name, role in PEOPLE.items():
            email = f"{name}@example.org"
            await enroll.appoint(
                session, staff.desk(house), name=name, address=email, roles=[role], language="nl"
            )
        bundle = bring.gather(MANUSCRIPT)
        await bring.bring(session, bundle, author="dana", slug=SLUG, issue_id=None)


async def _newsletter(session: AsyncSession) -> None:
    await newsletter.create(
        session,
        name=SLUG,
        title="Weerbaar Bestuur",
        come_from=Sender("Netwerk Weerbaar Bestuur", "nieuwsbrief@example.org"),
        language="nl",
        cadence="first tuesday 10:00",
        pace=DEFAULT_PACE,
        **DETAILS,
    )
