"""`bode ledger`: makes gone people gone again after a restore, and checks that the ledger is whole."""

from __future__ import annotations

import typer

from app.cli.door import REFUSED, AsJson, answer, inside
from app.domain import house as houses
from app.domain.house import House
from app.features import guard
from app.features.guard import Watch

app = typer.Typer(
    help="The ledger of who has gone: replay it, verify it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("replay", epilog="Example: bode ledger replay")
def replay(*, as_json: AsJson = False) -> None:
    """End every subscription again that the ledger says has ended.

    Workers do this by themselves after a restore. By hand it is for certainty: it may be run at any
    time, and who signed up again after leaving stays.
    """

    async def work(house: House) -> dict[str, int | bool]:
        watch = Watch(house.database, house.book, house.ring)
        restored = await guard.check(watch, now=houses.now())
        flushed = await guard.flush_pending(watch)
        return {
            "restored": restored,
            "written": flushed,
            "ended": await guard.replay(watch, everything=True, now=houses.now()),
        }

    done = inside(work)
    text = f"{done['ended']} subscriptions ended again, {done['written']} ends written to the ledger"
    if done["restored"]:
        text += "; the database had been restored: unfinished issues wait for you, see: bode issue list"
    answer(done, text, as_json=as_json)


@app.command("verify", epilog="Example: bode ledger verify")
def verify(*, as_json: AsJson = False) -> None:
    """Check the ledger's chain: nothing changed, nothing missing. Ends with 1 when something is."""

    async def work(house: House) -> list[str]:
        return await house.book.verify(house.ring)

    report(inside(work), "the ledger is whole", as_json=as_json)


def report(faults: list[str], whole: str, *, as_json: bool) -> None:
    """Say what is wrong with a chain, or that nothing is."""
    text = "\n".join([*faults, "keep everything as it is and look at the backups"]) if faults else whole
    answer({"whole": not faults, "faults": faults}, text, as_json=as_json)
    if faults:
        raise typer.Exit(REFUSED)
