"""`bode worker`: what happens by itself, in one process or several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from typing import Annotated

import typer
import uvloop

from app import worker as workers
from app.cli.door import REFUSED, explain, settings, warn
from app.core import logs
from app.core.database import normal
from app.core.errors import Refused
from app.core.settings import Settings
from app.domain import house as houses
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox

MOST = 64  # processes on one machine: more connections than a database has by default

log = logs.get("worker")

Processes = Annotated[
    int, typer.Option(min=1, max=MOST, help="How many at once; more than one needs PostgreSQL.")
]


def worker(*, processes: Processes = 1) -> None:
    """Send what is due and do what happens by itself, until SIGTERM.

    Any number may run, on any number of machines; on SQLite one. Each finishes what it has under way
    when it is told to stop. When one of several ends unexpectedly the others go on, its work comes
    back to them within a minute, and this command ends with 1 when they end.
    """
    configured = settings()
    houses.refuse_pending(configured)
    logs.configure(configured.log_level)
    if processes == 1:
        uvloop.run(_work(configured))
        return
    if normal(configured.database).get_backend_name() == "sqlite":
        raise Refused("SQLite has room for one worker process; for more, set BODE_DATABASE_URL to PostgreSQL")
    if not _several(processes):
        raise typer.Exit(REFUSED)


async def _work(configured: Settings) -> None:
    house = await houses.open_house(configured)
    try:
        await workers.serve(house, Courier(configured, Mailbox()))
    finally:
        await house.close()


def one() -> None:
    """One of several: ends in good order when the process that started it has gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        configured = settings()
        logs.configure(configured.log_level)
        uvloop.run(_work(configured))
    except Exception as trouble:  # noqa: BLE001  (told in a line, as in the command itself)
        warn(explain(trouble))
        sys.exit(REFUSED)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _several(processes: int) -> bool:
    """Start them, pass signals on, wait for all; whether every one ended well."""
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=one) for _ in range(processes)]
    stopping = _pass_on(children)
    _start(children, stopping)
    good = _watch(children, stopping)
    for each in children:
        each.close()
    return good


def _start(children: list[SpawnProcess], stopping: threading.Event) -> None:
    """One after the other; who is told to stop meanwhile was not heard by those that had not begun."""
    for each in children:
        each.start()
        if stopping.is_set():
            each.terminate()


def _pass_on(children: list[SpawnProcess]) -> threading.Event:
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()
        for each in children:
            if each.is_alive():
                each.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


def _watch(children: list[SpawnProcess], stopping: threading.Event) -> bool:
    left = list(children)
    good = True
    while left:
        connection.wait([each.sentinel for each in left])
        for ended in [each for each in left if each.exitcode is not None]:
            left.remove(ended)
            if ended.exitcode or not stopping.is_set():
                good = False
                log.error("worker.ended", process=ended.pid, code=ended.exitcode, left=len(left))
    return good


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode worker --processes 2")(worker)
