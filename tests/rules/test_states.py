"""A noun's states are the same in the code, in the database and in the documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from app import domain
from app.core.states import picture
from app.domain import block, breach, consent, delivery, issue, lookup, request, roster, slot
from app.domain.house import House
from tests.rules.pages import DOCS, maker

NOUNS: dict[str, Any] = {
    "issue": issue,
    "delivery": delivery,
    "slot": slot,
    "request": request,
    "breach": breach,
    "roster": roster,
}
CHECKS = {
    ("issue", "state"): issue.State,
    ("delivery", "state"): delivery.State,
    ("slot", "state"): slot.State,
    ("request", "state"): request.State,
    ("breach", "state"): breach.State,
    ("breach", "nature"): breach.Nature,
    ("roster", "state"): roster.State,
    ("request", "kind"): request.Kind,
    ("lookup", "why"): lookup.Why,
    ("block", "ground"): block.Ground,
    ("consent", "event"): consent.Event,
}
WORD = re.compile(r"'([a-z_]+)'")


def faults(states: type[StrEnum], moves: Mapping[Any, frozenset[Any]]) -> list[str]:
    """What is wrong with a table of moves."""
    found = [f"{state} has no row" for state in states if state not in moves]
    reached, waiting = set(), [next(iter(moves))]
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting += moves.get(state, frozenset()) - reached
    found += [f"{state} cannot be reached" for state in states if state not in reached]
    found += [f"{state} leads to itself" for state, targets in moves.items() if state in targets]
    if all(moves.values()):
        found.append("nothing is an end")
    return found


@pytest.mark.parametrize("name", NOUNS)
def test_every_state_can_be_reached_and_there_are_ends(name: str) -> None:
    assert not faults(NOUNS[name].State, NOUNS[name].MOVES)


def test_every_noun_with_states_is_in_this_test_and_in_the_documents() -> None:
    nouns = {each for each in domain.__all__ if hasattr(getattr(domain, each), "MOVES")}
    assert nouns == set(NOUNS) == set(maker().NOUNS)


@pytest.mark.parametrize("name", NOUNS)
def test_no_step_leads_out_of_an_end(name: str) -> None:
    noun = NOUNS[name]
    ends = [state for state, targets in noun.MOVES.items() if not targets]
    assert ends
    assert not any(state in noun.MOVES[end] for end in ends for state in noun.State)


class Light(StrEnum):
    """An example."""

    GREEN = "green"
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("moves", "fault"),
    [
        ({"green": {"red"}, "red": set()}, "blue has no row"),
        ({"green": {"red"}, "red": set(), "blue": {"red"}}, "blue cannot be reached"),
        ({"green": {"red", "blue"}, "red": {"red"}, "blue": set()}, "red leads to itself"),
        ({"green": {"red"}, "red": {"blue"}, "blue": {"green"}}, "nothing is an end"),
    ],
)
def test_a_wrong_table_is_found(moves: dict[str, set[str]], fault: str) -> None:
    table = {Light(key): frozenset(map(Light, targets)) for key, targets in moves.items()}
    assert fault in faults(Light, table)


def _allowed(connection: Connection) -> dict[tuple[str, str], set[str]]:
    found = {}
    for table, column in CHECKS:
        for each in inspect(connection).get_check_constraints(table):
            if each["name"] == f"ck_{table}_{column}":
                found[table, column] = set(WORD.findall(each["sqltext"]))
    return found


async def test_the_database_refuses_what_the_code_does_not_know(house: House) -> None:
    async with house.database.engine.connect() as connection:
        allowed = await connection.run_sync(_allowed)
    assert allowed == {key: {each.value for each in states} for key, states in CHECKS.items()}


def test_the_pictures_in_the_documents_are_the_ones_in_the_code() -> None:
    page = (DOCS / "states.md").read_text()
    assert page == maker().states(), "run: make docs"
    assert all(f"```mermaid\n{picture(noun.MOVES)}\n```" in page for noun in NOUNS.values())
