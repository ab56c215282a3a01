"""No test speaks to the outside world."""

from __future__ import annotations

import socket

import pytest

from tests.loopback import Outside, is_local

FAR_AWAY = "192.0.2.1"  # RFC 5737: an address that belongs to nobody


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", None, ""])
def test_this_machine_is_near(host: str | None) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", [FAR_AWAY, "2001:db8::1", "example.org", b"example.net", "127.0.0.1.example.org"]
)
def test_everything_else_is_far(host: str | bytes) -> None:
    assert not is_local(host)


def test_connecting_far_away_is_refused() -> None:
    with pytest.raises(Outside), socket.create_connection((FAR_AWAY, 25), timeout=1):
        pass


def test_looking_up_a_name_is_refused() -> None:
    with pytest.raises(Outside):
        socket.getaddrinfo("example.org", 25)


def test_a_datagram_far_away_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(Outside):
        sender.sendto(b"?", (FAR_AWAY, 53))


def test_this_machine_may_be_spoken_to() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        pass
