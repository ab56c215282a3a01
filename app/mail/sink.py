"""A mail server that takes every letter and keeps none: what a machine is measured against.

It speaks just enough SMTP for our own sender, with PIPELINING, and listens on this machine only. It
looks for the end of a letter and at nothing else, so that it costs less than what it measures.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from multiprocessing.connection import Connection
from typing import cast

import uvloop

BACKLOG = 1000  # connections that may wait to be taken: more than a worker opens
END = b"\r\n.\r\n"
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"
GREETING, TAKEN, BYE = b"220 sink\r\n", b"250 2.0.0 Ok\r\n", b"221 2.0.0 Bye\r\n"
ANSWERS = {b"EHLO": OFFERS, b"DATA": b"354 Go on\r\n", b"QUIT": BYE}


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._rest = b""
        self._in_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        """Take what has come as far as it is whole, and answer it in one write."""
        self._rest += data
        said: list[bytes] = []
        while (answer := self._letter() if self._in_letter else self._command()) is not None:
            said.append(answer)
        if said:
            self._transport.write(b"".join(said))
        if BYE in said:
            self._transport.close()

    def _command(self) -> bytes | None:
        line, end, rest = self._rest.partition(b"\r\n")
        if not end:
            return None
        word = line[:4].upper()
        self._in_letter = word == b"DATA"
        # A letter may be nothing but its end; that begins with the line break before it.
        self._rest = b"\r\n" + rest if self._in_letter else rest
        return ANSWERS.get(word, TAKEN)

    def _letter(self) -> bytes | None:
        place = self._rest.find(END)
        if place < 0:
            self._rest = self._rest[-len(END) :]  # the letter itself is let go
            return None
        self._rest, self._in_letter = self._rest[place + len(END) :], False
        return TAKEN


def serve(line: Connection) -> None:
    """Take letters in a process of its own: says its port on `line`, ends when that is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us, and closes the line
    uvloop.run(_serve(line))


async def _serve(line: Connection) -> None:
    taken = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Session, sock=taken)
    ended = asyncio.Event()
    loop.add_reader(line.fileno(), ended.set)
    line.send(taken.getsockname()[1])
    await ended.wait()
    loop.remove_reader(line.fileno())
    server.close()
