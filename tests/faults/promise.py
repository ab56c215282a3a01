"""Promise 8 as one question: nobody is missed, doubt is small and named, and the books balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.faults.scene import CONNECTIONS, Scene, delivery_of

ENDS = ("accepted", "refused", "left", "given_up")


@dataclass(frozen=True)
class Outcome:
    """The figures of one row of the fault table."""

    readers: int
    lost: int
    extra: int
    most: int  # how many extra copies the promise allows here
    in_doubt: int
    state: str


def kept_its_promise(
    scene: Scene,
    *,
    disturbances: int = 0,
    connections: int = CONNECTIONS,
    workers: int = 1,
    allowed: int | None = None,
    state: str = "sent",
    named: bool = True,
    **ends: int,
) -> Outcome:
    """Ask it once the issue has come to its end.

    A disturbance is a crash, a lost connection or a cut-off worker; each may cost one extra copy per
    open connection of the workers that it hit. `ends` are readers who were to get nothing, by the
    word of the books ("refused", "given_up"). Not `named`: what a backup does not know it cannot tell.
    """
    scene.end()
    books, got = scene.books(), scene.copies()
    most = disturbances * connections * workers if allowed is None else allowed
    expected = len(scene.readers) - sum(ends.values())
    extra = sum(len(copies) - 1 for copies in got.values())
    outcome = Outcome(len(scene.readers), expected - len(got), extra, most, books["in_doubt"], books["state"])
    scene.outcome = outcome
    assert outcome.lost == 0, f"{outcome.lost} readers got nothing"
    assert extra <= most, f"{extra} extra copies, and at most {most} were promised"
    assert outcome.state == state
    _the_same(got)
    if named:
        _doubt_is_named(books, got)
    _books_balance(books, expected, ends)
    return outcome


def _the_same(got: dict[str, list[tuple[str, str]]]) -> None:
    """Every copy to one reader has the same bytes and Message-ID, and no two readers share one."""
    different = {reader: copies for reader, copies in got.items() if len(set(copies)) > 1}
    assert not different, different
    assert len({copies[0][0] for copies in got.values()}) == len(got)


def _doubt_is_named(books: dict[str, Any], got: dict[str, list[tuple[str, str]]]) -> None:
    """Whoever got two copies is on the list of what was in doubt."""
    twice = {delivery_of(copies[0][0]) for copies in got.values() if len(copies) > 1}
    assert twice <= set(books["doubt"]), f"not named: {twice - set(books['doubt'])}"
    assert books["in_doubt"] == len(books["doubt"])


def _books_balance(books: dict[str, Any], accepted: int, ends: dict[str, int]) -> None:
    """Audience = accepted + refused + left + given up, and nobody waits."""
    written = {end: books[end] for end in ENDS if books[end]}
    assert written == {"accepted": accepted, **ends}
    assert books["audience"] == sum(written.values())
    assert books["waiting"] == 0
