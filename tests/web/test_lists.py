"""The rooms for lists: an officer hands one in, somebody else releases it, and no address shows anywhere."""

from __future__ import annotations

import re
from io import StringIO
from tempfile import SpooledTemporaryFile

import httpx2
import pytest
from sqlalchemy import select, update

from app.domain.candidate import Candidate
from app.domain.roster import Roster
from app.features import intake
from app.web.staff.lists import MOST_OCTETS
from tests.cast import ALICE, CHRIS
from tests.web.conftest import SLUG, Site, field
from tests.web.desk import Browser, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
NEW = "/staff/lists/new"
HEAD = "address,consented_at,evidence\n"
LONG = "".join(f"reader{number}{'x' * 3900},2024-05-31,map 3\n" for number in range(300))  # more than 1 MB
LIST = f"{HEAD}dora@example.org,2024-05-31,map 3\n{ALICE},2024-05-31,map 3\n{CHRIS},2024-05-31,map 4\n"


async def seated(site: Site, name: str) -> Browser:
    await enrolled(site, name)
    await straight_in(site, site.client, name)
    return Browser(site, site.client)


async def send(site: Site, content: bytes, newsletter: str = SLUG) -> httpx2.Response:
    form = field((await site.get(NEW)).text, "form")
    return await site.post(
        NEW, data={"form": form, "newsletter": newsletter}, files={"file": ("lijst.csv", content)}
    )


async def carry_on(site: Site) -> None:
    house = site.house
    while await intake.carry_on(house.database, house.book, house.ring, now=site.clock()):
        pass


def plain(answer: httpx2.Response) -> str:
    """What a person reads on the page, with one blank where there are more."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.split("<main", 1)[1]).split())


def refuse_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of which a part would lie on a disk breaks the request."""

    def to_a_disk(_file: object) -> None:
        raise AssertionError

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", to_a_disk)


async def test_one_hands_it_in_and_another_releases_it(
    site: Site, lines: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_disks(monkeypatch)
    fatima = await seated(site, "fatima")
    page = str((await send(site, (LIST + LONG).encode())).headers["location"])
    own = await site.get(page)
    for told in ("Waarvan met toestemming 3", "map 3 2", "Regel 5: het adres is geen adres"):
        assert told in plain(own)
    assert f'action="{page}/release"' not in own.text
    alone = await fatima.press(page, f"{page}/release")
    assert (alone.status_code, "Iemand anders dan wie de lijst" in plain(alone)) == (400, True)
    emre = await seated(site, "emre")
    assert (await emre.press(page, f"{page}/release")).status_code == 303
    assert "0 klaar, nog 3 te gaan" in plain(await site.get(page))
    await carry_on(site)
    done, late = await site.get(page), await emre.press("/staff", f"{page}/refuse")
    for told in ("Nieuw 1", "Al ingeschreven 1", "Doen niet mee 301", "Regel 4: dit abonnement stopte na"):
        assert told in plain(done)
    assert "Iemand heeft al beslist" in plain(late)
    assert await site.stage.find("dora@example.org") is not None
    held = "\n".join(each for rows in (await site.holds()).values() for each in rows)
    for sink in (held, lines.getvalue(), own.text, alone.text, done.text, late.text):
        assert not re.search(r"dora|chris@|alice@|reader0", sink)


async def test_who_only_watches_decides_nothing(site: Site) -> None:
    await seated(site, "fatima")
    page = str((await send(site, LIST.encode())).headers["location"])
    joost = await seated(site, "joost")
    assert "<form" not in (await site.get(page)).text.split("<main", 1)[1]
    assert (await joost.press("/staff", f"{page}/release")).status_code == 403
    assert (await site.get(NEW)).status_code == 403
    assert page in (await site.get("/staff/lists")).text
    await carry_on(site)
    assert await site.stage.find("dora@example.org") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Kies een bestand dat niet leeg is"),
        (b"email\ndora@example.org\n", "De eerste regel klopt niet"),
        (LIST.encode() + b"\xff\xfe,2024-05-31,x\n", "staan tekens die geen tekst zijn"),
        (LIST.encode() + b'e@example.org,2024-05-31,"open\n', "Na regel 4 is het bestand niet te lezen"),
        (LIST.encode() + b"e@example.org,2024-05-31,a\0b\n", "Na regel 4 is het bestand niet te lezen"),
        (f"{HEAD}dora@example.org,2024-05-31,\n".encode(), "Regel 2: er staat niet bij waaruit"),
        (b"x" * (MOST_OCTETS + 1), "tot 10 MB"),
    ],
    ids=["empty", "columns", "no text", "quotes", "a zero", "no evidence", "large"],
)
async def test_what_is_no_list_is_told_at_its_field_and_nothing_is_kept(
    site: Site, content: bytes, told: str
) -> None:
    await seated(site, "fatima")
    answer = await send(site, content)
    assert answer.status_code == 400
    assert re.search(told, plain(answer))
    assert "dora" not in answer.text
    assert (await send(site, LIST.encode(), "andere")).status_code == 400
    async with site.house.database.reading() as db:
        assert not list(await db.scalars(select(Roster)))


async def test_what_a_spreadsheet_writes_is_taken_too(site: Site) -> None:
    await seated(site, "fatima")
    text = LIST.replace(",", ";").replace("\n", "\r\n")
    page = str((await send(site, text.encode("utf-8-sig"))).headers["location"])
    assert "Waarvan met toestemming 3" in plain(await site.get(page))


async def test_who_is_on_a_list_sees_it_and_takes_it_along_when_erased(site: Site) -> None:
    fatima = await seated(site, "fatima")
    page = str((await send(site, LIST.encode())).headers["location"])
    mine = f"/gegevens/{site.mydata()}"
    assert "Op een lijst die wacht om te worden ingebracht" in (await site.get(mine)).text
    (letter,) = (await site.get(f"{mine}/json")).json()["newsletters"]
    assert [each["evidence"] for each in letter["lists"]] == ["map 3"]
    erased = await site.post(f"{mine}/wissen")
    found = re.search(r'href="(/bewijs/[^"]+)"', erased.text)
    assert found
    assert "Regels van lijsten die wachtten 1" in plain(await site.get(found[1]))
    assert "vroeg om te worden gewist 1" in plain(await site.get(page))
    assert (await fatima.press(page, f"{page}/refuse")).status_code == 303
    assert "afgewezen of teruggenomen" in plain(await site.get(page))


async def test_a_damaged_line_is_told_and_keeps_nobody_from_what_is_held(site: Site) -> None:
    fatima = await seated(site, "fatima")
    await send(site, LIST.encode())
    async with site.house.database.unit_of_work() as db:  # alice's, on the second line
        await db.execute(update(Candidate).where(Candidate.number == 3).values(content=b"a broken disk"))
    mine = f"/gegevens/{site.mydata()}"
    shown = await site.get(mine)
    assert (shown.status_code, "dat kunnen wij niet meer lezen" in shown.text) == (200, True)
    (letter,) = (await site.get(f"{mine}/json")).json()["newsletters"]
    assert [each["evidence"] for each in letter["lists"]] == [None]
    for address in (ALICE, "dora@example.org"):
        look = {"address": address, "why": "question", "number": "AVG-2026-17"}
        seen = await fatima.press("/staff/look-up", "/staff/look-up", **look)
        assert (seen.status_code, "op een lijst die wacht" in seen.text) == (200, True)
