"""See which newsletters there are."""

from __future__ import annotations

import typer

from app.cli.door import AsJson, answer, inside
from app.cli.newsletter.words import described
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.domain.newsletter import Newsletter


def add(app: typer.Typer) -> None:
    """Add this command."""
    app.command("list", epilog="Example: bode newsletter list --json")(list_)


def list_(*, as_json: AsJson = False) -> None:
    """List all newsletters, oldest first."""

    async def work(house: House) -> list[Newsletter]:
        async with house.database.reading() as session:
            return await newsletters.every(session)

    letters = inside(work)
    lines = [f"{each.slug}  {each.title}  {each.cadence or 'no fixed day'}" for each in letters]
    text = "\n".join(lines) or "no newsletter yet; see: bode newsletter add --help"
    answer([described(each) for each in letters], text, as_json=as_json)
