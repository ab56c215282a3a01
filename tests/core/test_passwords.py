"""Passwords: good ones are long and hard to guess, and reckoning them cannot use up the machine."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from app.core import passwords
from app.core.errors import TooMany


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elf tekens!", "short"),
        ("x" * 129, "long"),
        ("password1234", "guessable"),
        ("aaaaaaaaaaaaaaaa", "guessable"),
        ("weerbaarbestuur2026", "guessable"),
        ("dana2026dana2026", "guessable"),
        ("correct horse battery staple", None),
        ("vier kluwens paarse draad", None),
        ("ключ от квартиры", None),
        (" spaties  blijven staan ", None),
    ],
)
def test_a_password_may_be_anything_long_that_is_hard_to_guess(password: str, fault: str | None) -> None:
    assert passwords.fault(password, ["dana", "weerbaar", "bestuur"]) == fault


async def test_only_so_many_passwords_are_reckoned_or_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form cannot be used to fill the memory: who is too many is told to try again."""
    many = passwords.AT_ONCE + passwords.WAITING
    monkeypatch.setattr(passwords, "_verified", lambda *_: False)
    tries = [passwords.matches("x", "y") for _ in range(many + 5)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert [each for each in ended if isinstance(each, TooMany)]
    assert ended.count(False) >= many
    assert await passwords.matches("x", "y") is False


async def test_what_is_kept_is_argon2id_at_the_cost_that_owasp_asks_and_tells_nothing() -> None:
    kept = await passwords.hashed("vier kluwens paarse draad")
    parameters = extract_parameters(kept)
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024  # KiB, with two rounds: the least of OWASP's list
    assert parameters.time_cost >= 2
    assert await passwords.matches(kept, "vier kluwens paarse draad")
    assert not await passwords.matches(kept, "vier kluwens paarse draad ")
    assert not await passwords.matches(None, "vier kluwens paarse draad")
    assert not await passwords.matches("no hash", "vier kluwens paarse draad")
