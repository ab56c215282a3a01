"""The service's own code as the rules read it: calls, names and where they stand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.rules.tree import modules, name


def calls(source: str) -> Iterator[ast.Call]:
    """Every call in a file."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """What is called, as it is written: `datetime.now`, `session.commit`, `log.info`."""
    return ast.unparse(call.func)


def words(node: ast.AST) -> set[str]:
    """Every name and attribute inside an expression."""
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def everywhere(fault: Callable[[str, str], list[str]]) -> list[str]:
    """What a rule finds in the whole service; `fault` gets a file's name and its source."""
    paths: tuple[Path, ...] = modules("app")
    assert paths
    return [f"{name(path)} {each}" for path in paths for each in fault(name(path), path.read_text())]
