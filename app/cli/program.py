"""Which commands there are, in the order in which somebody new meets them."""

from __future__ import annotations

import typer

from app.cli import (
    audit,
    doctor,
    erase,
    issue,
    keys,
    ledger,
    migrate,
    newsletter,
    run,
    serve,
    staff,
    subscribers,
    worker,
)
from app.cli.door import Commands

app = typer.Typer(
    cls=Commands,
    help="Bode: a newsletter service that asks first, stops at once and forgets on request.",
    epilog="Start with: bode run. What a command does and needs is in its --help.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain text: for screen readers, logs and grep
    pretty_exceptions_enable=False,  # they show the values of variables
)
for each in (run, serve, worker, migrate, doctor, erase):
    each.add(app)
for name, noun in (
    ("newsletter", newsletter),
    ("staff", staff),
    ("issue", issue),
    ("subscribers", subscribers),
    ("keys", keys),
    ("ledger", ledger),
    ("audit", audit),
):
    app.add_typer(noun.app, name=name)


def main() -> None:
    """Run the command that was typed."""
    app(prog_name="bode")
