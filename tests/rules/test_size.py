"""Files and functions are small enough to be read at one go."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.rules.tree import ROOT, modules

FILE_STOPS_AT = 300  # lines; from 200 on, ask whether it should become a package
FUNCTION_STOPS_AT = 40  # lines; from 25 on, ask whether it does two things
FUNCTION_AIM = 8  # lines of the median function of the service

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function's name and the length of what it does: signature and docstring are not counted."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            yield node.name, _length(node)


def _length(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def too_long(path: Path, source: str) -> list[str]:
    """What stands in a file that is too long."""
    lines = source.count("\n")
    found = [f"{path}: {lines} lines"] if lines > FILE_STOPS_AT else []
    found += [
        f"{path}: {word} has {size} lines" for word, size in functions(source) if size > FUNCTION_STOPS_AT
    ]
    return found


def test_no_file_and_no_function_is_too_long() -> None:
    paths = modules("app", "tests", "benchmarks")
    assert paths
    found = [fault for path in paths for fault in too_long(path.relative_to(ROOT), path.read_text())]
    assert not found, "\n".join(found)


def test_the_usual_function_is_a_few_lines() -> None:
    sizes = [size for path in modules("app") for _, size in functions(path.read_text())]
    assert sizes
    assert statistics.median(sizes) <= FUNCTION_AIM


def test_a_long_file_and_a_long_function_are_found() -> None:
    long = "def f():\n" + "    x = 1\n" * (FUNCTION_STOPS_AT + 1)
    assert too_long(Path("a.py"), long) == [f"a.py: f has {FUNCTION_STOPS_AT + 1} lines"]
    assert too_long(Path("a.py"), "x = 1\n" * (FILE_STOPS_AT + 1)) == [f"a.py: {FILE_STOPS_AT + 1} lines"]


def test_signature_and_docstring_are_free() -> None:
    assert list(functions('def f(\n    a,\n    b,\n):\n    """Say."""\n    return a\n')) == [("f", 1)]
