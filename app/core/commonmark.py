"""The one Markdown that editors write: CommonMark, in which HTML is shown and never obeyed.

What is checked and what is sent are read by this same reader, so they cannot differ.
"""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_READER = MarkdownIt("commonmark", {"html": False})
_SKIMMER = MarkdownIt("commonmark", {"html": False}).disable("inline")


def tokens(markdown: str) -> list[Token]:
    return _READER.parse(markdown)


def tree(markdown: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(tokens(markdown))


def skim(markdown: str) -> tuple[SyntaxTreeNode, list[int]]:
    """The blocks only, unread inside, and the lines of link definitions.

    Reading what is inside can take time that grows with the square of its length, so measure a block first.
    """
    found: dict[str, Any] = {}
    node = SyntaxTreeNode(_SKIMMER.parse(markdown, found))
    references = found.get("references", {}).values()
    return node, sorted(reference["map"][0] for reference in references)


def inside(text: str) -> SyntaxTreeNode:
    """The words, links and pictures of one heading or paragraph."""
    line = SyntaxTreeNode(_READER.parseInline(text))
    return line.children[0]


def html(markdown: str) -> str:
    """HTML that is not yet sanitised; `mail.markdown` does that."""
    return str(_READER.render(markdown))


def words(node: SyntaxTreeNode) -> str:
    """The text a reader sees in this piece, without marks."""
    if node.type in ("text", "code_inline"):
        return node.content
    inside = "".join(words(child) for child in node.children)
    return " " if node.type in ("softbreak", "hardbreak") else inside
