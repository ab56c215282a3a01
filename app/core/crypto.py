"""The key ring: every secret of the service grows from it, one key per purpose and newsletter.

AES-256-GCM for what must be read again, HMAC-SHA-256 for what must only be recognised, HKDF
(RFC 5869) between the ring and each use. A sealed value starts with a version and a key id, so that
keys can change while the service runs.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import NotReady, Refused

VERSION = b"\x01"
SECRET_BYTES = 32  # AES-256 and HMAC-SHA-256
NONCE_BYTES = 12  # what GCM is defined for
ID_BYTES = 4
HEAD_BYTES = len(VERSION) + ID_BYTES + NONCE_BYTES

Random = Callable[[int], bytes]
Added = Callable[[], "list[Key]"]


class Unreadable(Exception):
    """A sealed value was changed, belongs elsewhere, or its key is not in the ring."""


class KeyMissing(Unreadable):
    """Its key is not in the ring of this machine; `key_id` says which. A person can bring it back."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} is not in the ring")
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Key:
    """One secret of the ring; its representation never shows it."""

    id: str
    created_at: datetime
    secret: bytes

    def __repr__(self) -> str:
        """Only the id, which is public."""
        return f"Key({self.id})"


def head(key_id: str) -> bytes:
    """What every value that is sealed under this key begins with."""
    return VERSION + bytes.fromhex(key_id)


@lru_cache(maxsize=4096)
def _derive(secret: bytes, purpose: str, scope: bytes) -> bytes:
    words = b"bode/1/" + purpose.encode() + b"/" + scope
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=words).derive(secret)


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


class KeyRing:
    """All keys, the active one first in use; `scope` is a newsletter's id where a key is its own.

    `added` tells which keys came into the ring's file since it was asked last. They are taken in at
    every look-up, so that a process knows a new key before another begins to use it; none is forgotten.
    """

    def __init__(self, keys: list[Key], active: str | None = None, added: Added | None = None) -> None:
        if not keys:
            raise Refused("the key ring is empty; make one with: bode keys new")
        self._keys = {key.id: key for key in keys}
        self._added = added
        self.active = active or keys[-1].id

    @property
    def ids(self) -> list[str]:
        """Every key that an address may be known under, the active one first."""
        self._take_in()
        return [self.active, *(each for each in self._keys if each != self.active)]

    @property
    def newest(self) -> str:
        """The key that was added last; it waits to be made active, unless it is."""
        self._take_in()
        return next(reversed(self._keys))

    def use(self, key_id: str) -> None:
        """Seal under this key from now on; raises NotReady when its file is not on this machine."""
        if key_id == self.active:
            return
        if key_id not in self.ids:
            raise NotReady([f"key {key_id}, which is in use, is not in the key ring on this machine"])
        self.active = key_id

    def has(self, key_id: str) -> bool:
        """Whether this key is in the ring, or has just come into it."""
        if key_id not in self._keys:
            self._take_in()
        return key_id in self._keys

    def _take_in(self) -> None:
        if self._added is not None and (found := self._added()):
            self._keys = {**self._keys, **{key.id: key for key in found}}

    def derived(self, purpose: str, key_id: str, scope: UUID | bytes | None = None) -> bytes:
        """The 32-byte key for one purpose; raises Unreadable when the ring lacks `key_id`."""
        if not self.has(key_id):
            raise KeyMissing(key_id)
        raw = scope.bytes if isinstance(scope, UUID) else scope or b""
        return _derive(self._keys[key_id].secret, purpose, raw)

    def seal(self, purpose: str, plain: bytes, *, bound_to: str, scope: UUID | bytes | None = None) -> bytes:
        """Encrypt under the active key, bound to the place it is stored (AAD, design section 5)."""
        nonce, key_id = os.urandom(NONCE_BYTES), self.active
        place = f"{bound_to}|{key_id}".encode()
        key = self.derived(purpose, key_id, scope)
        return head(key_id) + nonce + _cipher(key).encrypt(nonce, plain, place)

    def open(self, purpose: str, sealed: bytes, *, bound_to: str, scope: UUID | bytes | None = None) -> bytes:
        """Decrypt what `seal` made for the same place; raises Unreadable for anything else."""
        return self.opener(purpose, scope)(sealed, bound_to)

    def opener(self, purpose: str, scope: UUID | bytes | None) -> Callable[[bytes, str], bytes]:
        """What `open` does, for who opens thousands a second: give it a value and its place."""
        known: dict[bytes, tuple[AESGCM, str]] = {}

        def opened(sealed: bytes, bound_to: str) -> bytes:
            head = sealed[: len(VERSION) + ID_BYTES]
            if head not in known or len(sealed) <= HEAD_BYTES:
                key_id = self.key_of(sealed)
                known[head] = _cipher(self.derived(purpose, key_id, scope)), f"|{key_id}"
            cipher, key_id = known[head]
            nonce = sealed[HEAD_BYTES - NONCE_BYTES : HEAD_BYTES]
            try:
                return cipher.decrypt(nonce, sealed[HEAD_BYTES:], (bound_to + key_id).encode())
            except InvalidTag:
                raise Unreadable("the sealed value does not belong here or was changed") from None

        return opened

    def key_of(self, sealed: bytes) -> str:
        """The key id in front of a sealed value."""
        if len(sealed) <= HEAD_BYTES or sealed[:1] != VERSION:
            raise Unreadable("not a sealed value")
        return sealed[1 : 1 + ID_BYTES].hex()

    def mac(self, purpose: str, value: bytes, *, key_id: str, scope: UUID | bytes | None) -> bytes:
        """A keyed pseudonym (HMAC-SHA-256) of a value, 32 bytes."""
        return hmac.digest(self.derived(purpose, key_id, scope), value, "sha256")

    def signer(self, purpose: str, key_id: str) -> Ed25519PrivateKey:
        """The Ed25519 key that signs checkpoints and certificates for one purpose."""
        return Ed25519PrivateKey.from_private_bytes(self.derived(f"sign:{purpose}", key_id))

    def describe(self) -> list[dict[str, str]]:
        """Id and age of each key, for people; no secret."""
        return [
            {
                "id": key.id,
                "created_at": key.created_at.isoformat(),
                "state": self._state(key.id),
            }
            for key in self._keys.values()
        ]

    def _state(self, key_id: str) -> str:
        if key_id == self.active:
            return "active"
        order = list(self._keys)
        return "waiting" if order.index(key_id) > order.index(self.active) else "old"


def new_key(now: datetime, random: Random = os.urandom) -> Key:
    """A fresh secret."""
    return Key(random(ID_BYTES).hex(), now, random(SECRET_BYTES))
