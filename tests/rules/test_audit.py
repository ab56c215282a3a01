"""Everything that can be on record is recorded somewhere, and nothing on record can hold an address."""

from __future__ import annotations

import ast
from datetime import datetime

import pytest
from sqlalchemy import select

from app.core.errors import Invalid
from app.domain import audit
from app.domain.audit import Event, Record
from app.domain.house import House
from tests.conftest import Clock
from tests.rules.code import called, calls, everywhere
from tests.rules.tree import modules, name

TRAIL = "app/domain/audit.py"

ADDRESSES = [
    "alice@example.org",
    "issue 12 for alice@example.org",
    "ALICE@EXAMPLE.ORG",
    "alice%40example.org",
    "alice=40example.org",
    "alice&#64;example.org",
    "=?utf-8?q?alice=40example.org?=",
    "alice\uff20example.org",  # a full-width @
    "alice\ufe6bexample.org",  # a small @
    "álice@bücher.example",
    '"alice"@example.org',
    "alice\n@example.org",
    "reason\n",
    "x" * 121,
]


def recorded(source: str) -> set[str]:
    """The members of Event that a file names."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if ast.unparse(node.value).rpartition(".")[2] == "Event"}


def test_each_event_is_recorded_somewhere() -> None:
    paths = [path for path in modules("app") if name(path) != TRAIL]
    found = set().union(*(recorded(path.read_text()) for path in paths))
    assert {event.name for event in Event} - found == set()


def test_an_event_that_nobody_records_is_found() -> None:
    assert recorded("await record(session, actor, audit.Event.ISSUE_SENT, now=now)") == {"ISSUE_SENT"}
    assert recorded("x = ISSUE_SENT") == set()


def _beside(file: str, source: str) -> list[str]:
    made = [call for call in calls(source) if called(call) in {"Record", "audit.Record"}]
    return [f"line {call.lineno}: writes beside the check" for call in made if file != TRAIL]


def test_the_trail_is_written_in_one_place() -> None:
    assert not everywhere(_beside)
    assert _beside("app/features/erase.py", "session.add(audit.Record(actor='dana'))")


@pytest.mark.parametrize("text", ADDRESSES)
@pytest.mark.parametrize("field", ["actor", "about", "reason"])
def test_no_field_takes_an_address(text: str, field: str) -> None:
    words = {"actor": "dana", "about": "issue 1", "reason": "case 7", field: text}
    with pytest.raises(Invalid):
        audit.checked(**words)


def test_every_other_field_is_a_number_a_moment_or_from_a_list() -> None:
    free = {"actor", "about", "reason"}
    fixed = {"seq": int, "hash": bytes, "at": datetime, "event": Event}
    assert free | set(fixed) == set(Record.__table__.columns.keys())
    assert all("@" not in event for event in Event)


async def test_an_address_never_reaches_the_table(house: House, clock: Clock) -> None:
    with pytest.raises(Invalid):
        async with house.database.unit_of_work() as session:
            await audit.record(
                session, "dana", Event.ISSUE_HELD, about="issue 1", reason="alice@example.org", now=clock()
            )
    async with house.database.reading() as session:
        events = set(await session.scalars(select(Record.event)))
    assert Event.ISSUE_HELD not in events
