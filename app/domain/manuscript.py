"""Reads an issue from a Markdown file, so that editors may write where they like to write.

At the top, between two lines of three dashes, stand `subject`, `preheader`, `intro` and
`language`. Below, headings, texts, lists, pictures and `---` are themselves; a block between
three backticks with `article`, `event` or `call` holds lines `name: value`. An ordinary
newsletter in Markdown is read as well: `### [Title](https://...)` with a text is an article.
Everything that is wrong is told at once, with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.domain import fields, prose
from app.domain.content import Block, Content, Divider
from app.domain.draft import Draft, Drafts
from app.domain.fields import Fields
from app.domain.problem import Problem, problems

# An issue is some 10 KB; a file a hundred times that is not one, and reading it should not take
# long.
FILE_MOST = 1_000_000
FENCE = "---"
# Names of fields and blocks that an editor never typed.
UNNAMED = frozenset(("markdown", "text", "heading", "picture", "image", "blocks"))

_BLOCK: TypeAdapter[Block] = TypeAdapter(Block)


class Unreadable(Exception):
    """The file cannot become an issue yet; `problems` says everything that has to be put right."""

    def __init__(self, found: list[Problem]) -> None:
        self.problems = tuple(sorted(found, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What the file says, the picture files it asks for, and what had better be put right."""

    content: Content
    pictures: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()


def read(text: str | bytes) -> Manuscript:
    """The issue in this file; raises Unreadable with all that is wrong."""
    lines = _text(text).split("\n")
    top, body, first_line = _split(lines)
    found: list[Problem] = []
    front = _front(top, found)
    clear = not found
    drafts = Drafts(body, first_line=first_line, subject=front.values.get("subject"))
    found += drafts.problems
    values = {
        "intro": _intro(front, drafts),
        **({"subject": drafts.title} if drafts.title else {}),
        **front.values,
    }
    blocks = [block for draft in drafts.blocks if (block := _block(draft, found))]
    content = _content(values, blocks or _stand_in(drafts, found), front, found) if clear else None
    if found or content is None:
        raise Unreadable(found)
    begins = [front.lines.get("intro", 1), *(draft.line for draft in drafts.blocks)]
    return Manuscript(content, content.pictures(), _warnings(content, begins, lines))


def _warnings(content: Content, begins: list[int], lines: list[str]) -> tuple[Problem, ...]:
    """What had better be put right, each with its line: at or below where its block begins."""

    def line(block: int | None, holds: str) -> int:
        first = begins[0 if block is None else block + 1]
        return next((n for n in range(first, len(lines) + 1) if holds in lines[n - 1]), first)

    found = [
        Problem("vague_link", line=line(link.block, link.address))
        for link in content.links_at()
        if prose.vague(link.text)
    ]
    for block, text in content.passages():
        if sign := prose.bare(text):
            found.append(Problem("bare", line=line(block, sign), values={"text": sign}))
    return tuple(sorted(found, key=lambda each: each.line or 0))


def _text(text: str | bytes) -> str:
    if len(text) > FILE_MOST:
        raise Unreadable([Problem("too_large", values={"most": FILE_MOST})])
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable([Problem("not_text")]) from None
    return decoded.replace("\r\n", "\n").replace("\r", "\n")


def _split(lines: list[str]) -> tuple[list[str], list[str], int]:
    """The lines at the top, the lines below, and the number of the first line below."""
    if lines[0].rstrip() != FENCE:
        return [], lines, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return lines[1:number], lines[number + 1 :], number + 2
    raise Unreadable([Problem("front_open", line=1)])


def _front(top: list[str], found: list[Problem]) -> Fields:
    try:
        return fields.read("\n".join(top), first_line=2)
    except fields.Unclear as unclear:
        found.append(unclear.problem)
        return Fields({}, {})


def _block(draft: Draft, found: list[Problem]) -> Block | None:
    try:
        return _BLOCK.validate_python({**draft.values, "kind": draft.kind})
    except ValidationError as error:
        found += [_placed(problem, draft.lines, draft.line) for problem in problems(error)]
        return None


def _placed(problem: Problem, lines: Mapping[str, int], line: int) -> Problem:
    """The same problem with the line where its field stands, else the line where its block begins."""
    name = problem.where.rpartition(".")[2]
    return replace(problem, where="" if name in UNNAMED else name, line=lines.get(name, line))


def _intro(front: Fields, drafts: Drafts) -> str:
    """The text above the first block, unless the top has an introduction or nothing else follows."""
    first = drafts.blocks[0] if drafts.blocks else None
    if "intro" in front.values or first is None or first.kind != "text" or len(drafts.blocks) == 1:
        return ""
    front.lines["intro"] = first.line
    return str(drafts.blocks.pop(0).values["markdown"])


def _stand_in(drafts: Drafts, found: list[Problem]) -> list[Block]:
    """Takes the place of blocks that are wrong, so that the top of the file is judged as well."""
    return [Divider()] if drafts.blocks or found else []


def _content(
    values: dict[str, Any], blocks: list[Block], front: Fields, found: list[Problem]
) -> Content | None:
    try:
        return Content.model_validate({**values, "blocks": blocks})
    except ValidationError as error:
        found += [_placed(problem, front.lines, 1) for problem in problems(error)]
        return None
