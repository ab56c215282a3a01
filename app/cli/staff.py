"""`bode staff`: the accounts of the people who work with the service; no command shows their address."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import AsJson, answer, change, inside, warn
from app.cli.forms import Language, mailbox
from app.core.names import spelled
from app.domain import house as houses
from app.domain import staff as people
from app.domain.handed import Kind
from app.domain.house import House
from app.domain.invitation import Purpose
from app.domain.staff import Role, Staff
from app.features import enroll, handover, oversee
from app.features.enroll import Desk
from app.features.handover import Hand

app = typer.Typer(
    help="Accounts of staff: add, invite, list, disable.", no_args_is_help=True, rich_markup_mode=None
)


IN_HAND = {
    Kind.WRITING: "issues that they wrote last",
    Kind.APPROVAL: "issues that they approved",
    Kind.REQUEST: "privacy requests that they handle",
    Kind.NOTICE: "notices of a data breach that wait for a second yes",
}


def name(text: str) -> str:
    """A name that the audit trail can write down."""
    called = spelled(text)
    if not people.may_be_called(called):
        raise typer.BadParameter("use letters, digits, spaces, points, hyphens and apostrophes; 60 at most")
    return called


def desk(house: House) -> Desk:
    """What inviting needs, for who is at the command line."""
    return Desk(glass.actor(), house.settings.base_url, house.ring, houses.now())


async def close(session: AsyncSession, called: str) -> tuple[Staff, list[Hand]]:
    """Close an account; whoever is at the command line may also close the last administrator's."""
    person, held = await look(session, called)
    left = handover.became(held)
    await oversee.shut(session, person, actor=glass.actor(), reason=left, now=houses.now())
    return person, held


async def look(session: AsyncSession, called: str) -> tuple[Staff, list[Hand]]:
    """An account, and what its owner has in hand."""
    person = await people.named(session, called)
    return person, await handover.held_by(session, person)


def in_hand(held: list[Hand]) -> list[str]:
    """What that is, and who could go on with it, a line for each kind."""
    return [
        f"{IN_HAND[each.kind]}: {', '.join(thing.number for thing in each.things)}; "
        f"who can go on: {', '.join(each.takers) or 'nobody else has the role'}"
        for each in held
    ]


def described(person: Staff) -> dict[str, Any]:
    """What may be known of an account; its address stays sealed."""
    return {
        "name": person.name,
        "roles": list(person.roles),
        "language": person.language,
        "enabled": person.disabled_at is None,
    }


@app.command(
    "add",
    epilog="Example: bode staff add --name dana --email dana@example.org --role editor --role approver",
)
def add(
    *,
    called: Annotated[str, typer.Option("--name", parser=name, metavar="NAME", help="Who it is.")],
    email: Annotated[
        str, typer.Option(parser=mailbox, metavar="ADDRESS", help="Where warnings go; kept sealed.")
    ],
    role: Annotated[list[Role], typer.Option(help="What they may do; may be given more than once.")],
    language: Annotated[Language, typer.Option(help="The language they work in.")] = Language.NL,
    as_json: AsJson = False,
) -> None:
    """Open an account for one person; accounts are never shared.

    An editor writes, an approver (another person than the author) approves, an officer handles
    privacy requests, a supervisor reads the trail, an administrator keeps accounts and newsletters.
    """

    async def work(house: House) -> tuple[Staff, bool]:
        async def act(session: AsyncSession) -> tuple[Staff, bool]:
            return await enroll.appoint(
                session, desk(house), name=called, address=email, roles=role, language=str(language)
            )

        return await change(house, act)

    person, mailed = inside(work)
    text = f"account '{person.name}' was opened: {', '.join(person.roles)}"
    answer(described(person), text, as_json=as_json)
    _say_mailed(person, mailed=mailed)


def _say_mailed(person: Staff, *, mailed: bool) -> None:
    if not mailed:
        warn(
            "no invitation was mailed, because there is no newsletter yet; "
            f"add one, then: bode staff invite {person.name}"
        )


@app.command("invite", epilog="Example: bode staff invite dana")
def invite(
    called: Annotated[str, typer.Argument(parser=spelled, metavar="NAME", help="Whose account.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Mail a new invitation: a link to choose a password and a second factor, instead of earlier links.

    For who lost the invitation, or lost both password and second factor.
    """

    async def work(house: House) -> tuple[Staff, bool]:
        async def act(session: AsyncSession) -> tuple[Staff, bool]:
            person = await people.named(session, called)
            return person, await enroll.invite(session, desk(house), person, Purpose.INVITED)

        return await change(house, act)

    person, mailed = inside(work)
    answer(described(person), f"'{person.name}' was invited", as_json=as_json)
    _say_mailed(person, mailed=mailed)


@app.command("list", epilog="Example: bode staff list --json")
def list_(*, as_json: AsJson = False) -> None:
    """List all accounts and their roles; addresses are not shown."""

    async def work(house: House) -> list[Staff]:
        async with house.database.reading() as session:
            return list(await session.scalars(select(Staff).order_by(Staff.name)))

    persons = inside(work)
    lines = [
        f"{each.name}  {', '.join(each.roles)}{'' if each.disabled_at is None else '  (closed)'}"
        for each in persons
    ]
    text = "\n".join(lines) or "no accounts yet; see: bode staff add --help"
    answer([described(each) for each in persons], text, as_json=as_json)


@app.command("disable", epilog="Example: bode staff disable dana --dry-run")
def disable(
    called: Annotated[str, typer.Argument(parser=spelled, metavar="NAME", help="Whose account.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is in their hands; close nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Close an account at once; what it did stays on record.

    It says what is in its owner's hands and who can go on with that. To hand it over with a mail, close
    the account on its page under /staff/people instead.
    """

    async def work(house: House) -> tuple[Staff, list[Hand]]:
        if dry_run:
            async with house.database.reading() as session:
                return await look(session, called)
        return await change(house, lambda session: close(session, called))

    person, held = inside(work)
    told = f"account '{person.name}' {'would be' if dry_run else 'is'} closed"
    left = {str(each.kind): [thing.number for thing in each.things] for each in held}
    answer({**described(person), "in_hand": left}, "\n".join([told, *in_hand(held)]), as_json=as_json)
