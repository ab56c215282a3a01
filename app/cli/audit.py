"""`bode audit`: checks that the trail of everything that was done is whole."""

from __future__ import annotations

import typer

from app.cli.door import AsJson, inside, warn
from app.cli.ledger import report
from app.core.errors import BookClosed
from app.domain import audit as trail
from app.domain.audit import Seen
from app.domain.house import House

app = typer.Typer(help="The trail of what was done: verify it.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Keep `verify` a word of its own: a noun with one verb would swallow it."""


@app.command("verify", epilog="Example: bode audit verify")
def verify(*, as_json: AsJson = False) -> None:
    """Check the trail's chain: nothing changed, nothing missing. Ends with 1 when something is.

    Also when a part cannot be checked, because its key is not on this machine; that is told apart.
    It is held against its signed points, and against what the ledger saw of it some seconds ago.
    """

    async def work(house: House) -> list[str]:
        seen = await _seen(house)
        async with house.database.reading() as session:
            return await trail.verify(session, house.ring, seen)

    report(inside(work), "the trail is whole", as_json=as_json)


async def _seen(house: House) -> Seen | None:
    try:
        return await house.book.seen()
    except BookClosed:
        warn("warning: the ledger cannot be reached; what is not signed yet is not held against it")
        return None
