"""The cookies of staff: one opens their session, one says that this browser was signed in before.

Readers never get a cookie. `__Host-` binds a cookie to this very host and to TLS; a demonstration on
this machine has no TLS, and there the same cookies go without that prefix. No other address may use
plain http (core/settings.py).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from app.core import tokens
from app.core.crypto import Unreadable
from app.domain.session import ABSOLUTE
from app.domain.staff import Staff
from app.web.deps import Visit

SESSION: Final = "bode"
DEVICE: Final = "bode-device"
AWAY: Final = "bode-away"  # only while somebody signs in with their organisation
DEVICE_LIVES: Final = timedelta(days=180)  # long enough for who works once a month
MARK_BYTES: Final = 12


def _https(visit: Visit) -> bool:
    base: str = visit.house.settings.base_url
    return base.startswith("https://")


def _named(visit: Visit, name: str) -> str:
    return f"__Host-{name}" if _https(visit) else name


def _set(visit: Visit, answer: Response, name: str, value: str, lives: timedelta) -> None:
    answer.set_cookie(
        _named(visit, name),
        value,
        max_age=int(lives.total_seconds()),
        path="/",
        secure=_https(visit),
        httponly=True,
        samesite="lax",  # so that a link in a mail opens a page for who is signed in
    )


def session_of(visit: Visit) -> str:
    """What this browser keeps for its session, if anything."""
    return visit.request.cookies.get(_named(visit, SESSION), "")


def open_session(visit: Visit, answer: Response, token: str) -> None:
    """Let the browser keep its session."""
    _set(visit, answer, SESSION, token, ABSOLUTE)


def close_session(visit: Visit, answer: Response) -> None:
    """Let the browser forget it."""
    _set(visit, answer, SESSION, "", timedelta(0))


def carry(visit: Visit, answer: Response, value: str, lives: timedelta) -> None:
    """Let the browser take something along to the identity provider and back."""
    _set(visit, answer, AWAY, value, lives)


def carried(visit: Visit) -> str:
    """What it brought back."""
    return visit.request.cookies.get(_named(visit, AWAY), "")


def know_device(visit: Visit, answer: Response, person: Staff) -> None:
    """Let the browser keep that this person signed in with it."""
    mark = {"s": person.id.hex, "x": secrets.token_hex(MARK_BYTES), "i": visit.now.isoformat()}
    _set(visit, answer, DEVICE, tokens.seal(visit.ring, "device", mark), DEVICE_LIVES)


def device_of(visit: Visit, person: Staff | None) -> str | None:
    """The mark of a browser that this person signed in with since they chose their password."""
    if person is None or person.password_at is None:
        return None
    try:
        mark = tokens.unseal(visit.ring, "device", visit.request.cookies.get(_named(visit, DEVICE), ""))
    except Unreadable:
        return None
    given_at = datetime.fromisoformat(str(mark["i"]))
    since = max(person.password_at, visit.now - DEVICE_LIVES)
    return str(mark["x"]) if mark["s"] == person.id.hex and given_at >= since else None
