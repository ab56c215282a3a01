"""One connection to the test mail server: hears commands, takes letters, and goes wrong as asked."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tests.servers.smtp import Server

PATH = re.compile(r"(?:FROM|TO):<([^>]*)>", re.IGNORECASE)


class Session(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._out: list[str] = []
        self._busy = False  # a reply is being held back
        self._letters = 0
        self._recipients: list[str] = []
        self._sender: str | None = None
        self._in_letter = False
        self._scanned = 0
        self._chattered = False
        self._was_hasty = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.sessions.add(self)
        self._server.received.counts["connections"] += 1
        self._reply("greeting", "220 test ESMTP", self._server.mischief.greeting_delay)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sessions.discard(self)
        self._server.someone_left.set()
        if self._in_letter:
            self._server.received.counts["unfinished"] += 1

    # Hearing and answering.

    def _work(self) -> None:
        while not self._busy and not self.transport.is_closing():
            if not (self._take_letter() if self._in_letter else self._take_command()):
                break
        self._flush()

    def _flush(self) -> None:
        if self._out and not self._busy and not self.transport.is_closing():
            self.transport.write("".join(f"{line}\r\n" for line in self._out).encode())
            self._out.clear()

    def _reply(self, step: str, text: str, delay: float | None = None) -> str:
        """Say this, or what was asked to be said instead; return what it was."""
        mischief = self._server.mischief
        if step in mischief.silent:
            return ""
        if step in mischief.say and mischief.strikes():
            text = mischief.say[step]
        self._out.append(text)
        delay = mischief.delay if delay is None else delay
        if delay:
            self._busy = True
            asyncio.get_running_loop().call_later(delay, self._say_late, text)
        else:
            self._perhaps_hang_up(text)
        return text

    def _say_late(self, text: str) -> None:
        self._busy = False
        self._perhaps_hang_up(text)
        self._work()

    def _perhaps_hang_up(self, text: str) -> None:
        if text == "drop":
            self.transport.abort()
        elif text.startswith("421"):
            self._flush()
            self.transport.close()

    def _take_command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        text = line.decode("utf-8", "replace")
        received = self._server.received
        received.counts["early"] += bool(rest)
        if received.keep:
            received.commands.append(text)
        verb = text.split(" ", 1)[0].lower()
        goodbye = self._server.mischief.goodbye_after
        if goodbye is not None and self._letters >= goodbye and verb not in ("ehlo", "quit"):
            self._reply(verb, "421 4.3.2 Enough for now")
        else:
            getattr(self, f"_on_{verb}", self._on_other)(text)
        return True

    def _on_other(self, text: str) -> None:
        self._reply("other", "500 5.5.1 What?")

    def _on_ehlo(self, text: str) -> None:
        offers = list(self._server.mischief.offers)
        if self._server.tls == "starttls" and not self.transport.get_extra_info("sslcontext"):
            offers.append("STARTTLS")
        if self._server.user:
            offers.append("AUTH PLAIN")
        lines = [*(f"250-{offer}" for offer in ("test", *offers)), "250 HELP"]
        self._reply("ehlo", "\r\n".join(lines))

    def _on_starttls(self, text: str) -> None:
        if self._reply("starttls", "220 2.0.0 Go on").startswith("220"):
            self._flush()
            self._busy = True
            self._buffer.clear()
            self._server.tasks.add(asyncio.create_task(self._encrypt()))

    async def _encrypt(self) -> None:
        loop = asyncio.get_running_loop()
        context = self._server.context
        try:
            encrypted = await loop.start_tls(self.transport, self, context, server_side=True)
        except OSError:  # the client does not trust us: what some tests are about
            self.transport.abort()
            self.connection_lost(None)  # the transport has been another's since the handshake began
            return
        self.transport = cast("asyncio.Transport", encrypted)
        self._busy = False
        self._work()

    def _on_auth(self, text: str) -> None:
        expected = f"\0{self._server.user}\0{self._server.password}".encode()
        given = base64.b64decode(text.rsplit(" ", 1)[-1], validate=False)
        self._reply("auth", "235 2.7.0 Welcome" if given == expected else "535 5.7.8 Who are you?")

    def _on_mail(self, text: str) -> None:
        if encrypted := self.transport.get_extra_info("ssl_object"):
            self._server.versions.add(encrypted.version())
        found = PATH.search(text)
        if self._sender is not None or not found:
            self._reply("mail", "503 5.5.1 Not now")
            return
        if self._reply("mail", "250 2.1.0 Ok").startswith("2"):
            self._sender, self._recipients = found.group(1), []

    def _on_rcpt(self, text: str) -> None:
        found = PATH.search(text)
        if self._sender is None or not found:
            self._reply("rcpt", "503 5.5.1 Not now")
            return
        if self._reply("rcpt", self._judge(found.group(1))).startswith("2"):
            self._recipients.append(found.group(1))
            self._chatter()

    def _judge(self, recipient: str) -> str:
        mischief = self._server.mischief
        if recipient in mischief.to:
            return mischief.to[recipient]
        if recipient in mischief.refuse:
            return "550 5.1.1 No such user here"
        if mischief.defers(recipient) and recipient not in self._server.deferred:
            if mischief.defer_once:
                self._server.deferred.add(recipient)
            return "451 4.2.1 Come back later"
        return "250 2.1.5 Ok"

    def _chatter(self) -> None:
        chatter = self._server.mischief.chatter
        if chatter and not self._chattered:
            self._chattered = True
            self._out.append(chatter)

    def _on_data(self, text: str) -> None:
        if not self._recipients and not self._server.mischief.go_ahead_anyway:
            self._reply("data", "554 5.5.1 No valid recipients")
            return
        self._in_letter = self._reply("data", "354 Go on").startswith("354")
        self._scanned = 0
        if self._in_letter and self._server.mischief.deaf:
            self.transport.pause_reading()

    def _on_rset(self, text: str) -> None:
        self._sender, self._recipients = None, []
        self._reply("rset", "250 2.0.0 Ok")

    def _on_quit(self, text: str) -> None:
        self._reply("quit", "221 2.0.0 Bye")
        self._flush()
        self.transport.close()

    # Taking letters.

    def _take_letter(self) -> bool:
        cut = self._server.mischief.cut
        if cut is not None and len(self._buffer) >= cut and self._server.mischief.strikes():
            self.transport.abort()
            return False
        if self._server.mischief.hasty and self._buffer:
            self._be_hasty()
            return False
        end, after = self._end()
        if end < 0 or (self._server.mischief.patient and b"DATA\r\n" not in self._buffer[after:]):
            return False
        letter = bytes(self._buffer[:end])
        self._buffer = self._buffer[after:]
        self._server.received.counts["early"] += bool(self._buffer)
        self._in_letter = False
        self._finish(unstuffed(letter))
        return True

    def _be_hasty(self) -> None:
        """Say yes at the first piece, and hear no more until whoever ends the test listens again."""
        self._buffer.clear()
        if not self._was_hasty:
            self._was_hasty = True
            self.transport.pause_reading()
            self._reply("body", "250 2.0.0 Kept")

    def _end(self) -> tuple[int, int]:
        """Return where the letter ends and where the next command begins."""
        if self._buffer.startswith(b".\r\n"):
            return 0, 3
        found = self._buffer.find(b"\r\n.\r\n", max(self._scanned - 4, 0))
        self._scanned = len(self._buffer)
        return (found + 2, found + 5) if found >= 0 else (-1, -1)

    def _finish(self, letter: bytes) -> None:
        mischief = self._server.mischief
        meant = mischief.drop and mischief.drop_only.encode() in letter
        drop = mischief.drop if meant and mischief.strikes() else None
        recipients, self._sender, self._recipients = self._recipients, None, []
        self._server.received.counts["dropped"] += drop is not None
        if drop == "before":
            self.transport.abort()
            return
        said = self._reply("body", "250 2.0.0 Kept", mischief.body_delay or None)
        if said.startswith("2") or "body" in mischief.silent:
            self._letters += 1
            self._server.received.letter(recipients, letter)
        if drop == "after":
            self.transport.abort()


def unstuffed(letter: bytes) -> bytes:
    """Undo RFC 5321 section 4.5.2."""
    return letter.replace(b"\r\n..", b"\r\n.").removeprefix(b"." if letter.startswith(b"..") else b"")
