"""Every setting is explained, with its meaning, its default and the reason for it; nothing else is."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

import pytest

from app.core.settings import Settings
from tests.rules.pages import DOCS, rows
from tests.rules.tree import files, name

PREFIX = "BODE_"
VARIABLE = re.compile(r"\bBODE_[A-Z0-9_]*[A-Z0-9]\b")
WITHOUT = "none"  # how the page writes that a setting has no value of its own


def written(default: Any) -> str:
    """A default as the page writes it."""
    if isinstance(default, Enum):
        return str(default.value)
    if isinstance(default, bool):
        return "yes" if default else "no"
    if default is None or default in ("", frozenset()):
        return WITHOUT
    return str(default)


def faults(page: str, fields: dict[str, Any]) -> list[str]:
    """Where the page and the settings differ."""
    said = {row[0].strip("`"): row for row in rows(page)}
    wanted = {f"{PREFIX}{key.upper()}": default for key, default in fields.items()}
    found = [f"{each} is not explained" for each in wanted.keys() - said.keys()]
    found += [f"{each} is no setting" for each in said.keys() - wanted.keys()]
    for each in wanted.keys() & said.keys():
        cells = [cell.strip("`") for cell in said[each]]
        if len(cells) != 4 or not all(cells):
            found.append(f"{each} needs four cells: name, default, meaning, because")
        elif cells[1] != written(wanted[each]):
            found.append(f"{each}: the default is {written(wanted[each])}, the page says {cells[1]}")
    return found


def defaults() -> dict[str, Any]:
    """Every setting with the value it has when nobody sets it."""
    return {key: field.get_default() for key, field in Settings.model_fields.items()}


def test_every_setting_is_explained_and_nothing_else() -> None:
    assert not faults((DOCS / "settings.md").read_text(), defaults())


def test_only_settings_are_named_anywhere() -> None:
    known = {f"{PREFIX}{key.upper()}" for key in Settings.model_fields}
    paths = [path for path in files() if path.suffix in {".py", ".md", ".html"} or path.name == "Makefile"]
    paths = [path for path in paths if not name(path).startswith(("tests/", "benchmarks/"))]
    found = {(name(path), word) for path in paths for word in VARIABLE.findall(path.read_text())}
    assert {each for each in found if each[1] not in known} == set()


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("", "BODE_PACE is not explained"),
        ("| `BODE_PACE` | 20 | how fast | why |\n| `BODE_X` | 1 | a | b |", "BODE_X is no setting"),
        ("| `BODE_PACE` | 30 | how fast | why |", "BODE_PACE: the default is 20, the page says 30"),
        ("| `BODE_PACE` | 20 | how fast | |", "BODE_PACE needs four cells: name, default, meaning, because"),
    ],
    ids=["missing", "too much", "another default", "no reason"],
)
def test_a_page_that_differs_is_found(page: str, fault: str) -> None:
    assert faults(page, {"pace": 20}) == [fault]


def test_a_page_that_agrees_is_accepted() -> None:
    page = "| Name | Default | Meaning | Because |\n|---|---|---|---|\n| `BODE_PACE` | 20 | how fast | why |"
    assert not faults(page, {"pace": 20})
