"""`bode serve`: the web service, without a worker."""

from __future__ import annotations

import asyncio
import logging
import socket
from urllib.parse import urlsplit

import typer
import uvloop

from app.cli import listen
from app.cli.door import settings
from app.cli.listen import Web
from app.core import logs
from app.core.errors import Refused
from app.core.settings import Settings, is_loopback
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.house import House
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox

log = logs.get("web")


def serve(*, port: listen.Port = listen.PORT, host: listen.Host = listen.HOST) -> None:
    """Serve the pages; `bode worker` sends the mail.

    Refuses to start on pending migrations. Put a proxy with a certificate in front of it, and name
    that proxy in BODE_TRUSTED_PROXIES. SIGTERM lets answers under way finish.
    """
    configured = settings()
    houses.refuse_pending(configured)
    Courier(configured, Mailbox()).dialer()  # a relay without TLS is refused before a worker meets it
    logs.configure(configured.log_level)
    quiet()
    with listen.take(host, port, "bode serve") as taken:
        uvloop.run(_serve(configured, taken))


def quiet() -> None:
    """One line says that it listens; uvicorn's own lines only say more when something is wrong."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


async def _serve(configured: Settings, taken: socket.socket) -> None:
    house = await houses.open_house(configured)
    try:
        if configured.production:
            await _warn(house)
        web = Web(listen.create(house), lambda: log.info("web.ready", url=listen.url(taken)))
        listen.on_signals(asyncio.get_running_loop(), web.stop)
        await until_stopped(web, taken)
        log.info("web.stopped")
    finally:
        await house.close()


async def _warn(house: House) -> None:
    """What a service can run without and had better not: say it once, at the start."""
    if is_loopback(urlsplit(house.settings.base_url).hostname or ""):
        log.warning("settings.loopback", setting="BODE_BASE_URL", why="links in mail lead to this machine")
    if house.settings.ledger_copy is None:
        log.warning("settings.missing", setting="BODE_LEDGER_COPY", why="see: bode doctor")
    async with house.database.reading() as session:
        for letter in await newsletters.every(session):
            if letter.unfilled:
                log.warning("newsletter.incomplete", newsletter=letter.slug, lacks=letter.unfilled)


async def until_stopped(web: Web, taken: socket.socket) -> None:
    """Serve; raises Refused when the application does not come up."""
    try:
        await web.serve(sockets=[taken])
    except SystemExit:  # uvicorn's way to say so
        raise Refused("the web service did not start; the lines above say why") from None


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode serve --port 8000")(serve)
