"""Shows how far something is: a bar where a terminal watches, and now and then a line anywhere else.

On standard error, so that standard output stays the answer.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol, Self

import typer

EVERY = 10.0  # seconds between lines: enough for a log that people read afterwards


class Shown(Protocol):
    """Where one can see how far it is."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tell(self, done: int, total: int, said: str) -> None: ...


def shown() -> Shown:
    """A bar in a terminal, else lines."""
    return Bar() if sys.stderr.isatty() else Lines()


class Lines:
    """The first, one every ten seconds, and the last."""

    def __init__(self) -> None:
        self._again_at = 0.0
        self._untold = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._print()

    def tell(self, done: int, total: int, said: str) -> None:
        """Say it, unless something was said a moment ago."""
        self._untold = f"{done} of {total}  {said}"
        if time.monotonic() >= self._again_at:
            self._print()

    def _print(self) -> None:
        if self._untold:
            typer.echo(self._untold, err=True)
        self._untold = ""
        self._again_at = time.monotonic() + EVERY


class Bar:
    """One line that is drawn again and again."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  (slow to load, and most commands draw nothing)
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        numbers = TextColumn("{task.completed:.0f} of {task.total:.0f}  {task.description}", markup=False)
        self._drawn = Progress(BarColumn(), numbers, console=Console(stderr=True))
        self._task = self._drawn.add_task("", visible=False)

    def __enter__(self) -> Self:
        self._drawn.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawn.stop()

    def tell(self, done: int, total: int, said: str) -> None:
        """Draw it."""
        self._drawn.update(self._task, completed=done, total=total, description=said, visible=True)
