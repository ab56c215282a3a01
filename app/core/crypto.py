"""The key ring: every secret of the service grows from it, one key per purpose and newsletter.

AES-256-GCM for what must be read again, HMAC-SHA-256 for what must only be recognised, HKDF
(RFC 5869) between the ring and each use. A sealed value starts with a version and a key id, so that
keys can change while the service runs.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import Refused

VERSION = b"\x01"
SECRET_BYTES = 32  # AES-256 and HMAC-SHA-256
NONCE_BYTES = 12  # what GCM is defined for
ID_BYTES = 4
HEAD_BYTES = len(VERSION) + ID_BYTES + NONCE_BYTES
FEWEST_DISTINCT = 12  # 32 random bytes have fewer distinct values once in 10^20 rings

Random = Callable[[int], bytes]


class Unreadable(Exception):
    """A sealed value was changed, belongs elsewhere, or its key is not in the ring."""


@dataclass(frozen=True, slots=True)
class Key:
    """One secret of the ring; its representation never shows it."""

    id: str
    created_at: datetime
    secret: bytes
    retired: bool = False

    def __repr__(self) -> str:
        """Only the id, which is public."""
        return f"Key({self.id})"


@lru_cache(maxsize=4096)
def _derive(secret: bytes, purpose: str, scope: bytes) -> bytes:
    words = b"bode/1/" + purpose.encode() + b"/" + scope
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=words).derive(secret)


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


class KeyRing:
    """All keys, the active one first in use; `scope` is a newsletter's id where a key is its own."""

    def __init__(self, keys: list[Key], active: str | None = None) -> None:
        if not keys:
            raise Refused("the key ring is empty; make one with: bode keys new")
        self._keys = {key.id: key for key in keys}
        self.active = active or keys[-1].id

    @property
    def live(self) -> list[str]:
        """Key ids that look-ups must try, the active one first."""
        others = [key.id for key in self._keys.values() if not key.retired]
        return [self.active, *(each for each in reversed(others) if each != self.active)]

    @property
    def ids(self) -> list[str]:
        """Every key id, retired ones too: ledger, blocks and proofs keep theirs."""
        return [self.active, *(each for each in self._keys if each != self.active)]

    def derived(self, purpose: str, key_id: str, scope: UUID | bytes | None = None) -> bytes:
        """The 32-byte key for one purpose; raises Unreadable when the ring lacks `key_id`."""
        key = self._keys.get(key_id)
        if key is None:
            raise Unreadable(f"key {key_id} is not in the ring")
        raw = scope.bytes if isinstance(scope, UUID) else scope or b""
        return _derive(key.secret, purpose, raw)

    def seal(self, purpose: str, plain: bytes, *, bound_to: str, scope: UUID | bytes | None = None) -> bytes:
        """Encrypt under the active key, bound to the place it is stored (AAD, design section 5)."""
        nonce = os.urandom(NONCE_BYTES)
        place = f"{bound_to}|{self.active}".encode()
        key = self.derived(purpose, self.active, scope)
        head = VERSION + bytes.fromhex(self.active) + nonce
        return head + _cipher(key).encrypt(nonce, plain, place)

    def open(self, purpose: str, sealed: bytes, *, bound_to: str, scope: UUID | bytes | None = None) -> bytes:
        """Decrypt what `seal` made for the same place; raises Unreadable for anything else."""
        key_id = self.key_of(sealed)
        place = f"{bound_to}|{key_id}".encode()
        nonce = sealed[HEAD_BYTES - NONCE_BYTES : HEAD_BYTES]
        try:
            cipher = _cipher(self.derived(purpose, key_id, scope))
            return cipher.decrypt(nonce, sealed[HEAD_BYTES:], place)
        except InvalidTag:
            raise Unreadable("the sealed value does not belong here or was changed") from None

    def opener(self, purpose: str, scope: UUID | None) -> Callable[[bytes, str], bytes]:
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
                "state": "active" if key.id == self.active else ("retired" if key.retired else "live"),
            }
            for key in self._keys.values()
        ]


def new_key(now: datetime, random: Random = os.urandom) -> Key:
    """A fresh secret."""
    return Key(random(ID_BYTES).hex(), now, random(SECRET_BYTES))


def load(path: Path) -> KeyRing:
    """Read a key ring; refuses one that others can read, or that is weak."""
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        raise Refused(f"there is no key ring at {path}; make one with: bode keys new") from None
    except (OSError, ValueError):
        raise Refused(f"the key ring at {path} cannot be read") from None
    if path.stat().st_mode & 0o077:
        raise Refused(f"others can read {path}; do: chmod 600 {path}")
    try:
        return KeyRing([_parse(entry) for entry in raw["keys"]])
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{path} is not a key ring; put the right file back") from None


def _parse(entry: dict[str, str]) -> Key:
    secret = base64.b64decode(entry["secret"], validate=True)
    if len(secret) != SECRET_BYTES or len(set(secret)) < FEWEST_DISTINCT:
        raise Refused(f"key {entry['id']} is weak; make a new ring with: bode keys new")
    made = datetime.fromisoformat(entry["created_at"])
    return Key(entry["id"], made, secret, bool(entry.get("retired", False)))


def save(path: Path, keys: list[Key]) -> None:
    """Write a new key ring, readable by its owner only; never over an existing file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "version": 1,
        "keys": [
            {
                "id": key.id,
                "created_at": key.created_at.isoformat(),
                "secret": base64.b64encode(key.secret).decode(),
            }
            for key in keys
        ],
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refusal = f"{path} exists and is not overwritten: without it no address can be read"
        raise Refused(refusal) from None
    with os.fdopen(handle, "w") as out:
        json.dump(content, out, indent=2)
        out.flush()
        os.fsync(out.fileno())
