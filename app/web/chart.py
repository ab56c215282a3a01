"""A chart as plain SVG: bars beside each other, for pages that show the same numbers in a table below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640  # units of the drawing; the page makes it as wide as there is room
HEIGHT: Final = 220
FOOT: Final = 30  # for the labels below
HEAD: Final = 18  # for the numbers above
BETWEEN: Final = 0.3  # of a group's width is left free


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `series` says to which row of numbers it belongs."""

    x: float
    y: float
    width: float
    height: float
    series: int
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything to draw."""

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    floor: float = HEIGHT - FOOT
    width: int = WIDTH
    height: int = HEIGHT


def bars(labels: Sequence[str], *series: Sequence[int]) -> Chart:
    """A group of bars for each label, one for each series; the highest reaches the top."""
    most = max((value for row in series for value in row), default=0) or 1
    group = WIDTH / max(1, len(labels))
    each = group * (1 - BETWEEN) / max(1, len(series))
    room = HEIGHT - FOOT - HEAD
    drawn = []
    for number, row in enumerate(series):
        for at, value in enumerate(row):
            height = round(room * value / most, 1)
            x = round(at * group + group * BETWEEN / 2 + number * each, 1)
            drawn.append(Bar(x, round(HEIGHT - FOOT - height, 1), round(each, 1), height, number, value))
    middles = tuple((round((at + 0.5) * group, 1), label) for at, label in enumerate(labels))
    return Chart(tuple(drawn), middles)
