"""In production a command is on record under the system's user, and colleagues are told by mail."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.cli import glass
from app.core.settings import Settings
from app.domain import audit, outbox
from app.domain import house as houses
from tests.cli.desk import SAMPLE, Desk


def told(desk: Desk) -> list[tuple[str, str]]:
    """Who is told of what, in the outbox."""

    async def read() -> list[dict[str, Any]]:
        house = await houses.open_house(Settings(data_dir=desk.folder))
        try:
            async with house.database.reading() as session:
                mails = await session.scalars(select(outbox.Mail).order_by(outbox.Mail.seq))
                return [outbox.opened(house.ring, each) for each in mails]
        finally:
            await house.close()

    found = asyncio.run(read())  # with the invitations of new accounts
    told = [each for each in found if each["template"] == "breakglass"]
    return [(each["address"].partition("@")[0], each["words"]["act"]) for each in told]


def actors(desk: Desk, event: str) -> list[str]:
    with closing(sqlite3.connect(desk.folder / "bode.db")) as connection:
        query = "SELECT actor FROM audit WHERE event = ? ORDER BY seq"
        return [actor for (actor,) in connection.execute(query, (event,))]


def test_what_decides_which_mail_goes_out_is_told_and_on_record(production: Desk) -> None:
    production.furnish()
    issue_id = production.approved()
    production.bode("issue", "schedule", issue_id, "--at", f"{tomorrow():%Y-%m-%dT%H:%M%z}")
    production.bode("issue", "send", issue_id)
    production.bode("issue", "cancel", issue_id)
    production.bode("erase", given="alice@example.org")
    everyone = ("dana", "emre", "fatima")
    acts = ("import", "approve", "schedule", "send", "cancel", "erase")
    assert told(production) == [(name, act) for act in acts for name in everyone]
    assert actors(production, "issue.imported") == ["dana", glass.actor()]
    assert actors(production, "issue.approved") == ["emre", glass.actor()]
    assert actors(production, "issue.scheduled") == [glass.actor(), glass.actor()]
    assert actors(production, "issue.cancelled") == [glass.actor()]
    assert actors(production, "subscriber.erased") == [glass.actor()]
    assert "whole" in production.bode("audit", "verify").stdout


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def test_bringing_in_another_text_is_told_too(production: Desk) -> None:
    production.furnish()
    issue_id = production.approved()
    before = len(told(production))
    production.bode("issue", "import", str(SAMPLE), "--issue", issue_id, "--author", "dana")
    assert [act for _, act in told(production)[before:]] == ["import"] * 3
    assert actors(production, "issue.imported") == ["dana", glass.actor()] * 2


def test_a_stop_is_on_record_and_waits_for_no_mail(production: Desk) -> None:
    production.furnish()
    issue_id = production.approved()
    with closing(sqlite3.connect(production.folder / "bode.db")) as connection, connection:
        connection.execute("UPDATE issue SET state = 'sending'")
        connection.execute("DELETE FROM outbox")
    production.bode("issue", "pause", issue_id)
    assert told(production) == []
    assert actors(production, "issue.paused") == [glass.actor()]


def test_outside_production_nobody_is_told(office: Desk) -> None:
    office.approved()
    assert told(office) == []
    assert actors(office, "issue.approved") == ["emre", glass.actor()]


def test_a_refused_command_tells_nobody(production: Desk) -> None:
    production.furnish()
    issue_id = production.draft()
    before = told(production)
    production.refused("issue", "send", issue_id)
    production.refused("issue", "import", str(SAMPLE), "--issue", issue_id, "--author", "fatima")
    assert told(production) == before


def test_without_colleagues_there_is_a_warning(production: Desk) -> None:
    done = production.bode("erase", given="alice@example.org")
    assert "nobody is told" in done.stderr


def test_a_user_s_name_becomes_what_the_trail_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        pw_name = "dana@EXAMPLE\\org ü" + "x" * 200

    monkeypatch.setattr("pwd.getpwuid", lambda _: Entry)
    assert audit.SAFE.fullmatch(glass.actor())
    assert glass.actor().startswith("cli:dana_EXAMPLE_org__")


def test_a_user_without_a_name_is_known_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert glass.actor() == "cli:uid4711"
