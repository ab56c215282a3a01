"""`bode returned`: reads a report that came back by mail, and leaves its reader alone from now on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from app.cli.door import REFUSED, AsJson, answer, change, explain, inside, warn
from app.domain import house as houses
from app.domain.house import House
from app.features import returned as features
from app.features.returned import Outcome
from app.mail.reports import MOST

LATER: Final = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the mail and tries again

TOLD: Final = {
    Outcome.BLOCKED: "the subscription has ended, and the address is blocked",
    Outcome.LEFT: "the subscription has ended; only the link to leave told whose, so nothing is blocked",
    Outcome.UNREAD: "the subscription has ended; its stored address was damaged, so nothing is blocked",
    Outcome.ENDED: "the subscription had ended already; nothing was changed",
    Outcome.PASSING: "the trouble passes, or is not the mailbox's; nothing was changed",
    Outcome.ELSEWHERE: "it is not about the reader's own mailbox, or nobody can tell; nothing was changed",
}
FOREIGN: Final = (
    "this is no report about a newsletter of ours, or a return without the line Return-Path: <> of one that "
    "nobody sent; nothing was changed"
)

HOW = """\b
Let Postfix hand over what comes back, in a program of your own, /usr/local/bin/bode-returned:
    #!/bin/sh
    set -a; . /etc/bode/environment    # the settings, as for bode worker
    /opt/bode/.venv/bin/bode returned -
    [ $? -eq 75 ] && exit 75 || exit 0 # 75: keep it and try again

\b
In /etc/postfix/master.cf (null_sender= keeps the empty return path empty):
    bode-returned unix - n n - 1 pipe
      flags=DR user=bode null_sender= argv=/usr/local/bin/bode-returned

\b
In /etc/postfix/transport, for the newsletter's sender and your feedback loops:
    nieuwsbrief@example.org bode-returned:

With BODE_BOUNCE_DOMAIN each copy has a return path of its own: see docs/returned.md.

Example: bode returned --json report.eml
"""

Source = Annotated[Path, typer.Argument(metavar="FILE|-", help="The mail; - is standard input.")]


def returned(source: Source, *, as_json: AsJson = False) -> None:
    """Read one mail that came back: a mailbox that is not there, or a reader who complained.

    A return (RFC 3464) with one of the hard codes ends the subscription and blocks the address for a year,
    until its owner signs up again. A complaint (RFC 5965) ends it and blocks for three years. Nobody gets a
    mail.

    The reader is found by the random number that we put in the letter's head ourselves, also where the
    address was made unreadable; by an address nobody is found. By the mark in the link to leave alone the
    subscription ends and nothing is blocked. A return counts only when nobody sent it: its first lines must
    say Return-Path: <>, as your mail server writes it. No address is printed or logged.

    Ends with 0 when it was ours, changed or not; with 1 when it was no report of ours; with 75 when it could
    not be done now, so that a mail server keeps the mail. Answer mail of people before it gets here: give the
    newsletter a reply address of its own (bode newsletter change --reply-to).
    """
    raw = _read(source)

    async def work(house: House) -> Outcome:
        tools: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": houses.now()}
        return await change(house, lambda session: features.take_in(session, raw, **tools))

    try:
        found = inside(work)
    except Exception as trouble:  # noqa: BLE001  (whatever it is, the mail must not be lost)
        warn(explain(trouble))
        raise typer.Exit(LATER) from None
    if found is Outcome.FOREIGN:
        warn(FOREIGN)
        raise typer.Exit(REFUSED)
    answer({"outcome": found}, TOLD[found], as_json=as_json)


def _read(source: Path) -> bytes:
    if str(source) == "-":
        return _taken(sys.stdin.buffer)
    if not source.is_file():
        raise typer.BadParameter("there is no such file")
    with source.open("rb") as file:
        return _taken(file)


def _taken(file: BinaryIO) -> bytes:
    """What is looked at; the rest is read too, or who hands it over takes it for a failure."""
    first = file.read(MOST)
    while file.read(MOST):
        continue
    return first


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog=HOW)(returned)
