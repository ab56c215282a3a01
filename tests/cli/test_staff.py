"""Accounts are opened, listed without addresses, and closed."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import outbox
from app.domain.outbox import Mail
from tests.cli.desk import Desk

ADD = ("staff", "add", "--name", "dana", "--email", "dana@example.org", "--role", "editor")


def test_an_account_has_every_role_that_was_given(desk: Desk) -> None:
    added = desk.told(*ADD, "--role", "approver")
    assert added == {
        "name": "dana",
        "roles": ["approver", "editor"],
        "language": "nl",
        "enabled": True,
    }
    assert desk.told("staff", "list") == [added]


def test_a_name_is_taken_once(desk: Desk) -> None:
    desk.bode(*ADD)
    for called in ("dana", "Dana", " DANA "):
        told = desk.refused("staff", "add", "--name", called, *ADD[4:])
        assert "there is an account 'dana' already" in told


def test_a_closed_account_stays_and_may_do_nothing(office: Desk) -> None:
    issue_id = office.draft()
    looked = office.bode("staff", "disable", "dana", "--dry-run").stdout
    assert "issues that they wrote last: 1; who can go on: nobody else has the role" in looked
    assert office.told("staff", "disable", "emre")["in_hand"] == {}
    people = {each["name"]: each["enabled"] for each in office.told("staff", "list")}
    assert people == {"dana": True, "emre": False, "fatima": True}
    assert "closed" in office.refused("issue", "approve", issue_id, "--approver", "emre")
    assert "closed already" in office.refused("staff", "disable", "emre")


def test_who_has_no_account_cannot_be_disabled(desk: Desk) -> None:
    assert "see: bode staff list" in desk.refused("staff", "disable", "nobody")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--name", "dana@example.org", "use letters"),
        ("--name", "cli:root", "use letters"),
        ("--name", "service", "use letters"),
        ("--name", "reader", "use letters"),
        ("--email", "dana", "not an address"),
        ("--role", "boss", "'boss' is not one of"),
    ],
)
def test_words_that_do_not_fit_end_with_2(desk: Desk, option: str, value: str, told: str) -> None:
    words = list(ADD)
    words[words.index(option) + 1] = value
    assert told in desk.refused(*words, code=2)
    assert desk.told("staff", "list") == []


async def _invitations(office: Desk) -> list[str]:
    """Whom the mails that wait invite, by the name of the account."""
    house = await houses.open_house(Settings(data_dir=office.folder))
    async with house.database.reading() as session:
        rows = list(await session.scalars(select(Mail).order_by(Mail.seq)))
        contents = [outbox.opened(house.ring, row) for row in rows]
    await house.close()
    return [each["words"]["who"] for each in contents if each["template"] == "access"]


def test_who_gets_an_account_is_invited_by_mail_and_again_when_asked(office: Desk) -> None:
    office.bode("staff", "invite", "dana")
    assert asyncio.run(_invitations(office)) == ["dana", "emre", "fatima", "dana"]
    office.bode("staff", "disable", "dana")
    assert "closed" in office.refused("staff", "invite", "dana")


def test_without_a_newsletter_the_operator_hears_that_nobody_was_mailed(desk: Desk) -> None:
    assert "bode staff invite dana" in desk.bode(*ADD).stderr
