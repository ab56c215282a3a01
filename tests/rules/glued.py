"""Sentences that a template glues together: two texts with nothing between them, on any way through it.

The newline after a block is taken away, so what stands on two lines of a template may be one word on a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from jinja2 import Environment, nodes

TEXTS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
INLINE = "a|abbr|b|code|em|i|strong|time"
# What goes on in the same line of text; what is only heard brings its own blank or comma.
OPENS = re.compile(rf'\w|<(?:{INLINE}|span(?! class="unseen"))\b')
CLOSES = re.compile(rf"(?:[\w.,:;!?)]|</(?:{INLINE}|span)>)$")
APART = "apart"  # a blank, the edge of a block, or what nobody can tell from here


class Piece(NamedTuple):
    """How something that is put out may begin and end: at the line of a sentence, or APART."""

    begins: frozenset[int | str]
    ends: frozenset[int | str]
    empty: bool  # whether nothing at all may come of it


NOTHING = Piece(frozenset(), frozenset(), True)


def glued(environment: Environment, source: str) -> list[int]:
    """The lines where a sentence begins right after another."""
    found: set[int] = set()
    _row(environment.parse(source).body, found)
    return sorted(found)


def _row(parts: Iterable[nodes.Node], found: set[int]) -> Piece:
    """One after the other."""
    pieces = [_piece(part, found) for part in parts]
    begins, ends, empty = set[int | str](), set[int | str](), True
    for piece in pieces:
        _judge(ends, piece.begins, found)
        begins |= piece.begins if empty else set()
        ends = set(piece.ends) | (ends if piece.empty else set())
        empty = empty and piece.empty
    return Piece(frozenset(begins), frozenset(ends), empty)


def _judge(before: Iterable[int | str], after: Iterable[int | str], found: set[int]) -> None:
    if any(each != APART for each in before):
        found |= {each for each in after if isinstance(each, int)}


def _either(ways: Iterable[Piece]) -> Piece:
    """One of several."""
    begins, ends, empties = zip(*ways, strict=True)
    return Piece(frozenset().union(*begins), frozenset().union(*ends), any(empties))


def _piece(node: nodes.Node, found: set[int]) -> Piece:
    if isinstance(node, nodes.Stmt):
        return _statement(node, found)
    if isinstance(node, nodes.TemplateData):
        return _plain(node)
    how = node.lineno if _is_text(node) else APART
    return Piece(frozenset({how}), frozenset({how}), False)


def _statement(node: nodes.Stmt, found: set[int]) -> Piece:
    match node:
        case nodes.Output():
            return _row(node.nodes, found)
        case nodes.If():
            ways = [node.body, *(each.body for each in node.elif_), node.else_]
            return _either([_row(way, found) for way in ways])
        case nodes.For():
            again = _row([*node.body, *node.body], found)
            return _either([again, _row(node.else_, found)])
        case nodes.Block() | nodes.Macro() | nodes.CallBlock() | nodes.FilterBlock() | nodes.With():
            _row(node.body, found)
            return Piece(frozenset({APART}), frozenset({APART}), isinstance(node, nodes.Macro))
        case _:
            return NOTHING


def _plain(node: nodes.TemplateData) -> Piece:
    if not node.data:
        return NOTHING
    begins = node.lineno if OPENS.match(node.data) else APART
    ends = node.lineno if CLOSES.search(node.data) else APART
    return Piece(frozenset({begins}), frozenset({ends}), False)


def _is_text(node: nodes.Node) -> bool:
    calls = [node] if isinstance(node, nodes.Call) else node.find_all(nodes.Call)
    return any(isinstance(each.node, nodes.Name) and each.node.name in TEXTS for each in calls)
