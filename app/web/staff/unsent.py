"""What somebody sent when their session had ended: nothing of it is lost, and nothing of it is kept here.

It goes back to their browser, sealed, in the page where they sign in; once they are in, a page offers to
send it after all. It may hold an address, so it is on no disk of ours; and it is sealed, so that nobody
else reads or changes it. Anybody can have one made, without a session, and so nothing of it is done before
who signed in presses. Only a form of our own pages, by the word of the browser, gets or brings it.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from starlette.requests import Request

from app.core.crypto import Unreadable
from app.web.deps import Visit
from app.web.security import LARGEST_BODY, announced

PATH: Final = "/staff/unsent"
FIELD: Final = "unsent"
PURPOSE: Final = "unsent"
LASTS: Final = timedelta(days=3)  # from Friday evening to Monday morning
MOST: Final = 60_000  # characters, sealed: what a form of ours takes, and more words than a mail may have
TOO_LONG: Final = "-"  # in its place, when it was more than that: the page says so
# A password or code is typed again, and never sent back to a page.
SECRETS: Final = frozenset(("password", "new", "code", "old", "proof", "sealed"))
LEFT_OUT: Final = frozenset(("form", "next"))


@dataclass(frozen=True, slots=True)
class Unsent:
    """What was sent, where to, and when; `own` when it is known to be of who reads it now."""

    path: str
    at: datetime
    own: bool
    fields: dict[str, str]
    file: bool  # one was chosen as well: a browser gives it only to who chooses it again

    @property
    def texts(self) -> list[str]:
        """What of it somebody wrote: it has a blank in it, and what our pages add has none."""
        return [each for each in self.fields.values() if len(each.split()) > 1]

    @classmethod
    def opened(cls, visit: Visit, sealed: str, person: UUID) -> Self | None:
        """For this person; nothing when it is somebody else's, too old, or not ours."""
        try:
            raw = base64.urlsafe_b64decode(sealed) if _ours(visit.request) else b""
            plain = visit.ring.open(PURPOSE, raw, bound_to=PURPOSE)
        except (Unreadable, binascii.Error, ValueError):
            return None
        found: dict[str, Any] = json.loads(zlib.decompress(plain))
        at, own = datetime.fromisoformat(found["i"]), found["s"] == person.hex
        if visit.now >= at + LASTS or not (own or found["s"] == ""):
            return None
        return cls(found["p"], at, own, found["f"], found["x"])


async def seal(visit: Visit, person: UUID | None, *, known: bool) -> str:
    """What was sent, for the page, or TOO_LONG; empty when there is nothing, or it may not be given back.

    Of who is not known to have been signed in no more is read than anybody's form may hold.
    """
    size = announced(visit.request.scope, unsaid=LARGEST_BODY + 1)
    if not _ours(visit.request) or not (known or size <= LARGEST_BODY):
        return ""
    fields = {name: value for name, value in (await visit.fields()).items() if name not in LEFT_OUT}
    file = any(each.filename for each in (await visit.files()).values())
    await visit.close()
    if FIELD in fields or SECRETS & fields.keys():
        return fields.get(FIELD, "")
    content: dict[str, Any] = {"p": visit.path, "f": fields, "x": file}
    content |= {"s": person.hex if person else "", "i": visit.now.isoformat()}
    packed = zlib.compress(json.dumps(content).encode())
    sealed = base64.urlsafe_b64encode(visit.ring.seal(PURPOSE, packed, bound_to=PURPOSE)).decode()
    return sealed if len(sealed) <= MOST else TOO_LONG


def _ours(request: Request) -> bool:
    """More than that it may be ours: a browser that does not say so gets nothing back."""
    return request.headers.get("sec-fetch-site") == "same-origin"
