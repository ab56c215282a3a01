"""Modules have names that say what is in them: one word, and never a word for a drawer of odds and ends."""

from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

import pytest

from tests.rules.tree import ROOT, modules

DRAWERS = {
    "base",
    "common",
    "data",
    "do",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "info",
    "manager",
}
DRAWERS |= {"managers", "misc", "mixins", "process", "util", "utils"}
SUFFIXES = ("Helper", "Helpers", "Manager", "Mixin", "Util", "Utils")


def faults(path: PurePosixPath, source: str) -> list[str]:
    """What is wrong with a module's name and the names of its classes."""
    words = [part for part in (*path.parent.parts, path.stem) if not part.startswith("__")]
    found = [f"{path}: {word} says nothing" for word in words if word in DRAWERS]
    if path.parts[0] == "app" and "_" in path.stem.strip("_"):
        found.append(f"{path}: more than one word")
    return found + [f"{path}: {word} says nothing" for word in _classes(source) if word.endswith(SUFFIXES)]


def _classes(source: str) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


def relative(path: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(ROOT))


def test_every_module_has_a_name_that_says_something() -> None:
    paths = modules("app", "tests", "benchmarks")
    assert paths
    found = [fault for path in paths for fault in faults(relative(path), path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["app/core/utils.py", "app/helpers/send.py", "app/features/send_mail.py"])
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert faults(PurePosixPath(path), "")


def test_a_class_that_says_nothing_is_found() -> None:
    assert faults(PurePosixPath("app/core/keys.py"), "class KeyManager: ...")
    assert not faults(PurePosixPath("app/core/keys.py"), "class KeyRing: ...")
