"""One request or job is one transaction: nobody commits but the unit of work, and all go through it."""

from __future__ import annotations

import pytest

from tests.rules.code import called, calls, everywhere

GATE = "app/core/database.py"
GATES = {GATE, "app/core/bare.py"}  # the second writes the sender's groups, as the design says
ENDINGS = {"commit", "rollback", "begin_twophase"}
MAKERS = {"create_async_engine", "AsyncSession", "async_sessionmaker", "sessionmaker", "Session"}
# Reads the schema's version, before there is anything to save.
MAKES_ITS_OWN = {"app/core/migrating.py"}


def faults(file: str, source: str) -> list[str]:
    """Where a file ends a transaction, or opens a session beside the one gate."""
    if file in GATES:
        return []
    found = []
    for call in calls(source):
        word = called(call).rpartition(".")[2]
        opens = word in MAKERS or (word == "create_engine" and file not in MAKES_ITS_OWN)
        if word in ENDINGS or opens:
            found.append(f"line {call.lineno}: {called(call)}()")
    return found


def test_only_the_unit_of_work_commits() -> None:
    assert not everywhere(faults)


@pytest.mark.parametrize(
    "code",
    ["await session.commit()", "session.rollback()", "self._session.commit()", "s = AsyncSession(engine)"],
)
def test_a_commit_elsewhere_is_found(code: str) -> None:
    assert faults("app/features/confirm.py", f"async def f(session, engine):\n    {code}")
    assert not faults(GATE, f"async def f(session, engine):\n    {code}")
