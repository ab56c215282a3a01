"""Dana writes and emre approves: two issues take two months, and neither disturbs the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journeys.service import Service, plain, read, until
from tests.sending import TEXT

READER = "lezer@example.net"
COLLEAGUES = ("dana@example.org", "emre@example.org")
TITLE = "Nieuws van de maand: zó doet u dat"
NEXT, MENDED = "Nieuws van de maand erna", "Nieuws van de maand erna, verbeterd"
NEW = ("--newsletter", "weerbaar-bestuur")
AHEAD = timedelta(minutes=9)  # within the ten minutes in which colleagues have the final mail
SOON = timedelta(seconds=2)
MONTH = timedelta(days=28)  # the shortest time between two first Tuesdays


def written(service: Service, title: str, *where: str) -> Any:
    """Dana brings in an issue, or another version of it."""
    path: Path = service.folder / "issue.md"
    path.write_text(TEXT.replace(TITLE, title))
    return service.told("issue", "import", str(path), "--author", "dana", *where)


def approved(service: Service, issue_id: str) -> Any:
    told = service.told("issue", "approve", issue_id, "--approver", "emre")
    assert told.pop("readers") == 1  # to how many it goes out by itself
    return told


def schedule(service: Service, issue_id: str, ahead: timedelta) -> datetime:
    at = datetime.now(UTC) + ahead
    service.bode("issue", "schedule", issue_id, "--at", at.isoformat())
    return at


def subjects(service: Service, address: str) -> list[str]:
    """What somebody has got, by its subject."""
    return [str(read(each)["Subject"]) for each in service.mail.letters(address)]


def first_issue(service: Service) -> Any:
    """Dana cannot send it, nor approve it; emre does."""
    made = written(service, TITLE, *NEW)["id"]
    assert "not approved" in service.refused("issue", "send", made)
    service.refused("issue", "approve", made, "--approver", "dana")
    slot = approved(service, made)
    assert (slot["state"], slot["author"], slot["approver"]) == ("scheduled", "dana", "emre")
    return slot


def second_issue(service: Service, first: Any) -> Any:
    """It takes the month after; to mend it is to have it approved again, and nothing of the first."""
    made = written(service, NEXT, *NEW)["id"]
    slot = approved(service, made)
    assert slot["period"] > first["period"]
    assert datetime.fromisoformat(slot["due_at"]) - datetime.fromisoformat(first["due_at"]) >= MONTH
    assert written(service, MENDED, "--issue", made)["state"] == "draft"
    shown = service.told("issue", "show", first["id"])
    assert {**shown, **first} == shown
    again = approved(service, made)
    assert (again["period"], again["due_at"]) == (slot["period"], slot["due_at"])
    return again


def test_two_editors_and_two_slots(service: Service) -> None:
    for _ in range(1 if service.main.startswith("sqlite") else 2):
        service.worker()
    service.join(READER)
    first = first_issue(service)
    second = second_issue(service, first)

    schedule(service, first["id"], AHEAD)
    until(lambda: all(TITLE in subjects(service, each) for each in COLLEAGUES), "the final mail")
    assert TITLE not in subjects(service, READER)
    at = schedule(service, first["id"], SOON)
    report = service.sent(first["id"])
    assert datetime.fromisoformat(report["started_at"]) >= at
    assert (report["audience"], report["accepted"], report["in_doubt"]) == (1, 1, 0)
    assert subjects(service, READER).count(TITLE) == 1
    assert "Een alinea" in plain(service.letters(READER, 2)[-1])
    shown = service.told("issue", "show", second["id"])
    assert {**shown, **second} == shown
    assert MENDED not in subjects(service, READER)
