"""`bode supervision`: the signed file for who supervises, its check, and drills with backups on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli import glass
from app.cli.door import REFUSED, AsJson, answer, change, inside, say
from app.cli.forms import Language
from app.core.errors import Invalid
from app.domain import dossier, term, wholeness
from app.domain import house as houses
from app.domain.dossier import LONGEST_FILE, Dossier, Quarter
from app.domain.house import House
from app.features import supervise
from app.features.supervise import Outcome, Shelf
from app.web import processing

app = typer.Typer(
    help="The signed file for who supervises the service: make it, check it; put drills on record.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Wanted = Annotated[
    str | None, typer.Option(metavar="2026-Q4", help="Which quarter; without it, the last that has passed.")
]
Spoken = Annotated[Language, typer.Option(help="In which language the lines of the register are.")]


@app.command("make", epilog="Example: bode supervision make --quarter 2026-Q4 > toezichtdossier-2026-Q4.json")
def make(*, quarter: Wanted = None, language: Spoken = Language.NL) -> None:
    """Print the file (JSON) of a quarter: terms, look-ups, deletions, restores, keys, access, register.

    It is signed (Ed25519) and holds figures, dates and words from lists: no address, no name, no person.
    That it was made is in the trail.
    """

    async def work(house: House) -> Dossier:
        now = houses.now()
        wanted = Quarter.parse(quarter) if quarter else Quarter.of(term.today(now)).before
        register = processing.lines(house.settings.backup_days, language)
        async with house.database.reading() as session:
            whole = await wholeness.look(session, house.ring, house.book)
            found = await supervise.gather(session, Shelf(house.ring, register), wanted, whole, now=now)
        actor = glass.actor()
        await change(house, lambda session: supervise.take(session, found, actor=actor, now=now))
        return found

    say(json.dumps(inside(work).file(), ensure_ascii=False, indent=2))


@app.command("verify", epilog="Example: bode supervision verify toezichtdossier-2026-Q4.json")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    *,
    as_json: AsJson = False,
) -> None:
    """Check that this service signed a file and that nothing in it was changed. Ends with 1 when not."""

    async def work(house: House) -> tuple[str, bool]:
        found = dossier.read(_text(file))
        return found.quarter, found.genuine(house.ring)

    quarter, genuine = inside(work)
    wrong = "this file was not signed by this service, or something in it was changed"
    text = f"the file of {quarter} is genuine" if genuine else wrong
    answer({"quarter": quarter, "genuine": genuine}, text, as_json=as_json)
    if not genuine:
        raise typer.Exit(REFUSED)


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST_FILE + 1)
    except (OSError, UnicodeDecodeError):
        raise Invalid("this file cannot be read") from None


@app.command("drill", epilog="Example: bode supervision drill passed")
def drill(outcome: Annotated[Outcome, typer.Argument(help="How it went.")]) -> None:
    """Put on record that a backup was put back to see whether that works, and how it went.

    Do it once a year at least, on another machine, with a copy of the backup and the keys from the safe. It
    counts in the file of the quarter.
    """

    async def work(house: House) -> None:
        now, actor = houses.now(), glass.actor()
        await change(house, lambda session: supervise.drill(session, outcome, actor=actor, now=now))

    inside(work)
    say(f"on record: a drill that {outcome}")
