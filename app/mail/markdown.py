"""Turns an editor's Markdown into the two forms a mail has: safe HTML, and plain text that reads well.

Both are made from the same reading of the same text, so the plain form never lacks what the other
says.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import nh3
from markdown_it.tree import SyntaxTreeNode

from app.core import commonmark

# Readers of plain text quote and forward; 72 leaves room for that within 78 columns.
WIDTH = 72

# What CommonMark makes and a mail program draws; everything else an editor may type stays text.
TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"https", "mailto"}

Writer = Callable[[SyntaxTreeNode, int], str]


def to_html(markdown: str) -> str:
    """Sanitised on every use, also when it was checked before it was stored."""
    return nh3.clean(
        commonmark.html(markdown),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
    ).strip()


def to_text(markdown: str, width: int = WIDTH) -> str:
    """Readable plain text: paragraphs folded at `width`, lists with marks, links with their address."""
    return _blocks(commonmark.tree(markdown).children, width)


def wrap(text: str, width: int = WIDTH, *, first: str = "", rest: str = "") -> str:
    """Folds at spaces; a link is never broken, however long it is."""
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _blocks(nodes: list[SyntaxTreeNode], width: int, between: str = "\n\n") -> str:
    written = (_WRITERS.get(node.type, _paragraph)(node, width) for node in nodes)
    return between.join(filter(None, written))


def _paragraph(node: SyntaxTreeNode, width: int) -> str:
    return "\n".join(wrap(line, width) for line in _words(node).split("\n"))


def _heading(node: SyntaxTreeNode, width: int) -> str:
    text = wrap(_words(node), width)
    longest = max(map(len, text.split("\n")))
    return f"{text}\n{'-' * min(longest, width)}"


def _bullets(node: SyntaxTreeNode, width: int) -> str:
    return _items(node, width, ["- "] * len(node.children))


def _numbers(node: SyntaxTreeNode, width: int) -> str:
    first = int(node.attrs.get("start", 1))
    return _items(node, width, [f"{first + index}. " for index in range(len(node.children))])


def _items(node: SyntaxTreeNode, width: int, marks: list[str]) -> str:
    """Items that were written close together stay together."""
    paragraphs = (child for item in node.children for child in item.children if child.type == "paragraph")
    between = "\n" if all(paragraph.hidden for paragraph in paragraphs) else "\n\n"
    items = zip(node.children, marks, strict=True)
    return between.join(
        _indent(_blocks(item.children, width - len(mark), between), mark) for item, mark in items
    )


def _indent(text: str, mark: str) -> str:
    return mark + textwrap.indent(text, " " * len(mark))[len(mark) :]


def _quote(node: SyntaxTreeNode, width: int) -> str:
    return textwrap.indent(_blocks(node.children, width - 2), "> ", predicate=lambda _: True)


def _code(node: SyntaxTreeNode, width: int) -> str:  # noqa: ARG001  # code is not folded
    return textwrap.indent(node.content.rstrip("\n"), "    ")


def _rule(node: SyntaxTreeNode, width: int) -> str:  # noqa: ARG001  # a rule has no words
    return "* * *"


_WRITERS: dict[str, Writer] = {
    "heading": _heading,
    "bullet_list": _bullets,
    "ordered_list": _numbers,
    "blockquote": _quote,
    "code_block": _code,
    "fence": _code,
    "hr": _rule,
}


def _words(node: SyntaxTreeNode) -> str:
    return "".join(_inline(child) for child in node.children)


def _inline(node: SyntaxTreeNode) -> str:
    if node.type == "link":
        return _link(node)
    if node.type == "hardbreak":
        return "\n"
    if node.type == "softbreak":
        return " "
    return node.content if not node.children else _words(node)


def _link(node: SyntaxTreeNode) -> str:
    """`text: address` at the end of a line; else in brackets, so that no full stop sticks to it."""
    text, address = commonmark.words(node), str(node.attrs["href"])
    if text in (address, address.removeprefix("mailto:")):
        return text
    return f"{text} ({address})" if _followed(node) else f"{text}: {address}"


def _followed(node: SyntaxTreeNode) -> bool:
    """Whether more words follow on the same line."""
    for after in node.siblings[node.siblings.index(node) + 1 :]:
        if after.type == "hardbreak":
            return False
        if _inline(after).strip():
            return True
    parent = node.parent
    return parent is not None and parent.type in ("strong", "em") and _followed(parent)
