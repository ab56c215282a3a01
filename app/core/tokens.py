"""What stands in a link: either a sealed request or a short recomputable mark, for one purpose only.

A link made for one thing opens nothing else, because each purpose has its own key. Sealed requests
are padded to a few fixed lengths, so that a link's length says nothing about an address.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.crypto import ID_BYTES, KeyRing, Unreadable

LENGTHS = (192, 288, 480)  # the longest address (254 octets) and its companions fit the last
TAG_BYTES = 4  # enough to tell some hundreds of newsletters apart
ID_LENGTH = 16
MARK_BYTES = 18  # 144 bits: 56 characters in all, without a padding sign
END = "e"  # after every link: some mail programs take a "-" or "_" there for the end of the sentence
MARK_CHARACTERS = 57
LONGEST = 900  # characters; anything longer was never ours


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() + END


def _decode(text: str) -> bytes:
    if len(text) > LONGEST:
        raise Unreadable("too long for a link of ours")
    code = text.removesuffix(END)
    try:
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("not a link of ours") from None
    if _encode(raw) != text:
        raise Unreadable("not a link of ours")
    return raw


def seal(ring: KeyRing, purpose: str, content: dict[str, Any]) -> str:
    """A sealed request for one purpose, as URL-safe text of one of a few lengths."""
    plain = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    length = next(each for each in LENGTHS if each >= len(plain))
    return _encode(ring.seal(f"token:{purpose}", plain.ljust(length), bound_to=purpose))


def unseal(ring: KeyRing, purpose: str, token: str) -> dict[str, Any]:
    """What was sealed for this purpose; raises Unreadable for anything else."""
    plain = ring.open(f"token:{purpose}", _decode(token), bound_to=purpose)
    content: dict[str, Any] = json.loads(plain)
    return content


@dataclass(frozen=True, slots=True)
class Mark:
    """The content of a link in a newsletter: which newsletter, which subscriber, nothing more."""

    tag: bytes
    subscriber_id: UUID


def tag_of(newsletter_id: UUID) -> bytes:
    """The part of a newsletter's id that its links carry."""
    return newsletter_id.bytes[:TAG_BYTES]


def mark(ring: KeyRing, purpose: str, tag: bytes, subscriber_id: UUID, *, key_id: str | None = None) -> str:
    """The token of a newsletter's link: always 57 URL-safe characters, the same at every try.

    A sender passes the `key_id` it started an issue with, so that bytes never change in between.
    """
    return marker(ring, purpose, tag, key_id or ring.active)(subscriber_id.bytes).decode()


def marker(ring: KeyRing, purpose: str, tag: bytes, key_id: str) -> Callable[[bytes], bytes]:
    """What `mark` makes, for who makes thousands a second: give it a subscriber's id, 16 octets."""
    start = hmac.new(ring.derived(f"link:{purpose}", key_id, tag), digestmod="sha256")
    head, end = bytes.fromhex(key_id) + tag, END.encode()

    def marked(subscriber: bytes) -> bytes:
        proof = start.copy()
        proof.update(subscriber)
        return base64.urlsafe_b64encode(head + subscriber + proof.digest()[:MARK_BYTES]) + end

    return marked


def read_mark(ring: KeyRing, purpose: str, token: str) -> Mark:
    """Check a newsletter link; works for ever, also when the row has gone and keys have changed."""
    raw = _decode(token)
    if len(token) != MARK_CHARACTERS:
        raise Unreadable("not a link of ours")
    key_id = raw[:ID_BYTES].hex()
    found = Mark(
        raw[ID_BYTES : ID_BYTES + TAG_BYTES],
        UUID(bytes=raw[ID_BYTES + TAG_BYTES : ID_BYTES + TAG_BYTES + ID_LENGTH]),
    )
    if not hmac.compare_digest(token, mark(ring, purpose, found.tag, found.subscriber_id, key_id=key_id)):
        raise Unreadable("not a link of ours")
    return found
