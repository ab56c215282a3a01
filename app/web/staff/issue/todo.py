"""What has still to be done before an issue can be approved: each thing with its place and its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.problem import Problem
from app.domain.typed import TOP, Typed
from app.features.compose.pictures import TOGETHER_MOST
from app.web.staff.issue import words
from app.web.staff.issue.words import Say


@dataclass(frozen=True, slots=True)
class Task:
    """One thing: the field that a link leads to, where that is, and what to do there."""

    field: str
    place: str
    told: str


def tasks(written: Typed, pictures: Mapping[str, int], refused: Mapping[str, str], say: Say) -> list[Task]:
    """All of them, in the order of the page; a block that is quite empty is one thing to do.

    `pictures` has the weight of each picture that is kept, `refused` what is wrong with files, by field.
    """
    problems = [*written.judged()[1], *_gone(written, pictures), *_heavy(written, pictures)]
    found = [_empty(number, written, say) for number in _untouched(written)]
    found += [task(each, written, say) for each in problems if _block(each) not in _untouched(written)]
    found = [each for each in found if each.field not in refused]
    found += [Task(key, title(_number(key), written, say), told) for key, told in refused.items()]
    return sorted(found, key=lambda task: _number(task.field))


def _gone(written: Typed, pictures: Mapping[str, int]) -> list[Problem]:
    """Blocks whose picture was taken away."""
    named = [(number, piece.values.get("image", "")) for number, piece in enumerate(written.pieces)]
    lost = [number for number, name in named if name and name not in pictures]
    return [Problem("picture_gone", where=f"blocks.{number}.image") for number in lost]


def _heavy(written: Typed, pictures: Mapping[str, int]) -> list[Problem]:
    weight = sum(pictures.get(name, 0) for name in written.pictures())
    if weight <= TOGETHER_MOST:
        return []
    values = {"weight": weight // 1000, "most": TOGETHER_MOST // 1000}
    return [Problem("picture_heavy", where="blocks", values=values)]


def _untouched(written: Typed) -> list[int]:
    pieces = enumerate(written.pieces)
    return [number for number, piece in pieces if piece.empty and piece.kind != "divider"]


def _block(problem: Problem) -> int | None:
    parts = problem.where.split(".")
    return int(parts[1]) if parts[0] == "blocks" and len(parts) > 1 else None


def _empty(number: int, written: Typed, say: Say) -> Task:
    told = say("This block is empty. Fill it in or remove it.")
    return Task(f"block-{number}", title(number, written, say), told)


def task(problem: Problem, written: Typed, say: Say) -> Task:
    """One thing that is not finished: its field, where that is, and what to do."""
    number = _block(problem)
    name = problem.where.rpartition(".")[2]
    label = words.fields(say).get(name, say("At the top"))
    told = words.told(problem, say)
    if number is None:
        return Task(name if name in TOP else "blocks", say("Blocks") if name == "blocks" else label, told)
    return Task(f"b{number}-{name}", f"{title(number, written, say)}, {label}", told)


def title(number: int, written: Typed, say: Say) -> str:
    """What a block is called: its number as people count, and its kind."""
    return f"{number + 1}. {words.kinds(say)[written.pieces[number].kind]}"


def _number(field: str) -> int:
    """The number of the block in `b3-link` or `block-3`; -1 for what is above them."""
    digits = "".join(each for each in field if each.isdigit())
    return int(digits) if digits else -1
