"""The one Markdown that editors write: CommonMark, in which HTML is shown and never obeyed.

What is checked and what is sent are read by this same reader, so they cannot differ.
"""

from __future__ import annotations

import re
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_READER = MarkdownIt("commonmark", {"html": False})
_SKIMMER = MarkdownIt("commonmark", {"html": False}).disable("inline")


# What gives a text its form in the middle of a line, at its beginning, and as the number of an item.
_SIGNS: Final = re.compile(r"[\\`*\[]|<(?=[A-Za-z])|&(?=[#\w])|(?<![^\W_])_|_(?![^\W_])")
_BEGINS: Final = re.compile(r"(\d{0,9})([#=+~>-]|(?<=\d)[.)])")
_ITEM: Final = re.compile(r"[-*•]\s+(?=\S)")


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


def literal(text: str) -> str:
    """Plain words as Markdown that shows those words; a line that begins with a dash is an item of a list."""
    written: list[str] = []
    in_list = False
    for line in text.splitlines():
        words = line.strip()
        mark = _ITEM.match(words)
        if in_list and words and not mark:
            written.append("")  # else it would be read as more of the item
        in_list = bool(mark) or (in_list and not words)
        written.append(f"- {_literal(words[mark.end() :])}" if mark else _literal(words))
    return "\n".join(written)


def _literal(line: str) -> str:
    first = _BEGINS.match(line)
    begun = f"{first[1]}\\{first[2]}" if first else ""
    return begun + _SIGNS.sub(r"\\\g<0>", line[first.end() if first else 0 :])
