"""Links: one purpose each, a length that says nothing, and no byte that can be changed."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.core import crypto, tokens
from app.core.crypto import KeyRing, Unreadable

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
OLD, NEW = crypto.new_key(NOW), crypto.new_key(NOW)
URL_SAFE = set(string.ascii_letters + string.digits + "-_")
TAG = tokens.tag_of(UUID("0badcafe-0000-4000-8000-000000000000"))
PURPOSES = ("confirm", "notme", "leave", "manage", "address", "undo")


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([OLD])


def other(character: str) -> str:
    """Another character of the same alphabet, whose last bits differ too."""
    return "A" if character != "A" else "_"


def test_a_mark_has_57_characters_that_need_no_escape_and_ends_in_a_letter(ring: KeyRing) -> None:
    made = [tokens.mark(ring, "leave", TAG, uuid4()) for _ in range(200)]
    assert {len(each) for each in made} == {57}
    assert set("".join(made)) <= URL_SAFE
    assert all(each[-1].isalnum() for each in made)  # mail programs take a "-" there for punctuation


def test_a_mark_is_the_same_at_every_try_and_says_what_it_is_about(ring: KeyRing) -> None:
    subscriber_id = uuid4()
    made = tokens.mark(ring, "leave", TAG, subscriber_id)
    assert made == tokens.mark(ring, "leave", TAG, subscriber_id)
    assert tokens.read_mark(ring, "leave", made) == tokens.Mark(TAG, subscriber_id)


def test_any_changed_character_of_a_mark_is_noticed(ring: KeyRing) -> None:
    made = tokens.mark(ring, "leave", TAG, uuid4())
    for place, character in enumerate(made):
        changed = made[:place] + other(character) + made[place + 1 :]
        with pytest.raises(Unreadable):
            tokens.read_mark(ring, "leave", changed)


@pytest.mark.parametrize("other_purpose", ["manage", "address", "leave2", ""])
def test_a_mark_for_one_thing_opens_nothing_else(ring: KeyRing, other_purpose: str) -> None:
    made = tokens.mark(ring, "leave", TAG, uuid4())
    with pytest.raises(Unreadable):
        tokens.read_mark(ring, other_purpose, made)


def test_a_mark_survives_a_rotation_and_keeps_its_bytes_while_an_issue_goes_out(ring: KeyRing) -> None:
    subscriber_id = uuid4()
    made = tokens.mark(ring, "leave", TAG, subscriber_id)
    both = KeyRing([OLD, NEW])
    assert both.active == NEW.id
    assert tokens.read_mark(both, "leave", made).subscriber_id == subscriber_id
    assert tokens.mark(both, "leave", TAG, subscriber_id) != made
    assert tokens.mark(both, "leave", TAG, subscriber_id, key_id=OLD.id) == made


def test_a_mark_of_a_key_that_is_gone_opens_nothing(ring: KeyRing) -> None:
    made = tokens.mark(ring, "leave", TAG, uuid4())
    with pytest.raises(Unreadable):
        tokens.read_mark(KeyRing([NEW]), "leave", made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "A" * 56,
        "A" * 55,
        "A" * 57,
        "A" * 58,
        "A" * 55 + "ee",
        "A" * 901,
        "é" * 57,
        "A" * 52 + "A===",
        " " + "A" * 55,
        "/" * 56,
    ],
)
def test_what_was_never_ours_is_refused_without_fuss(ring: KeyRing, text: str) -> None:
    with pytest.raises(Unreadable):
        tokens.read_mark(ring, "leave", text)
    with pytest.raises(Unreadable):
        tokens.unseal(ring, "confirm", text)


def test_a_mark_has_one_spelling(ring: KeyRing) -> None:
    made = tokens.mark(ring, "leave", TAG, uuid4())
    for variant in (f"{made}=", f" {made}", f"{made}\n", made.replace("-", "+").replace("_", "/") + "="):
        with pytest.raises(Unreadable):
            tokens.read_mark(ring, "leave", variant)


def asked(address: str) -> dict[str, str]:
    """What a confirmation link holds."""
    return {
        "a": address,
        "n": TAG.hex(),
        "l": "nl",
        "w": "0123456789abcdef",
        "i": NOW.isoformat(),
        "x": "n" * 22,
    }


def test_a_sealed_request_opens_for_its_purpose_only(ring: KeyRing) -> None:
    content = asked("dána@xn--bcher-kva.example")
    for purpose in PURPOSES:
        sealed = tokens.seal(ring, purpose, content)
        assert tokens.unseal(ring, purpose, sealed) == content
        for wrong in set(PURPOSES) - {purpose}:
            with pytest.raises(Unreadable):
                tokens.unseal(ring, wrong, sealed)


def test_any_changed_character_of_a_sealed_request_is_noticed(ring: KeyRing) -> None:
    sealed = tokens.seal(ring, "confirm", asked("dana@example.org"))
    for place, character in enumerate(sealed):
        changed = sealed[:place] + other(character) + sealed[place + 1 :]
        with pytest.raises(Unreadable):
            tokens.unseal(ring, "confirm", changed)


def test_the_length_of_a_link_does_not_tell_the_length_of_an_address(ring: KeyRing) -> None:
    def length(size: int) -> int:
        return len(tokens.seal(ring, "confirm", asked("a" * (size - 12) + "@example.org")))

    usual = {length(size) for size in range(13, 40)}
    assert len(usual) == 1
    every = {length(size) for size in range(13, 255)}
    assert len(every) <= len(tokens.LENGTHS)
    assert max(every) <= tokens.LONGEST


def test_the_address_is_not_in_the_link(ring: KeyRing) -> None:
    sealed = tokens.seal(ring, "confirm", asked("dana@example.org"))
    assert set(sealed) <= URL_SAFE
    assert "dana" not in sealed
    assert b"dana" not in tokens._decode(sealed)


def test_an_old_sealed_request_opens_after_a_rotation(ring: KeyRing) -> None:
    sealed = tokens.seal(ring, "confirm", asked("dana@example.org"))
    assert tokens.unseal(KeyRing([OLD, NEW]), "confirm", sealed)["a"] == "dana@example.org"


def test_a_link_of_another_service_opens_nothing_here(ring: KeyRing) -> None:
    sealed = tokens.seal(KeyRing([NEW]), "confirm", asked("dana@example.org"))
    with pytest.raises(Unreadable):
        tokens.unseal(ring, "confirm", sealed)
