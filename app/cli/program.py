"""Which commands there are, in the order in which somebody new meets them.

Only what a command needs is loaded: scripts call `bode` often, and people wait for it.
"""

from __future__ import annotations

import importlib
import os
import sys

import typer

from app.cli.door import Commands

VERBS = ("run", "serve", "worker", "migrate", "doctor", "bench", "erase", "returned", "register")
NOUNS = ("newsletter", "staff", "issue", "subscribers", "keys", "ledger", "audit", "breach", "supervision")
PRIVATE = 0o077  # files that are made here are for their owner only: databases, keys, locks


def build(words: list[str]) -> typer.Typer:
    """The command line; with a command among the words, that command alone."""
    app = typer.Typer(
        cls=Commands,
        help="Bode: a newsletter service that asks first, stops at once and forgets on request.",
        epilog="Start with: bode run. What a command does and needs is in its --help.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # plain text: for screen readers, logs and grep
        pretty_exceptions_enable=False,  # they show the values of variables
    )
    app.callback()(lambda: None)  # also with a single command its name is typed
    known = [each for each in (*VERBS, *NOUNS) if words[:1] == [each]] or [*VERBS, *NOUNS]
    for name in known:
        module = importlib.import_module(f"app.cli.{name}")
        if name in VERBS:
            module.add(app)
        else:
            app.add_typer(module.app, name=name)
    return app


def main() -> None:
    """Run the command that was typed."""
    os.umask(PRIVATE)
    build(sys.argv[1:])(prog_name="bode")
