"""`bode staff`: the accounts of the people who work with the service; no command shows their address."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import uuid4

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import AsJson, answer, change, inside
from app.cli.forms import Language, mailbox
from app.core.crypto import KeyRing
from app.core.errors import Refused
from app.domain import audit
from app.domain import house as houses
from app.domain import staff as people
from app.domain.audit import Event
from app.domain.house import House
from app.domain.staff import Role, Staff

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .'-]{0,59}")  # what the audit trail can write down
RESERVED = frozenset(("service", "system"))  # the trail's words for what happens by itself

app = typer.Typer(help="Accounts of staff: add, list, disable.", no_args_is_help=True, rich_markup_mode=None)


def name(text: str) -> str:
    """A name that the audit trail can write down."""
    if not NAME.fullmatch(text) or text.casefold() in RESERVED:
        raise typer.BadParameter("use plain letters, digits, spaces, points and hyphens; 60 at most")
    return text


async def create(
    session: AsyncSession, ring: KeyRing, *, called: str, email: str, roles: list[Role], language: str
) -> Staff:
    """A new account, on record; raises Refused when the name is taken."""
    if await session.scalar(select(Staff).where(Staff.name == called)) is not None:
        raise Refused(f"there is an account '{called}' already; see: bode staff list")
    kept = sorted({str(role) for role in roles})
    person = Staff(id=uuid4(), name=called, roles=kept, language=language, created_at=houses.now())
    person.address = people.sealed(ring, person.id, email)
    session.add(person)
    await session.flush()
    await audit.record(
        session,
        glass.actor(),
        Event.STAFF_ADDED,
        about=f"staff {called}",
        reason=", ".join(kept),
        now=person.created_at,
    )
    return person


async def close(session: AsyncSession, called: str) -> Staff:
    """Close an account; it stays, because the trail names it."""
    person = await people.named(session, called)
    if person.disabled_at is not None:
        raise Refused(f"the account '{called}' is closed already")
    person.disabled_at = houses.now()
    about = f"staff {called}"
    await audit.record(session, glass.actor(), Event.STAFF_DISABLED, about=about, now=person.disabled_at)
    return person


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

    async def work(house: House) -> Staff:
        async def act(session: AsyncSession) -> Staff:
            return await create(
                session, house.ring, called=called, email=email, roles=role, language=str(language)
            )

        return await change(house, act)

    person = inside(work)
    text = f"account '{person.name}' was opened: {', '.join(person.roles)}"
    answer(described(person), text, as_json=as_json)


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


@app.command("disable", epilog="Example: bode staff disable dana")
def disable(
    called: Annotated[str, typer.Argument(metavar="NAME", help="Whose account.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Close an account at once; what it did stays on record."""

    async def work(house: House) -> Staff:
        return await change(house, lambda session: close(session, called))

    person = inside(work)
    answer(described(person), f"account '{person.name}' is closed", as_json=as_json)
