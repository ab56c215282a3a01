"""A page is asked whether it is there, and no name, redirect or second answer leads into another network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpcore2 import AnyIOBackend, ConnectError

from app.core.probe import Found, Prober, Stopped, Trouble, public, resolve_examples
from tests.servers.certificates import certificates

ONCE, AGAIN = "93.184.215.14", "151.101.1.69"  # two addresses on the public internet; nobody goes there


class Internet(AnyIOBackend):
    """Every address of the internet is this one server here; `reached` has who was asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reached: list[tuple[str, int]] = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
        self.reached.append((host, port))
        if host == AGAIN:
            raise ConnectError("nobody there")
        return await super().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


class Names:
    """A name server whose next answer may be another one."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host == "gone.example":
            raise Stopped(Trouble.NO_SUCH_HOST)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def web(answers: dict[str, str]) -> AsyncIterator[Internet]:
    """A web server with TLS that gives each path its status line and headers, and never a body's end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        answer = answers[request.split()[1].decode()]
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 100000000000\r\n\r\nx".encode())
        await writer.drain()
        await reader.read()  # until the other side has had enough
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificates().good())
    async with server:
        yield Internet(server.sockets[0].getsockname()[1])


def prober(names: Names, network: Internet) -> Prober:
    return Prober(names, network, certificates().client())


PAGES = {
    "/": "200 Fine",
    "/gone": "404 Gone",
    "/moved": "301 Moved\r\nLocation: /",
    "/for-now": "302 Found\r\nLocation: https://localhost/",
    "/both": "308 Moved\r\nLocation: /for-now",
    "/insecure": "301 Moved\r\nLocation: http://localhost/",
    "/inside": "302 Found\r\nLocation: https://localhost:443/",
    "/port": "302 Found\r\nLocation: https://localhost:6379/",
    "/ring": "302 Found\r\nLocation: /ring",
    "/odd": "302 Found\r\nLocation: https://[::\xff",
    "/file": "302 Found\r\nLocation: file:///etc/passwd",
}
HERE = "https://localhost"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", Found(f"{HERE}/", 200)),
        ("/gone", Found(f"{HERE}/gone", 404)),
        ("/moved", Found(f"{HERE}/", 200, moved=True)),
        ("/for-now", Found(f"{HERE}/", 200)),
        ("/both", Found(f"{HERE}/", 200)),
        ("/insecure", Found("http://localhost/", trouble=Trouble.NOT_SECURE)),
        ("/port", Found(f"{HERE}:6379/", trouble=Trouble.OTHER)),
        ("/ring", Found(f"{HERE}/ring", trouble=Trouble.OTHER)),
        ("/odd", Found(f"{HERE}/odd", trouble=Trouble.OTHER)),
        ("/file", Found("file:///etc/passwd", trouble=Trouble.OTHER)),
    ],
)
async def test_where_an_address_ends(path: str, found: Found) -> None:
    async with web(PAGES) as internet:
        assert await prober(Names([ONCE]), internet).ask(HERE + path) == found
        assert set(internet.reached) == {(ONCE, 443)}


async def test_a_name_is_looked_up_once_and_the_address_that_was_judged_is_the_one_reached() -> None:
    async with web(PAGES) as internet:
        names = Names([ONCE], ["127.0.0.1"])
        assert (await prober(names, internet).ask(f"{HERE}/")).status == 200
        assert (names.asked, internet.reached) == (["localhost"], [(ONCE, 443)])


async def test_a_redirect_is_judged_again_and_not_followed_inside() -> None:
    async with web(PAGES) as internet:
        found = await prober(Names([ONCE], ["10.0.0.5"]), internet).ask(f"{HERE}/inside")
        assert found.trouble is Trouble.NOT_PUBLIC
        assert internet.reached == [(ONCE, 443)]


@pytest.mark.parametrize("answer", [["127.0.0.1"], [ONCE, "192.168.1.1"], ["::1"], ["fe80::1%eth0"]])
async def test_no_connection_is_made_when_any_address_is_not_public(answer: list[str]) -> None:
    internet = Internet(0)
    found = await prober(Names(answer), internet).ask(f"{HERE}/")
    assert (found.trouble, internet.reached) == (Trouble.NOT_PUBLIC, [])


async def test_a_name_that_is_not_there_and_a_site_that_answers_at_its_second_address() -> None:
    async with web(PAGES) as internet:
        asked = prober(Names([AGAIN, ONCE]), internet)
        assert (await asked.ask("https://gone.example/")).trouble is Trouble.NO_SUCH_HOST
        assert (await asked.ask(f"{HERE}/")).status == 200
        assert (await prober(Names([AGAIN]), internet).ask(f"{HERE}/")).trouble is Trouble.OTHER


@pytest.mark.parametrize(
    "address", ["https://u:p@localhost/", "ftp://localhost/", "https://localhost:22/", "https://localhost:x/"]
)
async def test_what_is_no_page_of_the_web_is_not_asked(address: str) -> None:
    names = Names([ONCE])
    assert (await prober(names, Internet(0)).ask(address)).trouble is Trouble.OTHER
    assert names.asked == []


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
    ::1 :: fc00::1 fe80::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ff02::1 nonsense""".split(),
)
def test_an_address_that_leads_elsewhere_is_not_public(address: str) -> None:
    assert not public(address)
    assert public(ONCE)
    assert public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


async def test_a_demonstration_does_not_take_its_examples_for_dead() -> None:
    address = "https://www.weerbaarbestuur.example/monitor"
    assert await Prober(resolve_examples).ask(address) == Found(address, trouble=Trouble.OTHER)
