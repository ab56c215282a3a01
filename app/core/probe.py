"""Asks a web page whether it is there, and cannot be led anywhere but the public internet.

Easy to get wrong: a name may lead inside, or lead elsewhere the second time it is asked (AS-15). So a
name is looked up once, every address it has must be public, the connection goes to an address that was
judged, and each redirect begins again from the start. Nothing of a page is read but its first answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpcore2
from httpcore2 import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

PORTS: Final = frozenset((80, 443))  # the web; another port is a way to talk to other servers
HOPS: Final = 5  # redirects; browsers follow twenty, and a page that needs more than five is in trouble
PATIENCE: Final = 10.0  # seconds for one page, all redirects together
EXAMPLE: Final = ".example"  # RFC 2606: what ends so is for examples and exists nowhere
TRIED: Final = 2  # addresses of a name; a site with more is not helped by more
PERMANENT: Final = frozenset((301, 308))
REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
GLOBAL_V6: Final = ipaddress.ip_network("2000::/3")  # all that IANA gave out for the internet
HEADERS: Final = [(b"user-agent", b"Bode/1 (does this page exist)"), (b"accept", b"*/*")]

Resolve = Callable[[str], Awaitable[list[str]]]


class Trouble(StrEnum):
    """Why there was no answer of the page."""

    NO_SUCH_HOST = "no such host"
    NOT_PUBLIC = "not public"
    NOT_SECURE = "not secure"
    OTHER = "other"  # silent, broken, a port that is not the web's, a ring of redirects


class Stopped(Exception):
    """Not asked further."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Found:
    """The last answer, or what was in its way; `moved` when every redirect on the way was for good."""

    address: str
    status: int | None = None
    trouble: Trouble | None = None
    moved: bool = False


async def resolve(host: str) -> list[str]:
    """The addresses of a name as this machine knows them; raises Stopped when it does not exist."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        unknown = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
        raise Stopped(Trouble.NO_SUCH_HOST if unknown else Trouble.OTHER) from None
    except UnicodeError:
        raise Stopped(Trouble.NO_SUCH_HOST) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def resolve_examples(host: str) -> list[str]:
    """The same for a demonstration, whose links are examples: nobody can tell whether they work."""
    if host.endswith(EXAMPLE):
        raise Stopped(Trouble.OTHER)
    return await resolve(host)


def public(address: str) -> bool:
    """Whether this is an address on the public internet, and no way into another network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found not in GLOBAL_V6 or found.sixtofour):
        return False
    return found.is_global and not found.is_multicast


class _Judged(AsyncNetworkBackend):
    """Connects to an address of the name that was found to be public, and looks it up once."""

    def __init__(self, resolve: Resolve, onward: AsyncNetworkBackend) -> None:
        self._resolve, self._onward = resolve, onward

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the library's own way)
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await self._resolve(host)
        if not addresses or not all(public(each) for each in addresses):
            raise Stopped(Trouble.NOT_PUBLIC if addresses else Trouble.NO_SUCH_HOST)
        for address in addresses[: TRIED - 1]:
            try:
                return await self._onward.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.NetworkError:
                continue  # sites often have an address of each family, and a machine a way to one
        last = addresses[:TRIED][-1]
        return await self._onward.connect_tcp(last, port, timeout, local_address, socket_options)


class Prober:
    """Asks pages; a test brings its own names, network and trust."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        network: AsyncNetworkBackend | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve, self._network = resolve, network or AnyIOBackend()
        self._given = trust

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Read when it is first needed: most processes never ask a page."""
        return self._given or ssl.create_default_context()

    async def ask(self, address: str) -> Found:
        """Where this address ends, and with which answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._follow(address)
        except TimeoutError:
            return Found(address, trouble=Trouble.OTHER)

    async def _follow(self, address: str) -> Found:
        moved = True
        for hop in range(HOPS + 1):
            try:
                status, onward = await self._once(address)
            except Stopped as stopped:
                return Found(address, trouble=stopped.trouble)
            except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError):
                return Found(address, trouble=Trouble.OTHER)
            if onward is None:
                return Found(address, status, moved=moved and hop > 0)
            moved, address = moved and status in PERMANENT, onward
        return Found(address, trouble=Trouble.OTHER)

    async def _once(self, address: str) -> tuple[int, str | None]:
        """The answer of one address, and where it sends us on to."""
        _must_be_web(address)
        backend = _Judged(self._resolve, self._network)
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=self._trust, network_backend=backend) as pool,
            pool.stream("GET", address, headers=_headers(address)) as answer,
        ):
            where = next((value for name, value in answer.headers if name.lower() == b"location"), None)
            if answer.status not in REDIRECTS or where is None:
                return answer.status, None
            return answer.status, _joined(address, where)


def _headers(address: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", urlsplit(address).netloc.encode("ascii")), *HEADERS]


def _joined(address: str, where: bytes) -> str:
    try:
        return urljoin(address, where.decode("ascii"))
    except ValueError:
        raise Stopped(Trouble.OTHER) from None


def _must_be_web(address: str) -> None:
    """An address with https on a port of the web, and no name and password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Stopped(Trouble.OTHER) from None
    if parts.scheme == "http":
        raise Stopped(Trouble.NOT_SECURE)
    wrong = parts.scheme != "https" or not parts.hostname or parts.username is not None
    if wrong or (port or 443) not in PORTS or not address.isascii():
        raise Stopped(Trouble.OTHER)
