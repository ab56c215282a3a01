"""Keys change while the service runs, and who changes them is killed: nobody is lost or there twice."""

from __future__ import annotations

import asyncio
import signal
from contextlib import closing
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import subscriber
from app.domain.subscriber import Subscriber
from tests.cli.desk import Desk
from tests.journeys import traces
from tests.journeys.service import Service, link_in, until
from tests.journeys.test_crash_while_sending import copies, fill
from tests.sending import TEXT

READERS = 3000
KILLS = (1, 700, 1600)  # once so many rows are under the new key, the change is cut off


def asked(service: Service, query: str) -> Any:
    with closing(traces.connected(service.main)) as connection:
        return connection.execute(query).fetchone()[0]


def moved(service: Service) -> int:
    """How many subscribers are under the key in use."""
    query = "SELECT count(*) FROM subscriber, service WHERE key_id = active_key"
    return int(asked(service, query))


def left_behind(service: Service) -> int:
    return int(asked(service, "SELECT count(*) FROM subscriber, service WHERE key_id <> active_key"))


async def _addresses(service: Service) -> list[str]:
    settings = Settings(
        database_url=service.main,
        ledger_url=service.ledger,
        keys_file=service.folder / "keys.json",
        data_dir=service.folder,
    )
    house = await houses.open_house(settings)
    async with house.database.reading() as session:
        rows = await session.scalars(select(Subscriber))
        found = [subscriber.opened(house.ring, row).canonical for row in rows]
    await house.close()
    return found


def one_click(service: Service, address: str) -> str:
    """The link in the newsletter that this reader got."""
    return str(service.letters(address, 2)[-1]["List-Unsubscribe"]).strip("<>")


def leave(service: Service, link: str) -> None:
    answer = service.http.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == httpx2.codes.OK


@pytest.fixture
def near(service: Service, monkeypatch: pytest.MonkeyPatch, own_logging: None) -> Service:
    """The service, whose other commands run here: the same code, without waiting for a process each."""
    desk = Desk(service.folder, **{k: v for k, v in service.environment.items() if k.startswith("BODE_")})
    monkeypatch.setattr(service, "bode", lambda *words: desk.bode(*words).stdout)
    return service


def set_out(service: Service) -> dict[str, str]:
    """Alice and chris have a newsletter, bob has a confirmation link, and many read along."""
    service.worker()
    for name in ("alice", "chris"):
        service.join(f"{name}@example.org")
    first = service.issue(TEXT)
    service.bode("issue", "send", first)
    service.sent(first)
    links = {name: one_click(service, f"{name}@example.org") for name in ("alice", "chris")}
    assert service.sign_up("bob@example.org").status_code == httpx2.codes.OK
    fill(service, READERS)
    return {**links, "bob": link_in(service.letters("bob@example.org")[-1], "/bevestigen/")}


def cut_off(service: Service, before: str, rows: int) -> None:
    """Change keys, and die when so many rows are under the new one."""
    changing = service.start("keys", "rotate")
    until(lambda: asked(service, "SELECT active_key FROM service") != before, "the key is in use")
    until(lambda: moved(service) >= rows, "a part is under the new key")
    service.stop(changing, signal.SIGKILL)


def people(*names: str) -> list[str]:
    readers = [f"reader{number}@example.net" for number in range(READERS)]
    return sorted([*readers, *(f"{name}@example.org" for name in names)])


def test_killed_and_resumed_while_people_come_go_and_get_mail(near: Service) -> None:
    links, before = set_out(near), asked(near, "SELECT active_key FROM service")
    second = near.issue(TEXT)
    cut_off(near, before, KILLS[0])
    near.bode("issue", "send", second)
    near.join("dora@example.org")
    cut_off(near, before, KILLS[1])
    leave(near, links["alice"])
    near.sign_up("chris@example.org")  # is there already: nothing changes
    cut_off(near, before, KILLS[2])
    assert left_behind(near) > 0
    near.join("erik@example.org")
    done = near.told("keys", "rotate")
    assert (done["activated"], done["left"], left_behind(near)) == (False, 0, 0)
    assert near.http.post(links["bob"]).status_code == httpx2.codes.OK
    report = near.sent(second)
    assert report["audience"] == report["accepted"] + report["left"]
    got = copies(near)
    assert (len(got), {len(each) for each in got.values()}) == (READERS, {1})
    assert sorted(asyncio.run(_addresses(near))) == people("bob", "chris", "dora", "erik")
    leave(near, links["chris"])
    assert near.count() == READERS + 3
    whole(near)


def whole(service: Service) -> None:
    """Both keys are there, what the old one is still for is known, and both chains hold."""
    old, new = service.told("keys", "check")["keys"]
    assert (old["state"], new["state"]) == ("old", "active")
    assert old["used_by"].keys() == {"issue", "consent", "audit_checkpoint"}
    assert service.bode("ledger", "verify")
    assert service.bode("audit", "verify")
