"""`bode subscribers`: how many there are, and bringing in an existing list; nobody can list them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import bar, glass
from app.cli.door import REFUSED, AsJson, answer, change, inside
from app.core.errors import Refused
from app.core.names import spelled
from app.domain import audit, staff
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.audit import Event
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.domain.roster import RELEASERS
from app.domain.staff import Role
from app.domain.subscriber import Subscriber
from app.features import intake
from app.features.intake import Desk, Tally

BLOCK = 1 << 20  # octets counted at once

Slug = Annotated[str, typer.Option(metavar="SLUG", help="Which newsletter.")]
Officer = Annotated[
    str, typer.Option(parser=spelled, metavar="NAME", help="The privacy officer who answers for the list.")
]
Released = Annotated[
    str, typer.Option(parser=spelled, metavar="NAME", help="The second person, who looked and agrees.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)]

app = typer.Typer(
    help="Subscribers, in numbers, and bringing in an existing list: there is no command that lists them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("count", epilog="Example: bode subscribers count --newsletter weerbaar-bestuur --json")
def count(*, newsletter: Slug, as_json: AsJson = False) -> None:
    """Say how many addresses said yes to a newsletter and have not left."""

    async def work(house: House) -> int:
        async with house.database.reading() as session:
            letter = await newsletters.by_slug(session, newsletter)
            query = select(func.count()).where(Subscriber.newsletter_id == letter.id)
            return await session.scalar(query) or 0

    number = inside(work)
    answer({"count": number}, str(number), as_json=as_json)


@app.command(
    "import",
    epilog="Example: bode subscribers import list.csv --newsletter weerbaar-bestuur "
    "--officer fatima --released-by emre --dry-run",
)
def bring_in(
    file: File,
    *,
    newsletter: Slug,
    officer: Officer,
    released_by: Released,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in people who said yes elsewhere. Nothing is sent to them.

    FILE is CSV in UTF-8; its first line is: address,consented_at,evidence. The moment is a day or a
    moment (2024-05-31, 2024-05-31T14:30+02:00); the evidence says where the yes is kept, without names
    or addresses ("sign-up sheet of the congress of 31 May 2024, folder 3"). Everyone of the list is
    shown it on the page with their own data.

    Lines without evidence are refused and told by number. Who blocked our mail stays out, and so does
    who left after that yes. Who is subscribed already stays as is, so the same file may be brought in
    again: that is how to go on after an interruption.

    The officer and who releases are two people with accounts. It is on record, also with --dry-run; in
    production approvers and officers are told by mail. Remove FILE afterwards.
    """

    async def work(house: House) -> Tally:
        return await _intake(house, file, (newsletter, officer, released_by), dry_run=dry_run)

    tally = inside(work)
    answer(_fields(tally, dry_run=dry_run), _told(tally, dry_run=dry_run), as_json=as_json)
    if tally.out and not tally.added and not tally.already:
        raise typer.Exit(REFUSED)


async def _intake(house: House, file: Path, names: tuple[str, str, str], *, dry_run: bool) -> Tally:
    slug, officer, released_by = names
    total, now = _lines(file), houses.now()
    letter = await change(
        house, lambda session: _begin(session, house, slug, officer, released_by, total, dry_run=dry_run)
    )
    with file.open(encoding="utf-8-sig", newline="") as source, bar.shown() as shown:
        tally = await _walk(house, letter, source, shown, total, now, dry_run=dry_run)
    async with house.database.unit_of_work() as session:
        reason = f"added {tally.added}, already {tally.already}, kept out {tally.out.total()}"
        await _record(session, glass.actor(), Event.INTAKE_ENDED, letter, reason + _dry(dry_run=dry_run))
    return tally


async def _begin(
    session: AsyncSession,
    house: House,
    slug: str,
    officer: str,
    released_by: str,
    total: int,
    *,
    dry_run: bool,
) -> Newsletter:
    """Two people answer for it, before anything is looked up."""
    letter = await newsletters.by_slug(session, slug)
    await staff.must_be(session, officer, Role.OFFICER)
    second = await staff.named(session, released_by)
    if officer == released_by:
        raise Refused("a list is released by a second person; --officer and --released-by are the same")
    if not any(second.has(role) for role in RELEASERS):
        raise Refused(
            f"'{released_by}' cannot release a list: that takes an open account of an "
            "officer, approver or administrator"
        )
    reason = f"{total} lines" + _dry(dry_run=dry_run)
    await _record(session, glass.actor(), Event.INTAKE_BEGUN, letter, reason)
    await _record(session, officer, Event.INTAKE_BEGUN, letter, reason)
    await _record(session, released_by, Event.INTAKE_RELEASED, letter, reason)
    if not dry_run:
        await glass.broken(session, house, "intake", letter=letter, number=total)
    return letter


def _dry(*, dry_run: bool) -> str:
    return ", dry run" if dry_run else ""


async def _record(session: AsyncSession, actor: str, event: Event, letter: Newsletter, reason: str) -> None:
    about = f"newsletter {letter.slug}"
    await audit.record(session, actor, event, about=about, reason=reason, now=houses.now())


def _lines(file: Path) -> int:
    """How many lines a bar has to go."""
    with file.open("rb") as source:
        return max(sum(part.count(b"\n") for part in iter(lambda: source.read(BLOCK), b"")) - 1, 1)


async def _walk(
    house: House,
    letter: Newsletter,
    source: TextIO,
    shown: bar.Shown,
    total: int,
    now: datetime,
    *,
    dry_run: bool,
) -> Tally:
    def told(tally: Tally) -> None:
        shown.tell(tally.lines, max(total, tally.lines), f"lines, {tally.added} new")

    desk = Desk(house.database, house.book, house.ring, letter, dry=dry_run)
    return await intake.bring_in(desk, intake.read(source, zone=letter.zone, now=now), told, now=now)


def _fields(tally: Tally, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "lines": tally.lines,
        "added": tally.added,
        "already": tally.already,
        "refused": tally.out.total(),
        "reasons": {why.name.lower(): number for why, number in tally.out.items()},
        "report": [{"line": each.number, "reason": each.why.name.lower()} for each in tally.told],
    }


def _told(tally: Tally, *, dry_run: bool) -> str:
    first = "nothing was changed; of" if dry_run else "of"
    sums = f"{tally.added} new, {tally.already} subscribed already, {tally.out.total()} kept out"
    lines = [f"{first} {tally.lines} lines: {sums}"]
    lines += [f"line {each.number}: {each.why}" for each in tally.told]
    more = tally.out - Counter(each.why for each in tally.told)
    return "\n".join([*lines, *(f"and {number} lines more: {why}" for why, number in more.items())])
