"""No test speaks to the outside world: a connection to anything but this machine is refused.

Python reports each of its own connections and look-ups before it makes them; this listens there.
"""

from __future__ import annotations

import ipaddress
import sys

LOCAL_NAMES = {None, "", "localhost", b"localhost"}
SPEAKING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class Outside(RuntimeError):
    """A test tried to reach something that is not on this machine."""


def is_local(host: object) -> bool:
    """Whether a name or address is this machine's own."""
    if host in LOCAL_NAMES:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return _is_own(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Called by Python before anything that could leave the machine."""
    if event == "socket.getaddrinfo":
        _refuse_unless_local(arguments[0])
    elif event in SPEAKING:
        address = arguments[1]
        if isinstance(address, tuple):  # a text is a socket file, None one that is connected already
            _refuse_unless_local(address[0])


def _refuse_unless_local(host: object) -> None:
    if not is_local(host):
        raise Outside(f"a test tried to reach {host!r}")


def guard() -> None:
    """From now on, for the rest of this process."""
    sys.addaudithook(watch)
