"""`bode audit`: checks that the trail of everything that was done is whole."""

from __future__ import annotations

import typer

from app.cli.door import AsJson, inside
from app.cli.ledger import report
from app.core import chain
from app.domain.audit import CHAIN
from app.domain.house import House

app = typer.Typer(help="The trail of what was done: verify it.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Keep `verify` a word of its own: a noun with one verb would swallow it."""


@app.command("verify", epilog="Example: bode audit verify")
def verify(*, as_json: AsJson = False) -> None:
    """Check the trail's chain: nothing changed, nothing missing. Ends with 1 when something is."""

    async def work(house: House) -> list[str]:
        async with house.database.reading() as session:
            return await chain.verify(session, CHAIN, house.ring)

    report(inside(work), "the trail is whole", as_json=as_json)
