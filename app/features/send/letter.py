"""One reader's mail: the approved bytes with that reader's gaps filled, and the envelope around it.

Nothing is rendered here (promise 9). The same delivery always gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from app.core import tokens
from app.core.crypto import KeyRing
from app.core.patience import Patience
from app.domain import subscriber
from app.features.send.lease import Copy
from app.mail.compile import Gap
from app.mail.plate import Plate
from app.mail.smtp import Envelope


@dataclass(slots=True, eq=False)
class Run:
    """What all copies of one issue share while it goes out; another one once a person let it go on.

    Only its pace changes, when a person changes that of the newsletter, and what this worker counts.
    """

    issue_id: UUID
    newsletter_id: UUID
    plates: dict[str, Plate]
    main_language: str
    key_id: str
    sender: str  # whom mail comes back to
    own_paths: bool  # whether that is one address a copy
    hostname: str
    pace: int | None
    started_at: datetime  # the mail's date, and the moment its signatures name
    since: datetime  # from when its patience counts: the start, or when a person let it go on
    patience: Patience
    accepted: int = 0  # by this worker
    refused: int = 0

    @property
    def signed(self) -> bool:
        """Whether we sign, which takes longer than all else."""
        return self.plates[self.main_language].prepared is not None


class Ready(NamedTuple):
    """A copy that can leave: envelope and bytes."""

    envelope: Envelope
    body: list[bytes]


def message_id(delivery: bytes, hostname: str) -> bytes:
    """Made from the delivery's random number, 16 octets: the same on every try, and about nobody."""
    return f"<{delivery.hex()}@{hostname}>".encode()


class Filler:
    """Fills the copies of one run, with the keys for it at hand."""

    def __init__(self, run: Run, ring: KeyRing) -> None:
        self._run = run
        self._address = subscriber.opener(ring, run.newsletter_id)
        self._token = tokens.marker(ring, "leave", tokens.tag_of(run.newsletter_id), run.key_id)

    def fill(self, copy: Copy) -> Ready:
        """Open the address and fill the gaps; raises Unreadable when the key is gone."""
        run = self._run
        to = self._address(copy.sealed, copy.subscriber)
        values = {
            Gap.TO: to,
            Gap.MESSAGE_ID: message_id(copy.id, run.hostname),
            Gap.LEAVE: self._token(copy.subscriber),
        }
        plate = run.plates.get(copy.language) or run.plates[run.main_language]
        # The moment of a signature is the issue's: a copy that is tried again has the same bytes.
        body, octets = plate.fill(values, run.started_at)
        address = to.decode()
        number, plain = copy.id.hex(), address.isascii()
        return Ready(Envelope(run.sender, address, octets, not plain, number, run.own_paths), body)


@lru_cache(maxsize=4)  # issues that go out at the same time
def filler(run: Run, ring: KeyRing) -> Filler:
    """The one of this run while this ring is in use."""
    return Filler(run, ring)
