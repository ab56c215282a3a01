"""Cuts the text of a manuscript into blocks that are not judged yet, each with its line in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from markdown_it.tree import SyntaxTreeNode

from app.core import commonmark
from app.domain import fields
from app.domain.problem import Problem
from app.domain.prose import MARKDOWN_MOST

TYPED = ("article", "event", "call")
# What editors may write instead of a description when a picture only decorates.
DECORATIVE = ("decorative", "decoratief")
LEVEL_LOWEST = 3  # deeper headings are not told apart in a mail


@dataclass(slots=True)
class Draft:
    """One block as it was typed; texts that follow are added to the field `grows`, if it has one."""

    kind: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    grows: str | None = None
    span: tuple[int, int] | None = None


class Drafts:
    """The blocks of a body of Markdown, what cannot be cut, and the title that stood above it."""

    def __init__(self, body: list[str], *, first_line: int, subject: str | None) -> None:
        self.blocks: list[Draft] = []
        self.problems: list[Problem] = []
        self.title = subject
        self._body = body
        self._first_line = first_line
        top, references = commonmark.skim("\n".join(body))
        self.problems += [Problem("references", line=first_line + at) for at in references]
        for node in top.children:
            self._take(node)
        for draft in self.blocks:
            self._close(draft)

    def _take(self, node: SyntaxTreeNode) -> None:
        if self._too_long(node):
            self.problems.append(Problem("too_long", line=self._line(node), values={"most": MARKDOWN_MOST}))
        elif node.type == "heading":
            self._heading(node)
        elif node.type == "fence" and node.info.strip():
            self._fence(node)
        elif node.type == "hr":
            self.blocks.append(Draft("divider", self._line(node)))
        elif picture := _alone(node, "image"):
            self._picture(node, picture)
        else:
            self._text(node)

    def _heading(self, node: SyntaxTreeNode) -> None:
        text = commonmark.words(_read(node))
        level = int(node.tag[1])
        line = self._line(node)
        if level == 1 and self.title in (None, text):
            self.title = text
        elif link := _alone(node, "link"):
            values = {"title": text, "link": str(link.attrs["href"])}
            self.blocks.append(Draft("article", line, values, grows="summary"))
        else:
            shown: dict[str, Any] = {"text": text, "level": min(max(level, 2), LEVEL_LOWEST)}
            self.blocks.append(Draft("heading", line, shown))

    def _fence(self, node: SyntaxTreeNode) -> None:
        line = self._line(node)
        kind = node.info.strip()
        if kind not in TYPED:
            self.problems.append(Problem("fence", line=line))
            return
        try:
            found = fields.read(node.content, first_line=line + 1)
        except fields.Unclear as unclear:
            self.problems.append(unclear.problem)
            return
        self.blocks.append(Draft(kind, line, dict(found.values), found.lines))

    def _picture(self, node: SyntaxTreeNode, picture: SyntaxTreeNode) -> None:
        alt = commonmark.words(picture)
        decorative = not alt and picture.attrs.get("title") in DECORATIVE
        values = {"image": picture.attrs["src"], "alt": alt or None, "decorative": decorative}
        self.blocks.append(Draft("picture", self._line(node), values))

    def _text(self, node: SyntaxTreeNode) -> None:
        begin, end = node.map or (0, 0)
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.grows is None:
            last = Draft("text", self._line(node), grows="markdown")
            self.blocks.append(last)
        last.span = (last.span[0] if last.span else begin, end)

    def _close(self, draft: Draft) -> None:
        if draft.grows and draft.span:
            draft.values[draft.grows] = "\n".join(self._body[slice(*draft.span)])
            draft.lines[draft.grows] = self._first_line + draft.span[0]

    def _line(self, node: SyntaxTreeNode) -> int:
        return self._first_line + (node.map[0] if node.map else 0)

    def _too_long(self, node: SyntaxTreeNode) -> bool:
        begin, end = node.map or (0, 0)
        return sum(len(line) + 1 for line in self._body[begin:end]) > MARKDOWN_MOST + 1


def _read(node: SyntaxTreeNode) -> SyntaxTreeNode:
    """A heading or paragraph again, now with what is inside."""
    content = node.children[0].content if node.children else ""
    return commonmark.inside(content)


def _alone(node: SyntaxTreeNode, kind: str) -> SyntaxTreeNode | None:
    """The only thing in this heading or paragraph, when it is of this kind."""
    if node.type not in ("heading", "paragraph"):
        return None
    inside = _read(node).children
    return inside[0] if len(inside) == 1 and inside[0].type == kind else None
