"""`bode subscribers`: how many there are; nobody can list them."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import func, select

from app.cli.door import AsJson, answer, inside
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.domain.subscriber import Subscriber

app = typer.Typer(
    help="Subscribers, in numbers: there is no command that lists them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def subscribers() -> None:
    """Keep `count` a word of its own: a noun with one verb would swallow it."""


@app.command("count", epilog="Example: bode subscribers count --newsletter weerbaar-bestuur --json")
def count(
    *,
    newsletter: Annotated[str, typer.Option(metavar="SLUG", help="Which newsletter.")],
    as_json: AsJson = False,
) -> None:
    """Say how many addresses said yes to a newsletter and have not left."""

    async def work(house: House) -> int:
        async with house.database.reading() as session:
            letter = await newsletters.by_slug(session, newsletter)
            query = select(func.count()).where(Subscriber.newsletter_id == letter.id)
            return await session.scalar(query) or 0

    number = inside(work)
    answer({"count": number}, str(number), as_json=as_json)
