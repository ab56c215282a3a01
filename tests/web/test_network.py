"""Which network a visitor is counted under, and whom a forged header deceives: nobody."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from app.core.settings import Settings
from app.web.network import network_of


def network(peer: str | None, *forwarded: str, **settings: str) -> str | None:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    client = (peer, 4711) if peer else None
    request = Request({"type": "http", "headers": headers, "client": client})
    values = {name: frozenset(value.split()) for name, value in settings.items()}
    return network_of(request, Settings(**values))


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_what_a_household_shares_is_counted_together(peer: str | None, counted: str) -> None:
    assert network(peer) == counted


def test_a_visitor_cannot_say_to_be_somebody_else() -> None:
    assert network("192.0.2.7", "198.51.100.1") == "192.0.2.7/32"


def test_a_trusted_proxy_is_believed_about_its_last_visitor_only() -> None:
    proxy = {"trusted_proxies": "10.0.0.0/8"}
    assert network("10.0.0.1", "198.51.100.1", **proxy) == "198.51.100.1/32"
    assert network("10.0.0.1", "203.0.113.9, 198.51.100.1", **proxy) == "198.51.100.1/32"
    assert network("10.0.0.1", "203.0.113.9", "198.51.100.1, 10.0.0.2", **proxy) == "198.51.100.1/32"
    assert network("192.0.2.7", "198.51.100.1", **proxy) == "192.0.2.7/32"


def test_a_proxy_that_says_nothing_useful_is_counted_itself() -> None:
    for said in ((), ("",), ("unknown",), ("198.51.100.1, unknown",)):
        assert network("10.0.0.1", *said, trusted_proxies="10.0.0.1") == "10.0.0.1/32"


def test_an_allowed_network_is_not_counted() -> None:
    allowed = {"allowed_networks": "192.0.2.0/24 2001:db8::/32"}
    assert network("192.0.2.7", **allowed) is None
    assert network("2001:db8::1", **allowed) is None
    assert network("198.51.100.1", **allowed) == "198.51.100.1/32"
