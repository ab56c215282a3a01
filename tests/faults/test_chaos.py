"""Several faults in a random order: a short round on each kind of database, the same each time."""

from __future__ import annotations

from tests.faults.chaos import rounds

SEED = 5


def test_a_short_round_on_each() -> None:
    """Faults in a random order: the promise holds."""
    for figures in rounds(SEED, count=2, readers=120, seconds=4):
        assert not figures.broken, figures.line()
        assert figures.struck
