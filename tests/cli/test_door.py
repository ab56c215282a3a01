"""What goes wrong before a command can begin is told in one line that names what to do."""

from __future__ import annotations

import pytest

from app.cli.door import explain
from tests.cli.desk import Desk


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BODE_SMTP_CONNECTIONS", "many", "BODE_SMTP_CONNECTIONS: "),
        ("BODE_ENVIRONMENT", "test", "BODE_ENVIRONMENT: "),
        ("BODE_BASE_URL", "ftp://geheim", "BODE_BASE_URL must look like"),
        ("BODE_DATABASE_URL", "mysql://dana:geheim@db/bode", "BODE_DATABASE_URL: it starts with"),
        ("BODE_LEDGER_URL", "no url", "BODE_LEDGER_URL: it starts with"),
        ("BODE_LOG_LEVEL", "loud", "BODE_LOG_LEVEL: "),
    ],
)
def test_a_setting_that_is_not_right_is_named_and_its_value_is_not(
    empty: Desk, name: str, value: str, told: str
) -> None:
    empty.environment[name] = value
    reason = empty.refused("issue", "list")
    assert reason.startswith("the settings are not right: ")
    assert told in reason
    assert value not in reason
    assert reason.count("\n") == 1


def test_production_says_everything_it_lacks_at_once(empty: Desk) -> None:
    empty.environment["BODE_ENVIRONMENT"] = "production"
    reason = empty.refused("newsletter", "list")
    for name in ("BODE_DATABASE_URL", "BODE_LEDGER_URL", "BODE_KEYS_FILE", "BODE_SMTP_URL"):
        assert name in reason


@pytest.mark.parametrize(
    "words",
    [("issue", "list"), ("subscribers", "count", "--newsletter", "x"), ("serve",), ("worker",)],
    ids=" ".join,
)
def test_nothing_begins_before_migrate_and_nothing_is_made(empty: Desk, words: tuple[str, ...]) -> None:
    if words == ("serve",):
        words = ("serve", "--port", "0")
    assert "run: bode migrate" in empty.refused(*words)
    assert not list(empty.folder.iterdir())


def test_migrate_brings_both_databases_to_this_version_and_may_be_repeated(empty: Desk) -> None:
    for _ in range(2):
        assert "at this version" in empty.bode("migrate").stdout
    assert empty.told("issue", "list") == []


def test_a_database_that_does_not_answer_is_told_without_its_password(empty: Desk) -> None:
    empty.environment["BODE_DATABASE_URL"] = "postgresql://bode:geheim@127.0.0.1:1/bode"
    reason = empty.refused("issue", "list")
    assert "the database cannot be used" in reason
    assert "geheim" not in reason


def test_a_key_ring_that_is_not_the_database_s_is_refused(office: Desk) -> None:
    (office.folder / "keys.json").unlink()
    assert "put the right key file back" in office.refused("staff", "list")


def test_a_fault_in_bode_says_so() -> None:
    assert explain(ValueError("odd")).startswith("this is a fault in Bode")
