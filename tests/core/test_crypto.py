"""Keys: what is sealed opens only where it belongs, and old keys still open what they sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature

from app.core import crypto
from app.core.crypto import KeyRing, Unreadable

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
OLD, NEW = crypto.new_key(NOW), crypto.new_key(NOW)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([OLD])


def test_what_was_sealed_opens_again(ring: KeyRing) -> None:
    sealed = ring.seal("address", b"plain", bound_to="t|c|1", scope=ONE)
    assert b"plain" not in sealed
    assert ring.open("address", sealed, bound_to="t|c|1", scope=ONE) == b"plain"


@pytest.mark.parametrize(
    ("purpose", "place", "scope"),
    [("outbox", "t|c|1", ONE), ("address", "t|c|2", ONE), ("address", "t|c|1", OTHER)],
    ids=["another purpose", "another row", "another newsletter"],
)
def test_it_opens_nowhere_else(ring: KeyRing, purpose: str, place: str, scope: UUID) -> None:
    sealed = ring.seal("address", b"plain", bound_to="t|c|1", scope=ONE)
    with pytest.raises(Unreadable):
        ring.open(purpose, sealed, bound_to=place, scope=scope)


def test_any_changed_byte_is_noticed(ring: KeyRing) -> None:
    sealed = ring.seal("address", b"plain", bound_to="t|c|1")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Unreadable):
            ring.open("address", changed, bound_to="t|c|1")


@pytest.mark.parametrize("cut", [b"", b"\x01", b"\x01" * 17])
def test_what_is_too_short_is_not_a_sealed_value(ring: KeyRing, cut: bytes) -> None:
    with pytest.raises(Unreadable):
        ring.open("address", cut, bound_to="t|c|1")


def test_the_same_words_never_look_the_same(ring: KeyRing) -> None:
    assert len({ring.seal("address", b"plain", bound_to="t") for _ in range(50)}) == 50


def test_after_a_rotation_the_old_key_opens_and_the_new_one_seals(ring: KeyRing) -> None:
    before = ring.seal("address", b"plain", bound_to="t")
    both = KeyRing([OLD, NEW], active=NEW.id)
    assert both.open("address", before, bound_to="t") == b"plain"
    assert both.key_of(both.seal("address", b"plain", bound_to="t")) == NEW.id
    assert both.ids == [NEW.id, OLD.id]


def test_without_its_key_nothing_opens() -> None:
    before = KeyRing([OLD]).seal("address", b"plain", bound_to="t")
    with pytest.raises(Unreadable, match="not in the ring"):
        KeyRing([NEW]).open("address", before, bound_to="t")


def test_a_pseudonym_differs_by_purpose_newsletter_and_key() -> None:
    ring = KeyRing([OLD, NEW])
    made = {
        ring.mac(purpose, b"value", key_id=key.id, scope=scope)
        for purpose in ("index", "ledger", "block", "proof")
        for key in (OLD, NEW)
        for scope in (ONE, OTHER, None)
    }
    assert len(made) == 4 * 2 * 3


def test_a_signature_is_bound_to_its_purpose(ring: KeyRing) -> None:
    signature = ring.signer("audit", OLD.id).sign(b"statement")
    ring.signer("audit", OLD.id).public_key().verify(signature, b"statement")
    with pytest.raises(InvalidSignature):
        ring.signer("ledger", OLD.id).public_key().verify(signature, b"statement")


def test_no_text_about_a_key_shows_it(ring: KeyRing) -> None:
    shown = f"{OLD!r} {OLD} {ring!r} {ring.describe()}"
    for form in (OLD.secret.hex(), repr(OLD.secret), str(OLD.secret)):
        assert form not in shown
    assert OLD.id in shown


def test_chance_is_an_argument() -> None:
    key = crypto.new_key(NOW, random=lambda count: bytes(range(count)))
    assert (key.id, key.secret) == ("00010203", bytes(range(32)))
