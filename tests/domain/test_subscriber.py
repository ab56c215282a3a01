"""A subscriber's row: nothing in it tells an address, and no two newsletters share a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import crypto
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.domain import block, consent, subscriber
from app.domain.subscriber import Subscriber
from tests import cast as people
from tests.cast import ALICE, Stage
from tests.conftest import Clock

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
OLD, NEW = crypto.new_key(NOW), crypto.new_key(NOW)
ONE, OTHER = uuid4(), uuid4()
DANA = parse("Dana@Example.org")


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([OLD])


def row(ring: KeyRing, newsletter_id: UUID = ONE, address: Address = DANA) -> Subscriber:
    return subscriber.new(ring, newsletter_id, address, language="nl", confirmed_at=NOW)


def values(each: Subscriber) -> dict[str, Any]:
    return {column.name: getattr(each, column.name) for column in Subscriber.__table__.columns}


def test_two_newsletters_share_no_value_by_which_rows_could_be_matched(ring: KeyRing) -> None:
    one, other = row(ring, ONE), row(ring, OTHER)
    for name in ("id", "address", "address_index", "subject"):
        assert values(one)[name] != values(other)[name]
    for pseudonyms in (block.subjects, consent.proofs):
        assert not set(pseudonyms(ring, ONE, DANA)) & set(pseudonyms(ring, OTHER, DANA))


def test_within_one_newsletter_no_two_uses_share_a_value(ring: KeyRing) -> None:
    one = row(ring)
    known = [one.address_index, one.subject]
    known += block.subjects(ring, ONE, DANA) + consent.proofs(ring, ONE, DANA)
    assert len(set(known)) == 4


def test_no_column_holds_the_address(ring: KeyRing) -> None:
    shown = repr(values(row(ring))).casefold()
    assert "dana" not in shown
    assert "example.org" not in shown


def test_the_same_mailbox_has_one_index_however_it_is_typed(ring: KeyRing) -> None:
    one, other = row(ring), row(ring, address=parse("dana@EXAMPLE.ORG"))
    assert one.address_index == other.address_index
    assert one.address != other.address


def test_the_address_comes_back_as_it_was_typed(ring: KeyRing) -> None:
    assert subscriber.opened(ring, row(ring)) == DANA
    assert subscriber.opened(ring, row(ring)).typed == "Dana@Example.org"


def test_a_sealed_address_that_was_moved_to_another_row_does_not_open(ring: KeyRing) -> None:
    one, other = row(ring), row(ring, address=parse("emre@example.org"))
    other.address = one.address
    with pytest.raises(Unreadable):
        subscriber.opened(ring, other)
    with pytest.raises(Unreadable):
        subscriber.envelope(ring, one.address, other.id, ONE)


def test_a_sealed_address_that_was_moved_to_another_newsletter_does_not_open(ring: KeyRing) -> None:
    one = row(ring)
    one.newsletter_id = OTHER
    with pytest.raises(Unreadable):
        subscriber.opened(ring, one)


def test_a_sealed_address_that_was_moved_to_another_column_does_not_open(ring: KeyRing) -> None:
    one = row(ring)
    with pytest.raises(Unreadable):
        ring.open("address", one.address, bound_to=subscriber.bound(one.id, "note"), scope=ONE)


@pytest.mark.parametrize(
    ("typed", "envelope"),
    [
        ("Dana@Example.org", "Dana@example.org"),
        ("dana@bücher.example", "dana@xn--bcher-kva.example"),
        ("dána@example.org", "dána@example.org"),
        ("d\u0061\u0301na@example.org", "dána@example.org"),
    ],
)
def test_mail_gets_the_form_it_needs_without_parsing(ring: KeyRing, typed: str, envelope: str) -> None:
    one = row(ring, address=parse(typed))
    assert subscriber.envelope(ring, one.address, one.id, ONE) == envelope.encode()
    assert subscriber.opened(ring, one).typed == typed
    assert parse(typed).envelope == envelope


def test_under_a_new_key_old_rows_open_and_new_rows_are_sealed_with_it(ring: KeyRing) -> None:
    before = row(ring)
    both = KeyRing([OLD, NEW])
    assert subscriber.opened(both, before) == DANA
    assert row(both).key_id == NEW.id
    assert row(both).address_index != before.address_index


async def test_an_address_is_found_under_any_key_in_use(cast: Stage, clock: Clock) -> None:
    house = cast.house
    house.ring = KeyRing([house.ring._keys[house.ring.active], crypto.new_key(clock())])
    found = await cast.find(ALICE)
    assert found is not None
    assert found.key_id != house.ring.active
    again = await people.join(house, cast.letter, ALICE.upper(), clock())
    assert again.id == found.id


async def test_nobody_else_is_found(cast: Stage) -> None:
    for typed in ("alice@example.net", "alic@example.org", people.BOB, people.CHRIS):
        assert await cast.find(typed) is None
