"""`bode keys`: makes the key ring once, and checks it; no command shows a key."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.door import AsJson, answer, say, settings
from app.core import crypto, keyfile, logs
from app.core.crypto import KeyRing
from app.core.errors import Refused
from app.core.settings import Environment
from app.domain import house as houses
from app.mail.dkim import new_keys

Domain = Annotated[
    str | None,
    typer.Option(metavar="DOMAIN", help="Make keys in BODE_DKIM_KEYS to sign mail of this domain instead."),
]

app = typer.Typer(help="The key ring: make it, check it.", no_args_is_help=True, rich_markup_mode=None)


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


@app.command("check", epilog="Example: bode keys check --json")
def check(*, as_json: AsJson = False) -> None:
    """Check that the key ring can be read, by its owner only, and has the key the database uses."""
    logs.configure("WARNING")
    path = ring_path()
    ring = keyfile.load(path)
    compared = asyncio.run(_compare(ring, path))
    found = ring.describe()
    lines = [f"{path}: {len(found)} keys" if len(found) > 1 else f"{path}: 1 key"]
    lines += [f"{each['id']}  {each['state']}  made {each['created_at'][:10]}" for each in found]
    lines += [] if compared else ["the database was not looked at: it is not set up yet"]
    answer({"keys": found, "compared": compared}, "\n".join(lines), as_json=as_json)


async def _compare(ring: KeyRing, path: Path) -> bool:
    """Whether there was a database to compare with; raises Refused when it uses another key."""
    configured = settings(environment=Environment.DEMO, keys_file=path)
    try:
        houses.refuse_pending(configured)
    except Refused:
        return False
    house = await houses.open_house(configured)
    ring.active = house.ring.active
    await house.close()
    return True
