"""Passwords: which ones are good enough, and how they are kept so that a stolen copy is of little use.

Argon2id costs 64 MiB and a tenth of a second on purpose, so only a few are reckoned at the same time
and only so many wait: a form that anybody can send must not use up the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from app.core.errors import TooMany

SHORTEST: Final = 12  # characters; ASVS 6.2.1 asks for 8 at least and advises more
LONGEST: Final = 128  # ASVS 6.2.9 asks for 64 at least; more only costs time
FEWEST_GUESSES: Final = 10**10  # what zxcvbn calls very unguessable: also when a copy is stolen
LOOKED_AT: Final = 72  # characters: the longest text that zxcvbn looks at
AT_ONCE: Final = 2  # 128 MiB together: what the smallest machine can miss
WAITING: Final = 40  # two seconds of work; who comes later is asked to try again
TRY_AGAIN: Final = timedelta(seconds=5)

T = TypeVar("T")

_hasher = PasswordHasher()  # RFC 9106, the profile for less memory
_threads = ThreadPoolExecutor(AT_ONCE, "password")
_places = BoundedSemaphore(AT_ONCE + WAITING)


def fault(password: str, context: list[str]) -> str | None:
    """The code of what is wrong with a new password; `context` are words that a stranger tries first."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    guesses = zxcvbn(password[:LOOKED_AT], user_inputs=context)["guesses"]
    return "guessable" if guesses < FEWEST_GUESSES else None


async def hashed(password: str) -> str:
    """What is kept of a password."""
    return await _reckon(lambda: _hasher.hash(password))


async def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password; just as slow where there is none."""
    right = await _reckon(lambda: _verified(kept, password[: LONGEST + 1]))
    return right and kept is not None


def _verified(kept: str | None, password: str) -> bool:
    stands_in = _nobody()  # also when it is not needed: the first look at it takes time as well
    try:
        return _hasher.verify(kept or stands_in, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Stands in for an account that does not exist, so that the time of an answer says nothing."""
    return _hasher.hash("nobody has this password")


async def _reckon(work: Callable[[], T]) -> T:
    if not _places.acquire(blocking=False):
        raise TooMany("busy", TRY_AGAIN)
    future = asyncio.get_running_loop().run_in_executor(_threads, work)
    future.add_done_callback(lambda _: _places.release())
    return await asyncio.shield(future)  # a visitor who goes away gives back no place that is in use
