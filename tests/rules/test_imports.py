"""Imports point one way: main, then web, cli and worker, then features, then domain and mail, then core."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.tree import ROOT

LINT = (Path(sys.executable).with_name("lint-imports"), "--no-cache")

# What someone might add, and the contract that says no.
FORBIDDEN = {
    "features/one.py": ("from app.features import two", "No feature imports another"),
    "domain/one.py": ("from app import features", "Imports point one way"),
    "mail/one.py": ("from app import domain", "Nouns and letters do not know each other"),
    "core/one.py": ("from app import domain", "Imports point one way"),
    "web/one.py": ("from app import cli", "Imports point one way"),
    "features/two.py": ("import fastapi", "Rules know no protocol"),
    "domain/two.py": ("import aiosmtplib", "Rules know no protocol"),
    "core/two.py": ("from app.core import three", "No cycles anywhere"),
    "utils/__init__.py": ("", "Imports point one way"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=folder, check=False, capture_output=True, text=True)


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A project with our contracts and hardly any code."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    rooms = ["", "core", "mail", "domain", "features", "web"]
    files = [f"{room}/__init__.py".lstrip("/") for room in rooms] + [
        "main.py",
        "cli.py",
        "worker.py",
    ]
    files += ["features/one.py", "features/two.py", "core/three.py"]
    for file in files:
        add(tmp_path, file, "from app.core import two" if file == "core/three.py" else "")
    return tmp_path


def add(folder: Path, file: str, code: str) -> None:
    path = folder / "app" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{code}\n")


def test_our_imports_keep_every_contract() -> None:
    verdict = lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "0 broken" in verdict.stdout


def test_a_house_that_keeps_to_the_rules_is_accepted(small_house: Path) -> None:
    add(small_house, "core/two.py", "")
    add(small_house, "features/one.py", "from app import domain, mail")
    assert lint(small_house).returncode == 0


@pytest.mark.parametrize("file", FORBIDDEN)
def test_what_is_forbidden_is_refused(small_house: Path, file: str) -> None:
    code, contract = FORBIDDEN[file]
    add(small_house, "core/two.py", "")
    add(small_house, file, code)
    verdict = lint(small_house)
    assert verdict.returncode == 1, verdict.stdout
    assert f"{contract} BROKEN" in verdict.stdout
