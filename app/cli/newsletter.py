"""`bode newsletter`: add a newsletter, and see which there are."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import forms, glass
from app.cli.door import AsJson, answer, change, inside, say
from app.cli.forms import Language, Sender
from app.core.errors import Refused
from app.domain import audit
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.audit import Event
from app.domain.house import House
from app.domain.newsletter import DEFAULT_PACE, Newsletter
from app.features import schedule
from app.features.schedule import Why

app = typer.Typer(help="Newsletters: add one, list them.", no_args_is_help=True, rich_markup_mode=None)


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


def described(letter: Newsletter) -> dict[str, Any]:
    """What a script may want to know of a newsletter."""
    return {
        "id": str(letter.id),
        "slug": letter.slug,
        "title": letter.title,
        "language": letter.language,
        "cadence": letter.cadence,
        "pace": letter.pace,
        "unfilled": letter.unfilled,
    }


@app.command(
    "add",
    epilog="Example: bode newsletter add --slug weerbaar-bestuur --title 'Weerbaar Bestuur' "
    "--sender 'Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>' --language nl "
    "--cadence 'first tuesday 10:00'",
)
def add(  # noqa: PLR0913  (each is an option, and all are one form)
    *,
    name: Annotated[
        str, typer.Option("--slug", parser=forms.slug, metavar="NAME", help="Its name in web addresses.")
    ],
    title: Annotated[str, typer.Option(parser=forms.line, metavar="TITLE", help="Its name for readers.")],
    come_from: Annotated[
        Sender,
        typer.Option(
            "--sender", parser=forms.sender, metavar="SENDER", help="'Name <address>' it comes from."
        ),
    ],
    language: Annotated[Language, typer.Option(help="Its main language.")] = Language.NL,
    rhythm: Annotated[
        str,
        typer.Option(
            "--cadence",
            parser=forms.cadence,
            metavar="MOMENT",
            help="When it goes out: 'first tuesday 10:00', 'day 15 09:00' or 'first workday 09:00', "
            "Amsterdam time. Without it every issue is scheduled by hand.",
        ),
    ] = "",
    speed: Annotated[
        str,
        typer.Option("--pace", parser=forms.pace, metavar="N/s", help="Messages a second, or: unlimited."),
    ] = f"{DEFAULT_PACE}/s",
    reply_to: Annotated[
        str, typer.Option(parser=forms.answers, metavar="ADDRESS", help="Where answers go.")
    ] = "",
    controller: Annotated[
        str, typer.Option(parser=forms.detail, metavar="TEXT", help="Who is responsible for the data.")
    ] = "",
    dpo: Annotated[
        str, typer.Option(parser=forms.detail, metavar="TEXT", help="The data protection officer.")
    ] = "",
    privacy_contact: Annotated[
        str, typer.Option(parser=forms.answers, metavar="ADDRESS", help="Where to ask about privacy.")
    ] = "",
    postal_address: Annotated[
        str, typer.Option(parser=forms.detail, metavar="TEXT", help="The sender's postal address.")
    ] = "",
    processor: Annotated[
        str, typer.Option(parser=forms.detail, metavar="TEXT", help="Who sends and hosts on behalf of it.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Add a newsletter.

    Its privacy statement needs --controller, --dpo, --privacy-contact, --postal-address and
    --processor; `bode doctor` says which are still empty.
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
    answer(described(letter), f"newsletter '{letter.slug}' was added", as_json=as_json)


@app.command("list", epilog="Example: bode newsletter list --json")
def list_(*, as_json: AsJson = False) -> None:
    """List all newsletters, oldest first."""

    async def work(house: House) -> list[Newsletter]:
        async with house.database.reading() as session:
            return await newsletters.every(session)

    letters = inside(work)
    lines = [f"{each.slug}  {each.title}  {each.cadence or 'no fixed day'}" for each in letters]
    text = "\n".join(lines) or "no newsletter yet; see: bode newsletter add --help"
    answer([described(each) for each in letters], text, as_json=as_json)


@app.command("skip", epilog="Example: bode newsletter skip weerbaar-bestuur --period 2027-08 --reason recess")
def skip(
    slug: Annotated[str, typer.Argument(help="Which newsletter.", metavar="SLUG")],
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
