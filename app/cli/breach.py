"""`bode breach`: the facts of a data breach, the 72 hours to report it, and the text for the website.

For when the console cannot be reached, which is no rare thing in a breach. The notice to the people is
approved by two in the console; no command sends it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import AsJson, answer, change, inside, say
from app.cli.forms import Language
from app.core.errors import Invalid
from app.domain import breach as breaches
from app.domain import extent, prose
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.breach import Breach, Keys, Late, Nature, Risk
from app.domain.content import Content, Heading, Text
from app.domain.house import House
from app.features.breach import record as features
from app.features.breach.record import Facts
from app.features.breach.words import told

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Such as D-2026-123456.")]
Moment = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%dT%H:%M%z"], help="With its zone: 2026-11-16T09:00+01:00")
]
Slugs = Annotated[
    list[str], typer.Option("--newsletter", metavar="SLUG", help="Readers of it; may be repeated.")
]
Data = Annotated[
    list[str], typer.Option(metavar="KIND", help="A kind of data, see: bode breach facts. May be repeated.")
]

What = Annotated[Nature, typer.Option(help="What happened.")]
Came = Annotated[Keys, typer.Option(help="Whether keys came out as well.")]
AtRisk = Annotated[Risk, typer.Option(help="How much people are at risk.")]

app = typer.Typer(
    help="Data breaches: facts, the 72 hours, the report, the text for the website.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("facts", epilog="Example: bode breach facts --json")
def facts(*, as_json: AsJson = False) -> None:
    """Say what the service knows itself: people per newsletter, kinds of data and records, and the keys.

    These are the first figures that a report asks for (GDPR Art. 33(3)); asking changes nothing.
    """

    async def work(house: House) -> dict[str, Any]:
        async with house.database.reading() as session:
            people, known = await features.subscribers(session), extent.kinds()
            records = await extent.rows(session, house.book, people, known)
        return {"people": people, "data": known, "records": records, "keys": house.ring.describe()}

    found = inside(work)
    lines = [f"{slug}: {count} people" for slug, count in found["people"].items()]
    lines += [
        f"{name}: {what}: {found['records'].get(name, 'not counted, the ledger is away')} records"
        for name, what in found["data"].items()
    ]
    lines += [f"key {each['id']}: {each['state']}, of {each['created_at'][:10]}" for each in found["keys"]]
    answer(found, "\n".join(lines), as_json=as_json)


@app.command("list", epilog="Example: bode breach list --json")
def list_(*, as_json: AsJson = False) -> None:
    """Show every breach, the newest first, with the hours that are left to report it."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.reading() as session:
            return [_shown(row) for row in await breaches.every(session)]

    found = inside(work)
    lines = [f"{each['number']}: {each['state']}, {each['hours_left']} hours left" for each in found]
    answer(found, "\n".join(lines) or "no data breach is on record", as_json=as_json)


def _shown(row: Breach) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "aware_at": row.aware_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "hours_left": row.left(houses.now()),
        "people": row.people,
        "records": row.records,
        "records_by_kind": row.counted,
    }


@app.command(
    "record",
    epilog="Example: bode breach record --aware 2026-11-16T09:00+01:00 --nature backup --keys no "
    "--risk likely --newsletter weerbaar-bestuur --data subscriber",
)
def record(*, aware: Moment, nature: What, keys: Came, risk: AtRisk, newsletter: Slugs, data: Data) -> None:
    """Put a breach on record, with what is known now. Effects and measures are chosen in the console.

    It is about everybody of these newsletters, until an officer says otherwise.
    """
    known = Facts(aware, nature, keys, newsletter, None, data, [], [], risk)

    async def work(house: House) -> str:
        async def act(session: AsyncSession) -> str:
            rows = await extent.rows(session, house.book, newsletter, data)
            facts = replace(known, rows=rows)
            row = await features.record(session, facts, actor=glass.actor(), now=houses.now())
            return f"{row.number}: report it before {row.due_at:%Y-%m-%d %H:%M} UTC"

        return await change(house, act)

    say(inside(work))


@app.command("report", epilog="Example: bode breach report D-2026-123456 --at 2026-11-17T16:30+01:00")
def report(
    number: Number,
    *,
    at: Moment,
    late: Annotated[Late | None, typer.Option(help="Why, when it was after 72 hours.")] = None,
) -> None:
    """Put on record when a breach was reported to the AP. Reporting itself is done on their website."""

    async def work(house: House) -> None:
        async def act(session: AsyncSession) -> None:
            row = await breaches.by_number(session, number)
            await features.report(session, row, at, late, actor=glass.actor(), now=houses.now())

        await change(house, act)

    inside(work)
    say("on record")


@app.command("text", epilog="Example: bode breach text D-2026-123456 --language nl")
def text(number: Number, *, language: Language = Language.NL) -> None:
    """Print the text for the website, for those who left: of them there is no address."""

    async def work(house: House) -> list[str]:
        async with house.database.reading() as session:
            row = await breaches.by_number(session, number)
            letters = [each for each in await newsletters.every(session) if each.slug in row.letters]
            return [_plain(told(row, each, language, website=True)) for each in letters]

    found = inside(work)
    if not found:
        raise Invalid("none of the newsletters of this breach exists any more")
    say("\n\n".join(found))


def _plain(content: Content) -> str:
    parts = [content.subject, prose.plain(content.intro)]
    for block in content.blocks:
        match block:
            case Heading():
                parts.append(block.text)
            case Text():
                parts.append(prose.plain(block.markdown))
    return "\n\n".join(parts)
