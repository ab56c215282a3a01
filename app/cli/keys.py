"""`bode keys`: makes the key ring, changes the key in use, and checks; no command shows a key."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import bar, glass
from app.cli.door import REFUSED, AsJson, answer, change, inside, say, settings, warn
from app.core import crypto, keyfile, logs
from app.core.crypto import KeyRing
from app.core.errors import BookClosed, Refused
from app.core.settings import Environment
from app.domain import LEDGER, MAIN, audit
from app.domain import house as houses
from app.domain.audit import Event
from app.domain.house import House
from app.features import rotate as features
from app.features import survey
from app.features.rotate import Desk
from app.mail.dkim import new_keys

Domain = Annotated[
    str | None,
    typer.Option(metavar="DOMAIN", help="Make keys in BODE_DKIM_KEYS to sign mail of this domain instead."),
]
Prepare = Annotated[
    bool, typer.Option("--prepare", help="Only put the new key into the file, so that it can be backed up.")
]

app = typer.Typer(
    help="The key ring: make it, change the key in use, check it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def ring_path() -> Path:
    """Where the ring lies; it can be made before the rest of production is set."""
    lenient = settings(environment=Environment.DEMO)
    production = os.environ.get("BODE_ENVIRONMENT") == Environment.PRODUCTION
    if production and lenient.keys_file is None:
        raise Refused("set BODE_KEYS_FILE to where the key ring is to lie, apart from the databases")
    return lenient.keys


@app.command("new", epilog="Example: BODE_KEYS_FILE=/etc/bode/keys.json bode keys new")
def new(*, dkim: Domain = None) -> None:
    """Make a key ring in BODE_KEYS_FILE, readable by you only; an existing one is never overwritten.

    Keep a copy in a safe place, apart from backups of the database: without the ring no address can
    be read, and with it everyone can.

    With --dkim the keys are for signing mail; what is printed then is for DNS, before mail is signed.
    """
    if dkim is not None:
        _new_dkim(dkim)
        return
    path = ring_path()
    key = crypto.new_key(houses.now())
    keyfile.save(path, [key])
    say(f"a key ring with key {key.id} was made: {path}. Keep a copy in a safe place, apart from backups")


def _new_dkim(domain: str) -> None:
    path = settings(environment=Environment.DEMO).dkim_keys
    if path is None:
        raise Refused("set BODE_DKIM_KEYS to where the keys that sign mail are to lie")
    made = new_keys(domain, houses.now())
    made.save(path)
    say(f"keys that sign mail of {domain} were made: {path}. Publish these in DNS, then start the worker")
    for name, value in made.dns_records():
        say(f"{name}. TXT {value}")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change of keys came to."""

    key: str
    activated: bool
    moved: int = 0
    left: int = 0
    prepared: bool = False


@app.command("rotate", epilog="Example: bode keys rotate --prepare; back the file up; bode keys rotate")
def rotate(*, prepare: Prepare = False, as_json: AsJson = False) -> None:
    """Change the key in use: a new one is put into BODE_KEYS_FILE, and every address is sealed anew.

    The service goes on meanwhile, and takes the new key from the file by itself. Killed at any point,
    this goes on where it was when it is run again; then no other key is made. Old links go on working,
    because old keys stay in the file.

    In production, first run it with --prepare: that only adds the key. Then back the file up, and copy
    it to every machine that runs Bode: one that lacks the key in use answers nothing.
    """
    turn = inside(_prepare if prepare else _rotate)
    answer(_fields(turn), _told(turn), as_json=as_json)
    if turn.left:
        warn(f"{turn.left} values are not under the new key yet: run this again; then ask: bode keys check")
        raise typer.Exit(REFUSED)


def _fields(turn: Turn) -> dict[str, str | int | bool]:
    return {
        "key": turn.key,
        "prepared": turn.prepared,
        "activated": turn.activated,
        "moved": turn.moved,
        "left": turn.left,
    }


def _told(turn: Turn) -> str:
    if turn.prepared:
        return (
            f"key {turn.key} is in the file and waits. Back the file up, copy it to every machine that "
            "runs Bode, then: bode keys rotate"
        )
    done = f"{turn.moved} values were sealed anew"
    if turn.activated:
        return f"key {turn.key} is in use; {done}. Back the key file up, apart from the databases"
    return f"key {turn.key} was in use already; what was left of that change is done: {done}"


