"""Which steps a thing may take, in one table that code, database and documents share.

A noun has an enum `State` and a table `MOVES`; the database's CHECK and the picture in the
documents are made from the same two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import CheckConstraint

from app.core.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


def check(column: str, states: type[StrEnum]) -> CheckConstraint:
    """The database's own refusal of a state that the enum does not have."""
    allowed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def step(moves: Mapping[S, frozenset[S]], current: S, target: S) -> S:
    """Return `target` when MOVES allows it; raise IllegalMove with what is possible otherwise."""
    if target in moves[current]:
        return target
    possible = ", ".join(sorted(moves[current])) or "nothing: this is an end"
    raise IllegalMove(f"cannot go from '{current}' to '{target}'; from there possible: {possible}")


def picture(moves: Mapping[S, frozenset[S]]) -> str:
    """The table as a Mermaid state diagram, the form the documents show."""
    arrows = [f"    {a} --> {b}" for a, targets in moves.items() for b in sorted(targets)]
    ends = [f"    {state} --> [*]" for state, targets in moves.items() if not targets]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {next(iter(moves))}", *arrows, *ends])
