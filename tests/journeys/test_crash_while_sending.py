"""The worker is killed for real, and the mail server goes away: nobody is lost."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import newsletter
from tests import cast as people
from tests.journeys.service import Service, until
from tests.sending import TEXT

CONNECTIONS = 4
SLOWLY = 0.1  # seconds a letter, so that there is a middle


async def _fill(service: Service, count: int) -> None:
    settings = Settings(
        database_url=service.environment["BODE_DATABASE_URL"],
        ledger_url=service.environment["BODE_LEDGER_URL"],
        keys_file=service.folder / "keys.json",
        data_dir=service.folder,
    )
    house = await houses.open_house(settings)
    async with house.database.reading() as session:
        letter = await newsletter.by_slug(session, "weerbaar-bestuur")
    await people.crowd(house, letter, count, houses.now() - timedelta(days=1))
    await house.close()


def fill(service: Service, count: int) -> None:
    """Many readers at once."""
    asyncio.run(_fill(service, count))


def copies(service: Service) -> dict[str, list[str]]:
    """The hashes of every copy each reader got."""
    found = service.mail.report()["recipients"]
    return {to: each["sha256"] for to, each in found.items() if to.startswith("reader")}


def test_killed_in_the_middle_nobody_is_lost(service: Service) -> None:
    fill(service, 5000)
    worker = service.worker()
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    kills = 3
    for kill in range(kills):
        until(lambda at=1200 * (kill + 1): len(copies(service)) > at, "enough is sent")
        service.stop(worker, signal.SIGKILL)
        worker = service.worker()
    report = service.sent(issue_id)
    got = copies(service)
    assert len(got) == 5000
    extra = sum(len(each) - 1 for each in got.values())
    assert extra <= kills * CONNECTIONS
    assert extra <= report["in_doubt"] <= kills * CONNECTIONS
    assert all(len(set(each)) == 1 for each in got.values())
    assert (report["audience"], report["accepted"], report["waiting"]) == (5000, 5000, 0)


def test_the_mail_server_is_down_and_comes_back(service: Service) -> None:
    fill(service, 300)
    service.mail.down()
    worker = service.worker()
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    until(lambda: "relay.trouble" in service.log, "the worker notices")
    until(lambda: service.state(issue_id) == "sending", "it is on its way")
    service.mail.up()
    service.mail.behave(body_delay=SLOWLY)
    until(lambda: len(copies(service)) > 50, "a part is sent")
    service.mail.down()
    assert len(copies(service)) < 300
    service.mail.behave()
    service.mail.up()
    report = service.sent(issue_id)
    got = copies(service)
    assert len(got) == 300
    assert sum(len(each) for each in got.values()) - 300 <= report["in_doubt"] <= CONNECTIONS
    assert report["accepted"] == 300
    assert service.stop(worker) == 0


def test_sigterm_lets_the_message_under_way_finish(service: Service) -> None:
    fill(service, 1000)
    service.mail.behave(body_delay=0.01)
    worker = service.worker()
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    until(lambda: len(copies(service)) > 100, "a part is sent")
    assert service.stop(worker) == 0
    half = service.report(issue_id)
    assert half["accepted"] == len(copies(service))
    assert half["in_doubt"] == 0
    service.mail.behave()
    service.worker()
    report = service.sent(issue_id)
    assert report["in_doubt"] == 0
    assert {len(each) for each in copies(service).values()} == {1}
