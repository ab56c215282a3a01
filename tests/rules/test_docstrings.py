"""Every module opens with a sentence that says what it is for, in words for people."""

from __future__ import annotations

import ast

import pytest

from tests.rules.tree import modules, name

EMPTY_OPENINGS = (
    "this module",
    "this file",
    "module ",
    "contains",
    "helper",
    "utilities",
    "various",
)


def fault(source: str) -> str | None:
    """What is wrong with the way a module opens."""
    docstring = ast.get_docstring(ast.parse(source))
    if not docstring:
        return "has no docstring"
    first = docstring.splitlines()[0]
    if not first.endswith((".", "?", ":")):
        return "does not open with one whole sentence on the first line"
    if first.lower().startswith(EMPTY_OPENINGS):
        return "opens with words that say nothing"
    return None


def test_every_module_says_what_it_is_for() -> None:
    paths = modules("app", "tests", "benchmarks", "migrations")
    assert paths
    found = [f"{name(path)} {wrong}" for path in paths if (wrong := fault(path.read_text()))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    ["", "x = 1\n", '"""A sentence that\ngoes on."""\n', '"""This module does things."""\n'],
    ids=["empty", "none", "half a sentence", "empty words"],
)
def test_a_module_that_does_not_is_found(source: str) -> None:
    assert fault(source)
