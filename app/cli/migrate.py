"""`bode migrate`: brings the tables of both databases to this version."""

from __future__ import annotations

import typer

from app.cli.door import say, settings
from app.core import logs
from app.domain import house as houses


def migrate() -> None:
    """Bring the database and the ledger to this version.

    Run it once after every update, before `bode serve` and `bode worker`: both refuse to start until
    it is done. Running it again changes nothing. Make a backup of both first.
    """
    configured = settings()
    logs.configure("WARNING")
    houses.migrate(configured)
    say("both databases are at this version")


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode migrate")(migrate)
