"""Every door of the web service, with who may come through it, declared where the door is made.

A door that looks answers GET and HEAD and never changes anything; a door that acts answers POST. A door
for staff names the roles that may pass; there is no door that says nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from starlette.responses import Response

from app.domain.staff import Role

Answer = TypeVar("Answer", bound=Callable[..., Awaitable[Response]])

LOOKING = ("GET", "HEAD")
ACTING = ("POST",)
NOBODY: frozenset[Role] = frozenset()
EVERYONE = frozenset(Role)  # whoever of the staff is signed in


class Kind(StrEnum):
    """Who comes through a door."""

    PUBLIC = "public"  # anybody
    SIGNED_LINK = "signed link"  # whoever has a link or value that we sealed
    MACHINE = "machine"  # a mail program, a monitor or a crawler
    DEMO = "demo"  # anybody, and only outside production
    STAFF = "staff"  # who is signed in and has one of the roles of the door


class Undeclared(TypeError):
    """A door that does not say who may come through it, or says it twice."""


@dataclass(frozen=True, slots=True)
class Door:
    """One door: its path, the methods it answers, who it is for, and what answers.

    `fresh` asks who is signed in to show a password or code again when that was a while ago.
    """

    path: str
    methods: tuple[str, ...]
    kind: Kind
    answer: Callable[..., Awaitable[Response]]
    roles: frozenset[Role] = NOBODY
    fresh: bool = False

    def __post_init__(self) -> None:
        """Roles belong to staff's doors, and each of those has some."""
        if (self.kind is Kind.STAFF) != bool(self.roles) or (self.fresh and not self.roles):
            raise Undeclared(f"say who may come through {self.path}")


class Doors:
    """The doors of one file, collected in the order in which they are written."""

    def __init__(self) -> None:
        self.made: list[Door] = []

    def look(
        self, *paths: str, kind: Kind, roles: frozenset[Role] = NOBODY, fresh: bool = False
    ) -> Callable[[Answer], Answer]:
        """A page or file; looking changes nothing (promise 4)."""

        def make(answer: Answer) -> Answer:
            self.made += [Door(path, LOOKING, kind, answer, roles, fresh) for path in paths]
            return answer

        return make

    def act(
        self, *paths: str, kind: Kind, roles: frozenset[Role] = NOBODY, fresh: bool = False
    ) -> Callable[[Answer], Answer]:
        """A button was pressed."""

        def make(answer: Answer) -> Answer:
            self.made += [Door(path, ACTING, kind, answer, roles, fresh) for path in paths]
            return answer

        return make
