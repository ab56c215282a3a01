"""What `bode bench` is asked, and how its readings are told."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import bar
from app.cli.bench import run
from app.cli.bench.place import Place
from app.cli.bench.run import Reading
from app.cli.door import AsJson, answer
from app.core import logs, migrating
from app.core.database import normal
from app.core.errors import Refused

READERS_MOST = 1_000_000  # more than the largest list of ours by far
CONNECTIONS_MOST = 200  # as many as a worker may have
BYTES_MOST = 150_000  # of words alone: what is larger is refused at approval, because Gmail cuts it off
SKIPPED = "postgresql was not measured: name an empty database with --database-url postgresql://..."
HEAD = ("database", "dkim", "messages/s", "CPU µs each", "memory MB", "bytes each", "seconds")

Readers = Annotated[int, typer.Option(min=1, max=READERS_MOST, help="How many messages, each run.")]
Connections = Annotated[int, typer.Option(min=1, max=CONNECTIONS_MOST, help="To the mail server.")]
Size = Annotated[int, typer.Option("--bytes", min=1, max=BYTES_MOST, help="Of a message, about.")]
Signed = Annotated[bool | None, typer.Option("--dkim/--no-dkim", help="Only so; without it, both.")]
Second = Annotated[
    str, typer.Option("--database-url", metavar="URL", help="An empty PostgreSQL database, to measure too.")
]
Folder = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="On which disk; else the temporary folder.")
]
Seconds = Annotated[float, typer.Option(min=1, help="When to stop, for everything together.")]


def bench(  # noqa: PLR0913  (each is an option)
    *,
    readers: Readers = 20_000,
    connections: Connections = 10,
    size: Size = 8192,
    dkim: Signed = None,
    database_url: Second = "",
    folder: Folder = None,
    seconds_most: Seconds = 600,
    as_json: AsJson = False,
) -> None:
    """Measure what this machine can send: messages a second, the processor's time and memory.

    A real worker sends an issue to made-up readers, with every promise kept, over real connections to
    a mail server that this command starts and that throws everything away. Nothing leaves this
    machine, and your own database, keys and settings are not touched. What it makes is removed, also
    after Ctrl-C.

    `messages/s` counts from sending to closed books; the newsletter's pace, which is far lower, is not
    kept. `CPU` and `memory` are those of the worker (Linux only): a database server and the mail server
    need theirs besides, here from the same machine. A worker's start counts as well, some two seconds:
    with fewer readers than 5,000 most of what is measured is that. A relay is slower than this mail
    server: what it can take is for you to ask of who runs it.

    SQLite is always measured, PostgreSQL when --database-url names an empty database; its ledger is a
    file then. Others on the machine see that URL: keep the password in ~/.pgpass.
    """
    logs.configure("ERROR")
    urls = ["", database_url] if database_url else [""]
    _refuse_used(database_url)
    until = time.monotonic() + seconds_most
    readings = []
    with _tidy_end(), bar.shown() as shown, run.sinking() as port:
        for url, signs in [(url, signs) for url in urls for signs in _signing(dkim)]:
            with tempfile.TemporaryDirectory(prefix="bode-bench-", dir=folder) as made:
                at = Place(Path(made), url, signs, readers, size, connections, port)
                readings.append(run.measure(at, shown, until - time.monotonic()))
    skipped = [] if database_url else [SKIPPED]
    told = {"cores": os.cpu_count(), "runs": [asdict(each) for each in readings], "skipped": skipped}
    answer(told, "\n".join([*_table(readings), *skipped]), as_json=as_json)


@contextmanager
def _tidy_end() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: what was made is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _signing(dkim: bool | None) -> list[bool]:  # noqa: FBT001  (as the option gives it)
    return [False, True] if dkim is None else [dkim]


def _refuse_used(url: str) -> None:
    if not url:
        return
    try:
        kind = normal(url).get_backend_name()
    except ValueError:
        kind = ""
    if kind != "postgresql":
        raise typer.BadParameter("--database-url names a PostgreSQL database: postgresql://...")
    if found := migrating.tables(url):
        held = f"that database has {len(found)} tables"
        raise Refused(f"{held}; it is left alone. Make an empty one: createdb bench")


def _table(readings: list[Reading]) -> Iterator[str]:
    rows = [HEAD, *(_row(each) for each in readings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _row(each: Reading) -> tuple[str, ...]:
    def said(value: Any) -> str:
        return "-" if value is None else f"{value:.0f}"

    return (
        each.database,
        "yes" if each.dkim else "no",
        said(each.messages_per_second),
        said(each.cpu_microseconds),
        said(each.memory_mb),
        said(each.bytes),
        f"{each.seconds:.1f}",
    )


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode bench --readers 20000 --database-url postgresql:///bench")(bench)
