"""From which network a visitor comes, so that one network cannot use the form to flood mailboxes.

Only the part that a household or town hall shares is looked at, and it is never stored: the counter
knows it by a keyed value whose key is destroyed every day.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from app.core.settings import Settings

V6_SHARED = 64  # bits: what one household or office has in IPv6; in IPv4 it is the whole address
UNKNOWN = "unknown"  # a proxy on a socket file tells nothing; such visitors are counted together

Ip = IPv4Address | IPv6Address


def network_of(request: Request, settings: Settings) -> str | None:
    """The visitor's network; None for one on the allow-list."""
    address = _client(request, settings.trusted_proxies)
    if address is None:
        return UNKNOWN
    if _within(address, settings.allowed_networks):
        return None
    shared = V6_SHARED if isinstance(address, IPv6Address) else address.max_prefixlen
    return str(ip_network(f"{address}/{shared}", strict=False))


def _client(request: Request, trusted: frozenset[str]) -> Ip | None:
    """The other end of the connection, or what trusted proxies say came before them."""
    peer = _parsed(request.client.host if request.client else "")
    if peer is None or not _within(peer, trusted):
        return peer
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for each in reversed(said):
        found = _parsed(each.strip())
        if found is None:
            break
        peer = found
        if not _within(found, trusted):
            break
    return peer


def _parsed(text: str) -> Ip | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _within(address: Ip, networks: frozenset[str]) -> bool:
    return any(address in ip_network(each, strict=False) for each in networks)