async def _prepare(house: House) -> Turn:
    """Only the file changes."""
    return Turn(await _waiting(house), activated=False, prepared=True)


async def _waiting(house: House) -> str:
    return keyfile.add(house.settings.keys, houses.now(), after=house.ring.active).id


async def _rotate(house: House) -> Turn:
    desk, now = Desk(house.database, house.book, house.ring), houses.now()
    async with house.database.reading() as session:
        begun = await features.left(session, house.ring.active, lasting=True)
    if not begun or house.ring.newest != house.ring.active:
        await _waiting(house)
    activated = await change(
        house, lambda session: features.activate(session, house.ring, actor=glass.actor(), now=now)
    )
    async with house.database.reading() as session:
        total = await features.left(session, house.ring.active)
    with bar.shown() as shown:
        moved, left = await _walk(desk, total, shown)
    key_id = house.ring.active
    async with house.database.unit_of_work() as session:
        words = {"about": f"key {key_id}", "reason": f"moved {moved}, left {left}"}
        await audit.record(session, glass.actor(), Event.KEYS_ROTATED, **words, now=houses.now())
    return Turn(key_id, activated, moved, left)


async def _walk(desk: Desk, total: int, shown: bar.Shown) -> tuple[int, int]:
    moved = 0

    def done(count: int) -> None:
        nonlocal moved
        moved += count
        shown.tell(moved, max(total, moved), "sealed anew")

    left = await features.rotate(desk, done)
    return moved, left


@app.command("check", epilog="Example: bode keys check --json")
def check(*, as_json: AsJson = False) -> None:
    """Check the key ring: readable, by its owner only, with every key that the databases use.

    Says how old each key is and what still uses it. The key in use seals what is new; an old one stays,
    because links in old newsletters, proofs, blocks and the ledger are under it for good.
    """
    logs.configure("WARNING")
    path = ring_path()
    ring = keyfile.load(path)
    used = asyncio.run(_compare(ring, path))
    found = [{**each, **_about(each, used or {}, houses.now())} for each in ring.describe()]
    missing = sorted(set(used or {}) - set(ring.ids))
    lines = [f"{path}: {len(found)} keys" if len(found) > 1 else f"{path}: 1 key", *map(_line, found)]
    lines += [] if used is not None else ["the database was not looked at: it is not set up yet"]
    value = {"keys": found, "compared": used is not None, "missing": missing}
    answer(value, "\n".join(lines), as_json=as_json)
    if missing:
        raise Refused(f"the databases use keys that are not in {path}: {', '.join(missing)}; put them back")


def _about(key: dict[str, str], used: dict[str, Counter[str]], now: datetime) -> dict[str, Any]:
    age = now - datetime.fromisoformat(key["created_at"])
    return {"days": age.days, "used_by": dict(used.get(key["id"], {}))}


def _line(key: dict[str, Any]) -> str:
    uses = ", ".join(f"{table} {count}" for table, count in key["used_by"].items()) or "nothing"
    made = f"made {key['created_at'][:10]}, {key['days']} days ago"
    return f"{key['id']}  {key['state']}  {made}; used by: {uses}"


async def _compare(ring: KeyRing, path: Path) -> dict[str, Counter[str]] | None:
    """What uses each key; None without a database. Raises Refused when the key in use is not there."""
    configured = settings(environment=Environment.DEMO, keys_file=path)
    try:
        houses.refuse_pending(configured)
    except Refused:
        return None
    house = await houses.open_house(configured)
    try:
        ring.active = house.ring.active
        return await _used(house)
    finally:
        await house.close()


async def _used(house: House) -> dict[str, Counter[str]]:
    async with house.database.reading() as session:
        found = {key: Counter(uses) for key, uses in (await survey.uses(session, MAIN)).items()}
    try:
        for key, uses in (await house.book.look(lambda session: survey.uses(session, LEDGER))).items():
            found.setdefault(key, Counter()).update(uses)
    except BookClosed:
        warn("warning: the ledger cannot be reached, so what it uses is not counted")
    return found
