"""A mail server for tests: counts every copy of every letter, and misbehaves on command.

In the test's own process:

    async with Server() as server: ...          server.url, server.mischief = Mischief(...), server.received

As a process of its own, which survives a test that kills what it tests:

    with Process() as server: ...               server.url, server.behave(drop="after"), server.report()
    python -m tests.servers.smtp --port 0 --control 0
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import uvloop

from tests.servers.certificates import HERE, certificates
from tests.servers.mischief import Mischief
from tests.servers.received import Received
from tests.servers.session import Session

SCHEMES = {None: "smtp", "starttls": "smtp+starttls", "implicit": "smtps"}
ROOT = Path(__file__).parents[2]


class Server:
    """Listens on a free port of this machine."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: str | None = None,
        user: str = "",
        password: str = "",
        keep: bool = False,
        known_as: str = HERE,
        **mischief: Any,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.user = user
        self.password = password
        self.mischief = Mischief(**mischief)
        self.received = Received(keep)
        self.versions: set[str] = set()  # of TLS, as clients came
        self.deferred: set[str] = set()
        self.sessions: set[Session] = set()
        self.someone_left = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.certificates = certificates(known_as)
        if tls:
            self.context, self._expired = self.certificates.good(), self.certificates.expired()
            self.context.sni_callback = self._show

    @property
    def url(self) -> str:
        login = f"{quote(self.user, '')}:{quote(self.password, '')}@" if self.user else ""
        return f"{SCHEMES[self.tls]}://{login}{self.host}:{self.port}"

    @property
    def authority(self) -> ssl.SSLContext:
        """Return what a client needs to trust this server."""
        return self.certificates.client()

    def _show(self, connection: ssl.SSLObject, *_: object) -> None:
        connection.context = self._expired if self.mischief.expired else self.context

    async def up(self) -> None:
        """Listen, again on the same port if it was down."""
        if self._listener is None:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: Session(self),
                self.host,
                self.port,
                ssl=self.context if self.tls == "implicit" else None,
                backlog=1000,
            )
            self.port = self._listener.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Refuse connections and cut the open ones off."""
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None
        for session in self.sessions:
            session.transport.abort()
        await self.idle()
        await asyncio.gather(*self.tasks)

    async def idle(self) -> None:
        """Wait until everyone has hung up, and so everything that was said has been heard."""
        while self.sessions:
            for session in self.sessions:
                session.transport.resume_reading()  # the deaf ones would never notice
            self.someone_left.clear()
            await self.someone_left.wait()

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()


async def obey(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    """Carry out one line from the control port: behave, report, count, letters, forget, idle, down or up."""
    match asked.pop("do"):
        case "behave":
            server.mischief = Mischief(**asked)
        case "report":
            return server.received.report()
        case "count":
            return dict(server.received.counts)
        case "letters":
            copies = server.received.recipients.get(asked["recipient"], [])
            return {"letters": [copy.letter.decode("latin-1") for copy in copies]}
        case "forget":
            server.received, server.deferred = Received(server.received.keep), set()
        case "idle" | "down" | "up" as step:
            await getattr(server, step)()
    return {}


async def serve(options: argparse.Namespace) -> None:
    server = Server(
        host=options.host,
        port=options.port,
        tls=options.tls,
        user=options.user,
        password=options.password,
        keep=options.keep,
        known_as=options.known_as,
    )

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                answer = await obey(server, json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    if options.authority:
        await asyncio.to_thread(Path(options.authority).write_text, server.certificates.authority)
    async with server, await asyncio.start_server(control, "127.0.0.1", options.control) as door:
        ports = {"port": server.port, "control": door.sockets[0].getsockname()[1]}
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()
        await door.serve_forever()


class Process:
    """The server in a process of its own, steered over its control port."""

    def __init__(self, *options: str, tls: str | None = None, host: str = "127.0.0.1") -> None:
        self._options = [*options, "--host", host, "--known-as", host, *(["--tls", tls] if tls else [])]
        self._where = f"{SCHEMES[tls]}://{host}"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.servers.smtp", *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout
        ports = json.loads(self._process.stdout.readline())
        self.port = ports["port"]
        self.url = f"{self._where}:{self.port}"
        self._line = socket.create_connection(("127.0.0.1", ports["control"]))
        self._answers = self._line.makefile("r")
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._line.close()
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _ask(self, do: str, **more: Any) -> dict[str, Any]:
        self._line.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline())
        return answer

    def behave(self, **mischief: Any) -> None:
        """Misbehave like this from now on, and in no other way; nothing named, all is well."""
        self._ask("behave", **mischief)

    def report(self) -> dict[str, Any]:
        return self._ask("report")

    def count(self, what: str = "letters") -> int:
        """How many there were of something; cheap, so that it can be asked often."""
        return int(self._ask("count").get(what, 0))

    def letters(self, recipient: str) -> list[bytes]:
        """Return the letters to somebody, oldest first, if the server keeps them."""
        found = self._ask("letters", recipient=recipient)["letters"]
        return [letter.encode("latin-1") for letter in found]

    def forget(self) -> None:
        """Begin counting anew."""
        self._ask("forget")

    def idle(self) -> None:
        """Wait until everyone has hung up, and so everything that was said has been heard."""
        self._ask("idle")

    def down(self) -> None:
        """Refuse connections and cut the open ones off."""
        self._ask("down")

    def up(self) -> None:
        self._ask("up")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--known-as", default=HERE, help="address that its certificate names")
    parser.add_argument("--control", type=int, default=0, help="port for JSON lines; 0 takes a free one")
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--authority", help="file to write who signed the certificate to")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--keep", action="store_true", help="keep the letters' bytes")
    return parser.parse_args()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(options()))
