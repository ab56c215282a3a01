"""Every command has a manual with an example, and wrong words end with 2."""

from __future__ import annotations

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from app.cli import build
from tests.cli.desk import Desk


def commands() -> list[tuple[str, ...]]:
    """Every command by its words."""
    found: list[tuple[str, ...]] = []
    for name, command in get_command(build([])).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found += [(name, verb) for verb in below] if below else [(name,)]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_has_a_manual_with_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(build([]), [*words, "--help"], prog_name="bode")
    assert shown.exit_code == 0
    text = " ".join(shown.stdout.split())
    assert "Example: " in text
    assert f"bode {' '.join(words)}" in text.partition("Example: ")[2]


@pytest.mark.parametrize(
    "noun",
    ["newsletter", "staff", "issue", "subscribers", "keys", "ledger", "audit", "breach", "supervision"],
)
def test_each_noun_says_what_it_can_do(noun: str) -> None:
    assert "Commands:" in CliRunner().invoke(build([]), [noun, "--help"]).stdout


def test_a_word_that_is_no_command_ends_with_2_and_is_not_repeated_when_it_is_an_address(
    empty: Desk,
) -> None:
    assert "No such command" in empty.refused("alice@example.org", code=2)


def test_an_option_that_does_not_exist_ends_with_2(empty: Desk) -> None:
    assert "No such option" in empty.refused("issue", "list", "--colour", code=2)
