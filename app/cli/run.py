"""`bode run`: everything in one process, to try it out: nobody is mailed, nothing else is needed."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

import typer
import uvloop
from sqlalchemy import select

from app.cli import listen, sample
from app.cli.door import say, settings
from app.cli.listen import Web
from app.cli.serve import quiet, until_stopped
from app.core import logs
from app.core.errors import Refused
from app.core.probe import Prober, resolve_examples
from app.core.settings import Settings
from app.domain import house as houses
from app.domain.house import House
from app.domain.issue import Issue, State
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker

# How `bode` is called from the folder it was started in, when it is not on the path.
PROGRAM = os.path.relpath(Path(sys.argv[0]).parent) + "/"
WELCOME = """\
Bode draait. / Bode is running.

  Aanmelden / sign up:           {url}/nl/{slug}
  Postvak / local mailbox:       {url}/mailbox
  Medewerkers / staff:           {url}/staff
  Stand van zaken / status:      {url}/status
  Gegevens / data folder:        {folder}
{issue}
Stoppen / stop: Ctrl-C
"""
TRY = """
De editie van deze maand / this month's issue:
  {prefix}bode issue approve {id} --approver emre
  {prefix}bode issue send {id}
"""


def run(*, port: listen.Port = listen.PORT, host: listen.Host = listen.HOST) -> None:
    """Try Bode out: web, worker and a local mailbox in one process, with demo data at the first start.

    No mail leaves this machine, except to the addresses in BODE_ALLOWED_RECIPIENTS when BODE_SMTP_URL
    is set. Everything is kept in BODE_DATA_DIR (the folder `data` here). In production start
    `bode serve` and `bode worker` instead.
    """
    configured = settings()
    if configured.production:
        raise Refused("bode run is for trying out; in production start: bode serve, and bode worker")
    logs.configure(configured.log_level if "log_level" in configured.model_fields_set else "WARNING")
    quiet()
    with listen.take(host, port, "bode run") as taken:
        houses.migrate(configured)
        uvloop.run(_run(_with_url(configured, taken), taken))


def _with_url(configured: Settings, taken: socket.socket) -> Settings:
    """Links lead to where it really listens, unless somebody chose otherwise."""
    if "base_url" in configured.model_fields_set:
        return configured
    return configured.model_copy(update={"base_url": listen.url(taken)})


async def _run(configured: Settings, taken: socket.socket) -> None:
    house = await houses.open_house(configured)
    try:
        await sample.fill(house)
        text = await _welcome(house, listen.url(taken))
        mailbox = Mailbox()
        web = Web(listen.create(house, mailbox), lambda: say(text))
        await _together(
            web, taken, Worker(house, Courier(configured, mailbox), prober=Prober(resolve_examples))
        )
    finally:
        await house.close()


async def _together(web: Web, taken: socket.socket, worker: Worker) -> None:
    """Web and worker begin together and end together, whichever is first and why."""

    def stop() -> None:
        web.stop()
        worker.stopping.set()

    listen.on_signals(asyncio.get_running_loop(), stop)
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(0)  # another one on this folder is refused here, before anything is shown
    if working.done():
        await working
    tasks = [working, asyncio.create_task(until_stopped(web, taken))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for trouble in ends:
        if isinstance(trouble, BaseException):
            raise trouble


async def _welcome(house: House, url: str) -> str:
    async with house.database.reading() as session:
        query = select(Issue).where(Issue.state == State.DRAFT).order_by(Issue.created_at).limit(1)
        draft = await session.scalar(query)
    prefix = "" if house.settings.base_url == Settings().base_url else f"BODE_BASE_URL={url} "
    if shutil.which("bode") is None:  # not on the path: name it as it was started here
        prefix += PROGRAM
    issue = TRY.format(prefix=prefix, id=draft.id) if draft else ""
    folder = house.settings.data_dir.resolve()
    return WELCOME.format(url=url, slug=sample.SLUG, folder=folder, issue=issue)


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode run --port 8001")(run)
