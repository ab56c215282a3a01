"""`bode ledger`: makes gone people gone again after a restore, checks the ledger, and fills its holes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import REFUSED, AsJson, answer, change, inside
from app.core.errors import Invalid, Refused
from app.domain import house as houses
from app.domain.certificate import LONGEST_FILE, Certificate, read
from app.domain.house import House
from app.domain.wholeness import State
from app.features import certify, guard
from app.features import fill as filling
from app.features.certify import Verdict
from app.features.guard import Watch

app = typer.Typer(
    help="The ledger of who has gone: replay it, verify it, fill its holes.",
    no_args_is_help=True,
    rich_markup_mode=None,
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


@app.command("fill", epilog="Example: bode ledger fill, or: bode ledger fill found-again.lines")
def fill(
    found: Annotated[
        Path | None, typer.Argument(help="A copy that was found again; without it, the copy that is kept.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Fill holes: the ledger gets what only a copy has, its copy gets what only the ledger has.

    Entries keep their numbers, and the chain shows whether they belong there. An end whose number is
    another's by now is written down once more, as the last. Of a copy only lines with a seal of ours count;
    others are taken out of it, and nothing else is. A line under a key that is not in the key ring on this
    machine cannot be judged: then nothing is filled, and the key is named. Afterwards who had gone is gone,
    and what neither of the two has is still told by: bode ledger verify
    """
    if found is not None and not found.is_file():
        raise Refused("there is no such file")

    async def work(house: House) -> dict[str, int]:
        async def act(session: AsyncSession) -> tuple[int, int]:
            return await filling.fill(session, house.book, found, actor=glass.actor(), now=houses.now())

        added, written = await change(house, act)
        watch = Watch(house.database, house.book, house.ring)
        return {
            "put_back": added,
            "copied": written,
            "ended": await guard.replay(watch, everything=True, now=houses.now()),
        }

    done = inside(work)
    text = (
        f"{done['put_back']} ends put back into the ledger, {done['copied']} lines written to its copy, "
        f"{done['ended']} subscriptions ended again"
    )
    answer(done, text, as_json=as_json)


ADVICE = {
    State.BROKEN: "keep everything as it is and look at the backups",
    State.UNKEYED: "nothing shows a change, but not all could be checked: put that key back into "
    "BODE_KEYS_FILE from the backup of the keys, and look again. Was it never a key of yours? Then somebody "
    "else wrote there: keep everything as it is",
    State.ABSENT: "the ledger itself is whole, and is not compared with what is not there. Is the disk or "
    "share of BODE_LEDGER_COPY mounted, and is the path right? Put the file back where it was, and look "
    "again. Is the copy a new one, or gone for good? Then: bode ledger fill. Did nobody move it? Then "
    "somebody may have removed it: see who can write there",
    State.LITTERED: "no entry is missing and none was changed: a disk that was full leaves a half line, and "
    "so does who writes into the copy. Keep a copy of that file, see who can write to it, then: "
    "bode ledger fill",
}
FAULTS = {
    Verdict.FORGED: "this certificate was not signed by this service, or something in it was changed",
    Verdict.MISSING: "this certificate is signed, and the ledger lacks a line of it or has another there",
}


@app.command("verify", epilog="Example: bode ledger verify, or: bode ledger verify certificate.json")
def verify(
    certificate: Annotated[
        Path | None, typer.Argument(help="The file of a certificate of erasure, to be checked as well.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check the ledger's chain: nothing changed, nothing missing. Ends with 1 when something is.

    Also when a part cannot be checked, because its key is not on this machine; that is told apart.
    """

    async def work(house: House) -> list[str]:
        faults = await house.book.verify(house.ring)
        if certificate is not None:
            ring, book, days = house.ring, house.book, house.settings.backup_days
            found = _read(certificate)
            verdict = await certify.check(found, ring=ring, book=book, backup_days=days, now=houses.now())
            faults += [FAULTS[verdict]] if verdict in FAULTS else []
        return faults

    whole = "the ledger is whole" + (", the certificate is genuine" if certificate else "")
    report(inside(work), whole, as_json=as_json)


def _read(path: Path) -> Certificate:
    try:
        with path.open(encoding="utf-8") as file:
            return read(file.read(LONGEST_FILE + 1))
    except (OSError, UnicodeDecodeError):
        raise Invalid("this file cannot be read") from None


def report(faults: list[str], whole: str, *, as_json: bool) -> None:
    """Say what is wrong with a chain, or cannot be judged, and what to do; or that nothing is."""
    state = State.of(faults)
    text = "\n".join([*faults, ADVICE[state]]) if faults else whole
    answer({"whole": not faults, "state": state, "faults": faults}, text, as_json=as_json)
    if faults:
        raise typer.Exit(REFUSED)
