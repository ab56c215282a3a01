"""Stands between a worker and its database, and breaks their connection in the ways a network can.

Bytes that are held are late, not lost, as on a network that comes back; a connection that is cut is
gone for both sides. An answer that is swallowed was given, and nobody heard it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

UP, DOWN = "up", "down"  # towards the database, and back
PIECE = 64 * 1024  # octets passed on at once
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets, and nothing that waits is sent
GROUP = b"\0group\0"  # how a message that binds values to that statement calls it
SOCKET = ".s.PGSQL.5432"  # PostgreSQL's name for its door in the folder


@dataclass(eq=False)
class _Link:
    """One connection, seen from both sides."""

    client: socket.socket
    server: socket.socket
    unanswered: bool = False  # a COMMIT went by whose answer nobody is to hear

    def cut(self) -> None:
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                side.shutdown(socket.SHUT_RDWR)
            side.close()


class Proxy:
    """Listens on a free port of this machine, for a PostgreSQL that has a socket in a folder."""

    def __init__(self, url: str, host: str = "127.0.0.1") -> None:
        """`url` is a database's own; `self.url` leads there through here."""
        self._door = f"{url.partition('?host=')[2]}/{SOCKET}"
        self._flows = {UP: threading.Event(), DOWN: threading.Event()}
        self.heal()
        self._links: set[_Link] = set()
        self._every = 0
        self._seen = 0
        self.swallowed = 0
        self._listener = socket.create_server((host, 0))
        self._where = f"{host}:{self._listener.getsockname()[1]}"
        self.url = self.through(url)
        threading.Thread(target=self._accept, daemon=True).start()

    def through(self, url: str) -> str:
        """The same for any database of that server."""
        return url.partition("?host=")[0].replace("@/", f"@{self._where}/")

    def hold(self, *directions: str) -> None:
        """From now on nothing comes through this way, and nobody is told."""
        for each in directions:
            self._flows[each].clear()

    def heal(self) -> None:
        """Everything flows again, what was held first."""
        for each in self._flows.values():
            each.set()

    def cut(self) -> None:
        """Reset every connection; new ones are welcome."""
        for link in list(self._links):
            link.cut()
        self._links.clear()

    def swallow(self, every: int) -> None:
        """From now on pass each so-manieth commit on, swallow its answer, and reset the connection."""
        self._every = every

    def close(self) -> None:
        """Nobody comes in any more."""
        self._listener.close()
        self.heal()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                link = _Link(client, server)
                self._links.add(link)
                try:
                    server.connect(self._door)
                except OSError:
                    link.cut()
                    continue
                for way in ((UP, client, server), (DOWN, server, client)):
                    threading.Thread(target=self._pass_on, args=(link, *way), daemon=True).start()

    def _pass_on(self, link: _Link, way: str, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # cut
            while data := source.recv(PIECE):
                self._flows[way].wait()
                if way == UP and self._strikes(data):
                    link.unanswered = True
                elif way == DOWN and link.unanswered:
                    self.swallowed += 1
                    break
                target.sendall(data)
        self._flows[way].wait()
        link.cut()

    def _strikes(self, data: bytes) -> bool:
        if not self._every or not _commits(data):
            return False
        self._seen += 1
        return self._seen % self._every == 0


def _commits(data: bytes) -> bool:
    """Whether something is on disk when this is answered: a transaction, or the sender's group of marks.

    That group is a prepared statement which is a transaction by itself; preparing it is none.
    """
    return b"COMMIT" in data or (GROUP in data and b"UPDATE" not in data)


@contextlib.contextmanager
def before(url: str, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """A proxy before a database."""
    proxy = Proxy(url, host)
    try:
        yield proxy
    finally:
        proxy.close()
