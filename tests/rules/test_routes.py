"""Every door of the web service says who may come through it, and none is left open by accident."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from app.domain.house import House
from app.mail.mailbox import Mailbox
from app.main import create_app
from app.web.doors import ACTING, EVERYONE, LOOKING, Doors, Kind, Undeclared
from app.web.links import TOKEN_WORDS, first_word
from tests.conftest import Clock

SAFE = set(LOOKING)


def undeclared(app: FastAPI) -> list[str]:
    """Doors that are not declared as exactly one kind."""
    kinds = set(Kind)
    return [route.path for route in app.routes if len(kinds & set(getattr(route, "tags", None) or [])) != 1]


async def test_every_door_is_declared_as_one_kind(house: House, clock: Clock) -> None:
    app = create_app(house, mailbox=Mailbox(), clock=clock)
    assert len(app.routes) > 40
    assert undeclared(app) == []


async def test_a_door_that_is_not_declared_is_found(house: House, clock: Clock) -> None:
    app = create_app(house, clock=clock)
    app.add_api_route("/backdoor", lambda: None)
    app.add_api_route("/both", lambda: None, tags=[Kind.PUBLIC, Kind.MACHINE])
    assert undeclared(app) == ["/backdoor", "/both"]


async def test_a_door_looks_or_acts_and_never_both(house: House, clock: Clock) -> None:
    for route in create_app(house, mailbox=Mailbox(), clock=clock).routes:
        assert set(route.methods) in (SAFE, set(ACTING)), route.path


async def test_what_has_a_token_in_its_path_is_behind_a_signed_link(house: House, clock: Clock) -> None:
    for route in create_app(house, mailbox=Mailbox(), clock=clock).routes:
        behind = "{token}" in route.path
        assert behind == (first_word(route.path) in TOKEN_WORDS and route.path not in ("/terug", "/undo"))
        if behind:
            assert set(route.tags) <= {Kind.SIGNED_LINK, Kind.MACHINE}


async def test_no_path_takes_an_address(house: House, clock: Clock) -> None:
    for route in create_app(house, mailbox=Mailbox(), clock=clock).routes:
        assert "mail}" not in route.path
        assert "address}" not in route.path


@pytest.mark.parametrize(
    "words",
    [
        {"kind": Kind.STAFF},
        {"kind": Kind.PUBLIC, "roles": EVERYONE},
        {"kind": Kind.PUBLIC, "fresh": True},
    ],
)
def test_a_door_that_does_not_say_who_may_come_cannot_be_made(words: dict[str, object]) -> None:
    async def answer() -> None: ...

    with pytest.raises(Undeclared):
        Doors().look("/x", **words)(answer)
    with pytest.raises(TypeError):
        Doors().look("/x")(answer)
