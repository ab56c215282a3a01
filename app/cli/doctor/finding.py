"""One thing that was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, and somebody should look at it
    PROBLEM = "problem"  # it does not work, or not safely


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the doctor's answer."""

    check: str
    level: Level
    found: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<8} {self.check}: {self.found}"
        return f"{line}. {self.advice}" if self.advice else line

    def described(self) -> dict[str, str]:
        """For scripts."""
        return {key: str(value) for key, value in asdict(self).items()}


def fine(check: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, Level.WARNING, found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """It does not work, or not safely."""
    return Finding(check, Level.PROBLEM, found, advice)
