"""The web service on a port: takes the port first, says when it listens, ends in good order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from app.core.errors import Refused
from app.domain.house import House
from app.mail.mailbox import Mailbox

if TYPE_CHECKING:
    from fastapi import FastAPI

PORT = 8000
HOST = "127.0.0.1"  # what faces the world is a proxy with a certificate
BACKLOG = 512  # connections that wait to be taken: a newsletter brings its readers at once
LAST_ANSWERS = 10  # seconds for answers under way when the service stops

Port = Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes any free port.")]
Host = Annotated[str, typer.Option(help="On which address; leave it to a proxy to face the world.")]


def take(host: str, port: int, command: str) -> socket.socket:
    """The port, ours from here on; raises Refused when somebody else has it."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as trouble:
        if trouble.errno == errno.EADDRINUSE:
            advice = f"choose another: {command} --port {port + 1}"
            raise Refused(f"port {port} on {host} is taken by another program; {advice}") from None
        why = trouble.strerror or "it is not an address of this machine"
        raise Refused(f"cannot listen on {host} port {port}: {why}") from None


def url(taken: socket.socket) -> str:
    """Where it listens, as a browser writes it."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Web(uvicorn.Server):
    """uvicorn, with signals left to us: it would end the process with a signal after a good stop."""

    def __init__(self, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,  # addresses of visitors are kept nowhere
                server_header=False,
                proxy_headers=False,  # the service itself knows whom to believe
                ws="none",
                timeout_graceful_shutdown=LAST_ANSWERS,
            )
        )
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._ready()

    def stop(self) -> None:
        """Take no more visitors, finish the answers under way, end."""
        self.should_exit = True


def create(house: House, mailbox: Mailbox | None = None) -> FastAPI:
    """The web application; only the commands that serve pages pay for loading it."""
    from app.main import create_app  # noqa: PLC0415

    return create_app(house, mailbox=mailbox)


def on_signals(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    """SIGTERM and Ctrl-C end the service in good order."""
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, act)
