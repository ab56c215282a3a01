"""What Bode's sender is measured beside: the fastest source there is, bare signing, and a plain script."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

import aiosmtplib
import dkim
import uvloop
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.mail.dkim import Keys

SOURCE = "/usr/sbin/smtp-source"
SIGN_SECONDS = 3  # of openssl's own measuring
HEADERS = [b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"]


def source(port: int, count: int, octets: int, connections: int) -> float:
    """Messages a second of smtp-source, which keeps no state and sends the same bytes to everybody."""
    words = [SOURCE, "-d", "-s", str(connections), "-m", str(count), "-l", str(octets)]
    begun = time.perf_counter()
    subprocess.run([*words, f"inet:127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - begun)


def openssl() -> float:
    """RSA-2048 signatures a second on all cores."""
    words = ["openssl", "speed", "-seconds", str(SIGN_SECONDS), "-multi", str(os.cpu_count()), "rsa2048"]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found = re.search(r"rsa +2048 bits +\S+ +\S+ +([0-9.]+)", told)
    assert found, told
    return float(found[1])


@dataclass(frozen=True)
class Plain:
    """What anyone would write first: each mail built, signed and sent by the libraries, one after another."""

    port: int
    count: int
    html: str
    connections: int
    keys: Keys | None

    def measure(self) -> tuple[float, float]:
        """Messages a second, and microseconds of processor a message."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        begun = time.perf_counter()
        uvloop.run(self._all())
        took = time.perf_counter() - begun
        now = resource.getrusage(resource.RUSAGE_SELF)
        cost = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        return self.count / took, cost / self.count * 1e6

    async def _all(self) -> None:
        readers = iter(range(self.count))
        await asyncio.gather(*(self._one(readers) for _ in range(self.connections)))

    async def _one(self, readers: object) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False)
        await client.connect()
        for number in readers:  # type: ignore[attr-defined]
            to = f"reader{number}@example.net"
            await client.sendmail("nieuwsbrief@example.org", [to], self._written(to))
        await client.quit()

    def _written(self, to: str) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = "Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>"
        mail["To"], mail["Subject"] = to, "Nieuws van de maand: zó doet u dat"
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="example.org")
        mail["List-Unsubscribe"] = f"<https://example.org/afmelden/{to.partition('@')[0]}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(self.html, cte="quoted-printable")
        mail.add_alternative(self.html, subtype="html", cte="quoted-printable")
        written = mail.as_bytes()
        return self._signature(written) + written

    def _signature(self, written: bytes) -> bytes:
        if self.keys is None:
            return b""
        key = self.keys.keys[0]
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        signed: bytes = dkim.sign(
            written,
            key.selector.encode(),
            self.keys.domain.encode(),
            pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=HEADERS,
        )
        return signed
