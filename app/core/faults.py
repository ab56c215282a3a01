"""What is wrong with a record of what was done: most of it was changed, some of it only cannot be judged.

A fault is told in words. Three kinds accuse nobody, and have a class of their own: what is under a key that
is not on this machine, what lies beside the entries without touching one, and a copy that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Self

from app.core.crypto import KeyRing

KEY_ID: Final = re.compile("[0-9a-f]{8}")  # what else calls itself a key, no ring of ours ever had
UNKEYED: Final = "under a key that is not in the key ring on this machine"


class Unkeyed(str):
    """Nobody can judge this here until the key is back; nothing shows that it was changed."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, what: str, key: str, where: str = "") -> Self:
        """In words, with the key's name."""
        told = super().__new__(cls, f"{what} {UNKEYED}, {key}{where}")
        told.key = key
        return told


class Litter(str):
    """No entry of ours, beside them; for this alone none is missing and none was changed."""

    __slots__ = ()


class Absent(str):
    """A copy, or its beginning, is not there to compare with; what it is a copy of is untouched."""

    __slots__ = ()


def lacks(ring: KeyRing, key_id: str) -> bool:
    """Whether a key is named here that can have been ours, and is not on this machine."""
    return KEY_ID.fullmatch(key_id) is not None and not ring.has(key_id)


def changed(faults: Iterable[str]) -> bool:
    """Whether something was changed or removed."""
    return any(not isinstance(each, Unkeyed | Litter | Absent) for each in faults)


def absent(faults: Iterable[str]) -> bool:
    """Whether there was no copy to compare with, or not all of it."""
    return any(isinstance(each, Absent) for each in faults)


def keys(faults: Iterable[str]) -> set[str]:
    """The keys that must come back before all can be judged."""
    return {each.key for each in faults if isinstance(each, Unkeyed)}
