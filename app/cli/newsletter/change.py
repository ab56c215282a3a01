"""Change what a newsletter says of itself, and leave a month out; both are on record."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import forms, glass
from app.cli.door import AsJson, answer, change, inside, say
from app.cli.forms import Language, Sender
from app.cli.newsletter import options
from app.cli.newsletter.words import described, lacking
from app.domain import audit
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.audit import Event
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.features import schedule
from app.features.schedule import Why


def add(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "change",
        epilog="Example: bode newsletter change weerbaar-bestuur --controller 'Ministerie van BZK' "
        "--cadence 'day 15 09:00'",
    )(other)
    app.command(
        "skip", epilog="Example: bode newsletter skip weerbaar-bestuur --period 2027-08 --reason recess"
    )(skip)


Slug = Annotated[str, typer.Argument(help="Which newsletter.", metavar="SLUG")]


async def put(session: AsyncSession, slug: str, given: dict[str, Any]) -> tuple[Newsletter, list[str]]:
    """Write what is different, each on record by its name; returns those names.

    A month that an issue has taken keeps its moment whatever the cadence becomes; free ones follow it.
    """
    letter = await newsletters.by_slug(session, slug)
    different = [name for name, value in given.items() if getattr(letter, name) != value]
    actor, about, now = glass.actor(), f"newsletter {slug}", houses.now()
    for name in different:
        setattr(letter, name, given[name])
        await audit.record(session, actor, Event.NEWSLETTER_CHANGED, about=about, reason=name, now=now)
    return letter, different


def other(  # noqa: PLR0913  (each is an option, and all are one form)
    slug: Slug,
    *,
    title: Annotated[str | None, options.TITLE] = None,
    come_from: Annotated[Sender | None, options.SENDER] = None,
    language: Annotated[Language | None, options.LANGUAGE] = None,
    rhythm: Annotated[str | None, options.CADENCE] = None,
    speed: Annotated[str | None, options.PACE] = None,
    reply_to: Annotated[str | None, options.REPLY_TO] = None,
    controller: Annotated[str | None, options.CONTROLLER] = None,
    dpo: Annotated[str | None, options.DPO] = None,
    privacy_contact: Annotated[str | None, options.PRIVACY_CONTACT] = None,
    postal_address: Annotated[str | None, options.POSTAL_ADDRESS] = None,
    processor: Annotated[str | None, options.PROCESSOR] = None,
    as_json: AsJson = False,
) -> None:
    """Change what was told with `bode newsletter add`; what is not given stays as it is.

    An empty text ('') takes a detail away. What was approved already goes out as it was approved, and a
    month that an issue has taken keeps its moment.
    """
    said = {
        "title": title,
        "sender_name": come_from and come_from.name,
        "sender_address": come_from and come_from.address,
        "language": language and str(language),
        "cadence": rhythm,
        "reply_to": reply_to,
        "controller": controller,
        "dpo": dpo,
        "privacy_contact": privacy_contact,
        "postal_address": postal_address,
        "processor": processor,
    }
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if speed is not None:
        given["pace"] = forms.pace_of(speed)
    if not given:
        raise typer.BadParameter("say what changes, such as --controller; see --help")

    async def work(house: House) -> tuple[Newsletter, list[str]]:
        return await change(house, lambda session: put(session, slug, given))

    letter, different = inside(work)
    told = f"changed: {', '.join(different)}" if different else "it was so already; nothing was changed"
    answer(described(letter), f"newsletter '{slug}': {told}{lacking(letter)}", as_json=as_json)


def skip(
    slug: Slug,
    *,
    period: Annotated[str, typer.Option(help="The month to leave out.", metavar="YYYY-MM")],
    reason: Annotated[Why, typer.Option(help="Why, from the list.")],
) -> None:
    """Leave a month out on purpose: nobody is reminded, and it is not on record as missed."""

    async def act(session: AsyncSession) -> None:
        letter = await newsletters.by_slug(session, slug)
        await schedule.skip(session, letter, period, reason, actor=glass.actor(), now=houses.now())

    async def work(house: House) -> None:
        await change(house, act)

    inside(work)
    say(f"{period} of '{slug}' is skipped")
