"""Time is an argument: what happens inside never looks at a clock of its own, so a test can say when."""

from __future__ import annotations

import pytest

from tests.rules.code import called, calls, everywhere

ROOMS = ("app/core/", "app/domain/", "app/features/", "app/mail/")
EDGES = {
    "app/domain/house.py",  # the one place that reads the clock, for the edges to pass on
    "app/mail/mailbox.py",  # stands in for somebody else's mail server, which has a clock
}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "ctime"}
SOURCES = {"datetime", "date", "time", "house", "houses", "dt"}  # what such a call is made on
BARE = {"time_ns", "utcnow", "localtime", "gmtime"}
STEADY = {"monotonic", "monotonic_ns", "perf_counter"}
# Leases and pauses count from a steady clock, and so does a writer that waits for its turn.
STEADY_ROOMS = ("app/features/send/", "app/features/post/carry.py", "app/mail/", "app/core/database.py")
STEADY_ROOMS += ("app/core/bare.py",)


def faults(file: str, source: str) -> list[str]:
    """Where a file looks at a clock that it may not look at."""
    if not file.startswith(ROOMS) or file in EDGES:
        return []
    found = []
    for call in calls(source):
        *owner, word = called(call).split(".")
        clock = word in CLOCKS and owner[-1:] and owner[-1] in SOURCES
        steady = word in STEADY and not file.startswith(STEADY_ROOMS)
        if clock or steady or (word in BARE and not owner):
            found.append(f"line {call.lineno}: {called(call)}()")
    return found


def test_nothing_inside_looks_at_a_clock() -> None:
    assert not everywhere(faults)


@pytest.mark.parametrize(
    "code",
    [
        "at = datetime.now(UTC)",
        "at = datetime.datetime.utcnow()",
        "on = date.today()",
        "at = time.time()",
        "at = houses.now()",
        "at = time.monotonic()",
    ],
)
def test_a_look_at_a_clock_is_found(code: str) -> None:
    assert faults("app/features/retain.py", code)
    assert faults("app/domain/slot.py", code)


def test_the_edges_may_look() -> None:
    assert not faults("app/domain/house.py", "at = datetime.now(UTC)")
    assert not faults("app/worker.py", "at = datetime.now(UTC)")
    assert not faults("app/features/send/stock.py", "at = time.monotonic()")
    assert not faults("app/features/confirm.py", "limit = time(10, 0)\nmoment = self._clock()")
