"""The doctor finds what is wrong, says what to do, and ends with 1 only for what does not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.doctor import relays
from app.cli.doctor.finding import Level
from app.core.settings import Settings
from tests.cli.desk import Desk
from tests.servers import smtp
from tests.servers.certificates import certificates


def levels(told: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["check"]: each["level"] for each in told["findings"]}


def problems(desk: Desk) -> str:
    return "\n".join(
        line for line in desk.bode("doctor", code=1).stdout.split("\n") if line.startswith("problem")
    )


def test_a_fresh_service_has_warnings_and_no_problem(office: Desk) -> None:
    told = office.told("doctor")
    assert told["problems"] == 0
    assert levels(told) == {
        "settings": "ok",
        "keys": "ok",
        "database": "ok",
        "ledger": "ok",
        "ledger apart": "ok",
        "ledger whole": "ok",
        "mail": "ok",
        "newsletter weerbaar-bestuur": "warning",
        "worker": "warning",
        "clock": "ok",
    }
    lacking = next(each for each in told["findings"] if each["check"].startswith("newsletter"))
    assert "controller" in lacking["found"]


def test_databases_that_are_not_there_are_problems_and_are_not_made(empty: Desk) -> None:
    found = problems(empty)
    assert found.count("bode migrate") == 2
    assert not list(empty.folder.iterdir())


def test_one_database_for_both_is_a_problem(office: Desk) -> None:
    office.environment["BODE_LEDGER_URL"] = f"sqlite:///{office.folder}/bode.db"
    assert "ledger and database are one" in problems(office)


def test_an_open_key_ring_is_a_problem(office: Desk) -> None:
    (office.folder / "keys.json").chmod(0o644)
    assert "chmod 600" in problems(office)


def test_a_copy_that_cannot_be_written_is_a_problem(office: Desk) -> None:
    office.environment["BODE_LEDGER_COPY"] = str(office.folder / "absent" / "copy")
    assert "BODE_LEDGER_COPY" in problems(office) or "cannot be written" in problems(office)
    office.environment["BODE_LEDGER_COPY"] = str(office.folder / "copy")
    assert office.told("doctor")["problems"] == 0


def test_settings_that_are_not_right_are_the_only_finding(empty: Desk) -> None:
    empty.environment["BODE_SMTP_CONNECTIONS"] = "0"
    assert "BODE_SMTP_CONNECTIONS" in problems(empty)


def test_a_relay_that_does_not_answer_is_a_problem(production: Desk) -> None:
    production.furnish()
    assert "refused at connect" in problems(production)


async def findings(url: str, **more: object) -> list[tuple[str, str]]:
    configured = Settings(smtp_url=url, allowed_recipients="x", **more)  # type: ignore[arg-type]
    found = relays.relays(configured, certificates().client())
    return [(each.level, each.found) async for each in found]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_relay_with_a_good_certificate_is_fine(tls: str) -> None:
    async with smtp.Server(tls=tls) as server:
        ((level, _),) = await findings(server.url)
    assert level == Level.OK


async def test_a_certificate_that_has_run_out_is_a_problem() -> None:
    async with smtp.Server(tls="implicit", expired=True) as server:
        ((level, found),) = await findings(server.url)
    assert level == Level.PROBLEM
    assert "tls" in found


async def test_a_bad_line_is_told_without_its_password() -> None:
    ((level, found),) = await findings("smtp+tls://dana:geheim@relay")
    assert level == Level.PROBLEM
    assert "geheim" not in found


def test_a_folder_is_no_copy(office: Desk, tmp_path: Path) -> None:
    office.environment["BODE_LEDGER_COPY"] = str(tmp_path)
    assert "cannot be written" in problems(office)


def test_keys_that_sign_mail_are_looked_at(office: Desk) -> None:
    office.environment["BODE_DKIM_KEYS"] = f"{office.folder}/dkim.json"
    assert "bode keys new --dkim" in problems(office)
    office.bode("keys", "new", "--dkim", "example.org")
    assert levels(office.told("doctor"))["signatures"] == "ok"
    office.environment["BODE_DKIM_KEYS"] = f"{office.folder}/others.json"
    office.bode("keys", "new", "--dkim", "example.net")
    assert "signs for example.net" in problems(office)
