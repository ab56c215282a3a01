"""Every door of the web service, with who may come through it, declared where the door is made.

A door that looks answers GET and HEAD and never changes anything; a door that acts answers POST.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from starlette.responses import Response

Answer = TypeVar("Answer", bound=Callable[..., Awaitable[Response]])

LOOKING = ("GET", "HEAD")
ACTING = ("POST",)


class Kind(StrEnum):
    """Who comes through a door."""

    PUBLIC = "public"  # anybody
    SIGNED_LINK = "signed link"  # whoever has a link or value that we sealed
    MACHINE = "machine"  # a mail program, a monitor or a crawler
    DEMO = "demo"  # anybody, and only outside production


@dataclass(frozen=True, slots=True)
class Door:
    """One door: its path, the methods it answers, who it is for, and what answers."""

    path: str
    methods: tuple[str, ...]
    kind: Kind
    answer: Callable[..., Awaitable[Response]]


class Doors:
    """The doors of one file, collected in the order in which they are written."""

    def __init__(self) -> None:
        self.made: list[Door] = []

    def look(self, *paths: str, kind: Kind) -> Callable[[Answer], Answer]:
        """A page or file; looking changes nothing (promise 4)."""
        return self._door(paths, LOOKING, kind)

    def act(self, *paths: str, kind: Kind) -> Callable[[Answer], Answer]:
        """A button was pressed."""
        return self._door(paths, ACTING, kind)

    def _door(
        self, paths: tuple[str, ...], methods: tuple[str, ...], kind: Kind
    ) -> Callable[[Answer], Answer]:
        def make(answer: Answer) -> Answer:
            self.made += [Door(path, methods, kind, answer) for path in paths]
            return answer

        return make
