"""Add a newsletter."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import forms, glass
from app.cli.door import AsJson, answer, change, inside
from app.cli.forms import Language, Sender
from app.cli.newsletter import options
from app.cli.newsletter.words import described, lacking
from app.core.errors import Refused
from app.domain import audit
from app.domain import house as houses
from app.domain.audit import Event
from app.domain.house import House
from app.domain.newsletter import DEFAULT_PACE, Newsletter


def add(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "add",
        epilog="Example: bode newsletter add --slug weerbaar-bestuur --title 'Weerbaar Bestuur' "
        "--sender 'Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>' --language nl "
        "--cadence 'first tuesday 10:00'",
    )(new)


async def create(
    session: AsyncSession, *, name: str, title: str, come_from: Sender, **rest: Any
) -> Newsletter:
    """A new newsletter, on record; raises Refused when the name is taken."""
    if await session.scalar(select(Newsletter).where(Newsletter.slug == name)) is not None:
        raise Refused(f"there is a newsletter '{name}' already; see: bode newsletter list")
    letter = Newsletter(
        slug=name,
        title=title,
        sender_name=come_from.name,
        sender_address=come_from.address,
        created_at=houses.now(),
        **rest,
    )
    session.add(letter)
    await session.flush()
    about = f"newsletter {name}"
    await audit.record(session, glass.actor(), Event.NEWSLETTER_ADDED, about=about, now=letter.created_at)
    return letter


def new(  # noqa: PLR0913  (each is an option, and all are one form)
    *,
    name: Annotated[
        str, typer.Option("--slug", parser=forms.slug, metavar="NAME", help="Its name in web addresses.")
    ],
    title: Annotated[str, options.TITLE],
    come_from: Annotated[Sender, options.SENDER],
    language: Annotated[Language, options.LANGUAGE] = Language.NL,
    rhythm: Annotated[str, options.CADENCE] = "",
    speed: Annotated[str, options.PACE] = f"{DEFAULT_PACE}/s",
    reply_to: Annotated[str, options.REPLY_TO] = "",
    controller: Annotated[str, options.CONTROLLER] = "",
    dpo: Annotated[str, options.DPO] = "",
    privacy_contact: Annotated[str, options.PRIVACY_CONTACT] = "",
    postal_address: Annotated[str, options.POSTAL_ADDRESS] = "",
    processor: Annotated[str, options.PROCESSOR] = "",
    as_json: AsJson = False,
) -> None:
    """Add a newsletter.

    Its privacy statement needs --controller, --dpo, --privacy-contact, --postal-address and
    --processor; what is still empty can be filled in with `bode newsletter change`.
    """

    async def work(house: House) -> Newsletter:
        return await change(
            house,
            lambda session: create(
                session,
                name=name,
                title=title,
                come_from=come_from,
                language=str(language),
                cadence=rhythm,
                pace=forms.pace_of(speed),
                reply_to=reply_to,
                controller=controller,
                dpo=dpo,
                privacy_contact=privacy_contact,
                postal_address=postal_address,
                processor=processor,
            ),
        )

    letter = inside(work)
    told = f"newsletter '{letter.slug}' was added{lacking(letter)}"
    answer(described(letter), told, as_json=as_json)
