"""The lines `name: value` with which editors fill in an article, an event, or the top of a file.

The lines are YAML, of which only the flat form is read: no lists, no references, no types. Values
stay the text that was typed, so 10:00 stays ten o'clock (YAML 1.1 would read 600), and a small
file cannot grow into a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from app.domain.problem import Problem

# What surrounds the lines and says nothing; everything else but names and values is refused.
AROUND = (
    StreamStartEvent,
    StreamEndEvent,
    DocumentStartEvent,
    DocumentEndEvent,
    MappingStartEvent,
    MappingEndEvent,
)


class Unclear(Exception):
    """These lines cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Fields:
    """What was filled in, and on which line of the file each name stands."""

    values: dict[str, str]
    lines: dict[str, int]


def read(text: str, *, first_line: int) -> Fields:
    """The names and values; a name without a value counts as not filled in."""
    pieces = list(_pieces(text, first_line))
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for name, value in zip(pieces[::2], pieces[1::2], strict=True):
        line = first_line + _line(name.start_mark)
        if name.value in lines:
            raise Unclear(Problem("twice", line=line))
        lines[name.value] = line
        if value.value.strip():
            values[name.value] = value.value
    return Fields(values, lines)


def _pieces(text: str, first_line: int) -> Iterator[ScalarEvent]:
    """Names and values in turn; YAML's events never nest, so depth costs nothing."""
    begun = False
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            _refuse_nesting(event, begun, first_line)
            begun = begun or isinstance(event, MappingStartEvent)
            if isinstance(event, ScalarEvent):
                yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unclear(Problem("lines", line=first_line + (mark.line if mark else 0))) from None
    except yaml.YAMLError:
        raise Unclear(Problem("characters", line=first_line)) from None


def _refuse_nesting(event: Event, begun: bool, first_line: int) -> None:  # noqa: FBT001  # where we are in the lines
    plain = isinstance(event, ScalarEvent) and begun and event.anchor is None and event.tag is None
    around = isinstance(event, AROUND) and not (begun and isinstance(event, MappingStartEvent))
    if plain or around:
        return
    code = "nested" if begun else "lines"
    raise Unclear(Problem(code, line=first_line + _line(event.start_mark)))


def _line(mark: Any) -> int:
    """Where YAML found something; it has a mark for all that it read from a text."""
    return int(mark.line) if mark is not None else 0
