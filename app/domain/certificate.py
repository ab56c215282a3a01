"""A certificate of erasure: what was removed, when, and where the ledger says so, signed by the service.

It holds no address. A salted mark lets the service, and nobody else, tell whether an address is the one
that was erased. Nothing of it is kept here: who was erased has it, as a file or as a link that holds it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import zlib
from datetime import UTC, date, datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import Invalid
from app.core.signed import FORM, Signed

PURPOSE: Final = "certificate"
SALT_BYTES: Final = 16
LONGEST_FILE: Final = 8192  # characters: ours have some 1,200
LONGEST_LINK: Final = 4000  # characters: so long are 50 places; proxies pass twice that
MOST_ENTRIES: Final = 50  # places in the ledger: some for each newsletter
LONGEST_NAME: Final = 200
HEX32, HEX16 = r"^[0-9a-f]{64}$", r"^[0-9a-f]{32}$"


class Removed(BaseModel):
    """How much of each kind went."""

    model_config = FORM
    subscriptions: int = Field(ge=0)
    proofs: int = Field(ge=0)
    deliveries: int = Field(ge=0)
    mails: int = Field(ge=0)
    look_ups: int = Field(ge=0)
    requests: int = Field(ge=0)
    # Left out when it is none, so that certificates from before these were counted stay genuine.
    lists: int = Field(default=0, ge=0, exclude_if=lambda count: count == 0)
    blocks: int = Field(default=0, ge=0, exclude_if=lambda count: count == 0)


class Place(BaseModel):
    """Where the ledger says it: the number of an entry, and the hash that covers all before it."""

    model_config = FORM
    number: int = Field(ge=1)
    hash: str = Field(pattern=HEX32)


class Certificate(Signed):
    """The whole of it, as the file has it."""

    kind: Literal["certificate of erasure"] = "certificate of erasure"
    version: Literal[1] = 1
    issuer: str = Field(max_length=LONGEST_NAME)
    erased_at: datetime
    removed: Removed
    blocks_stay: int = Field(default=0, ge=0, exclude_if=lambda count: count == 0)  # as the person chose
    backups_until: date
    ledger: list[Place] = Field(max_length=MOST_ENTRIES)
    salt: str = Field(pattern=HEX16)
    mark: str = Field(pattern=HEX32)

    def genuine(self, ring: KeyRing) -> bool:
        """Whether this service signed exactly this."""
        return self.signed_by(ring, PURPOSE)

    def about(self, ring: KeyRing, address: Address) -> bool:
        """Whether it is this address that was erased; only who has the key can tell."""
        return hmac.compare_digest(self.mark, mark(ring, self.key, self.salt, address))

    def packed(self) -> str:
        """All of it in a link: nothing has to be kept here."""
        small = zlib.compress(json.dumps(self.file(), separators=(",", ":")).encode(), level=9)
        return base64.urlsafe_b64encode(small).rstrip(b"=").decode()


def mark(ring: KeyRing, key_id: str, salt: str, address: Address) -> str:
    """The address under a salt of this certificate's own: two certificates cannot be matched."""
    value = f"{salt}|{address.canonical}".encode()
    return ring.mac(PURPOSE, value, key_id=key_id, scope=None).hex()


def new_salt() -> str:
    """What makes one certificate's mark unlike any other's."""
    return os.urandom(SALT_BYTES).hex()


def read(text: str) -> Certificate:
    """A certificate from its file; raises Invalid."""
    if len(text) > LONGEST_FILE:
        raise Invalid("this is longer than any certificate of ours")
    try:
        return Certificate.read(text)
    except ValueError:
        raise Invalid("this is no certificate of ours, or a part is missing") from None


def unpacked(link: str) -> Certificate:
    """A certificate from its link; raises Invalid."""
    if len(link) > LONGEST_LINK:
        raise Invalid("this is longer than any certificate of ours")
    try:
        small = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj()
        return read(opened.decompress(small, LONGEST_FILE).decode())
    except (binascii.Error, zlib.error, ValueError):
        raise Invalid("this is no certificate of ours, or a part is missing") from None


def moment(at: datetime) -> datetime:
    """To the second: that is all that a certificate tells."""
    return at.astimezone(UTC).replace(microsecond=0)
