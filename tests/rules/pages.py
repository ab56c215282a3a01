"""The pages of the documentation as the rules read them."""

from __future__ import annotations

import functools
import importlib.util
import re
from types import ModuleType

from tests.rules.tree import ROOT

DOCS = ROOT / "docs"
CELL = re.compile(r"(?<!\\)\|")  # a bar inside a cell is written \|


@functools.cache
def maker() -> ModuleType:
    """`docs/make.py`, which is a program and in no package."""
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(page: str) -> list[list[str]]:
    """The cells of every row of every table, without headings."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in lines]
    return [row for row in cells if row[0].startswith("`")]
