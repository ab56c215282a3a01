"""The certificate of erasure: given, checked by anybody, changed by nobody, and silent about the address."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from sqlalchemy import delete

from app.domain import certificate
from app.domain.certificate import MOST_ENTRIES, Place, read
from app.domain.ledger import Entry
from app.features.certify import Verdict, check
from tests.cast import ALICE, BOB
from tests.web.conftest import Site

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def erased(site: Site) -> str:
    """Alice erases herself; the path of her certificate."""
    page = await site.post(f"/gegevens/{site.mydata()}/wissen")
    found = re.search(r'href="(/bewijs/[^"]+)"', page.text)
    assert found
    return found[1]


async def file_of(site: Site, path: str) -> dict[str, Any]:
    answer = await site.get(f"{path}/json")
    assert answer.headers["content-disposition"] == 'attachment; filename="bewijs.json"'
    return dict(answer.json())


def written_otherwise(text: str) -> list[str]:
    """The same to us, were we not strict, and something else to whoever reads it with another program."""
    name, value = '"issuer": "Netwerk Weerbaar Bestuur"', '"subscriptions": 1'
    assert name in text
    assert value in text
    return [
        text.replace(name, f'"issuer": "Ministerie", {name}'),
        text.replace(value, f'"subscriptions": 9, {value}'),
        text.replace(value, '"subscriptions": "1"'),
        text.replace(value, '"subscriptions": 1.0'),
        text.replace(value, '"subscriptions": true'),
        text.replace('"erasedAt"', '"erased_at"'),
        text.replace('"version": 1, ', ""),
        text.replace('Z"', '+00:00"', 1),
    ]


async def verdict(site: Site, content: dict[str, Any]) -> Verdict:
    tools = {"ring": site.house.ring, "book": site.house.book, "backup_days": 35, "now": site.clock()}
    return await check(read(json.dumps(content)), **tools)


async def test_who_is_erased_gets_a_certificate_that_holds_no_address(site: Site) -> None:
    path = await erased(site)
    page = (await site.get(path)).text
    assert "Dit bewijs is echt" in page
    assert "hoogstens tot en met 21 december 2026" in page  # 35 days of backups
    content = await file_of(site, path)
    assert content["removed"]["subscriptions"] == 1
    assert content["removed"]["proofs"] == 2
    assert len(content["ledger"]) == 2  # the subscription, and its proof
    everything = page + json.dumps(content) + path
    assert not any(word in everything for word in ("alice", "example.org"))


async def test_the_person_sees_that_it_is_theirs_and_nobody_else_does(site: Site) -> None:
    path = await erased(site)
    assert "gaat over het adres dat u typte" in (await site.post(path, data={"address": ALICE.upper()})).text
    assert "gaat over een ander adres" in (await site.post(path, data={"address": BOB})).text
    wrong = await site.post(path, data={"address": "alice"})
    assert wrong.status_code == 400
    assert 'value="alice"' in wrong.text
    for _ in range(site.house.settings.signups_per_network):
        last = await site.post(path, data={"address": BOB})
    assert last.status_code == 429


async def test_anybody_has_a_file_checked_without_an_address(site: Site) -> None:
    content = await file_of(site, path := await erased(site))
    assert "Een bewijs controleren" in (await site.get("/bewijs-controleren")).text
    page = await site.post("/bewijs-controleren", data={"certificate": json.dumps(content, indent=2)})
    assert "Dit bewijs is echt" in page.text
    content["removed"]["subscriptions"] = 2
    page = await site.post("/bewijs-controleren", data={"certificate": json.dumps(content)})
    assert "Dit bewijs is niet echt" in page.text
    odd = [json.dumps({**content, name: "x"}) for name in ("signature", "mark", "salt", "key")]
    odd += written_otherwise(json.dumps(await file_of(site, path)))
    for text in ("", "{}", "x" * 9000, json.dumps({**content, "more": 1}), *odd):
        answer = await site.post("/bewijs-controleren", data={"certificate": text})
        assert answer.status_code == 400
        assert "geen bewijs van ons" in answer.text
    assert (await site.get("/bewijs/x")).status_code == 404
    assert (await site.get("/bewijs/eJwDAAAAAAE")).status_code == 404


async def test_every_change_is_seen_and_the_ledger_is_asked(site: Site) -> None:
    content = await file_of(site, await erased(site))
    assert await verdict(site, content) is Verdict.WHOLE
    changes: dict[str, Any] = {
        "issuer": "Somebody else",
        "erasedAt": "2026-11-16T09:00:01Z",
        "backupsUntil": "2026-12-20",
        "ledger": content["ledger"][:1],
        "salt": "0" * 32,
        "mark": "0" * 64,
        "key": "00000000",
        "signature": "0" * 128,
    }
    assert set(changes) | {"removed", "kind", "version"} == set(content)
    for name, value in changes.items():
        assert await verdict(site, {**content, name: value}) is Verdict.FORGED, name
    async with site.house.book.database.unit_of_work() as ledger:
        first = content["ledger"][0]["number"]
        await ledger.execute(delete(Entry).where(Entry.seq == first))
    assert await verdict(site, content) is Verdict.MISSING
    async with site.house.book.database.unit_of_work() as ledger:
        await ledger.execute(delete(Entry))
    assert await verdict(site, content) is Verdict.MISSING
    site.clock.forward(days=43)  # no backup needs it any more
    assert await verdict(site, content) is Verdict.PRUNED


async def test_a_link_that_would_unpack_to_much_is_refused(site: Site) -> None:
    bomb = certificate.zlib.compress(b"[" * 1_000_000, 9)
    token = certificate.base64.urlsafe_b64encode(bomb).decode().rstrip("=")
    assert (await site.get(f"/bewijs/{token}")).status_code == 404


async def test_the_longest_certificate_still_fits_its_link(site: Site) -> None:
    found = read(json.dumps(await file_of(site, await erased(site))))
    places = [Place(number=7000 + number, hash=os.urandom(32).hex()) for number in range(MOST_ENTRIES)]
    changes = {"ledger": places, "issuer": "é" * certificate.LONGEST_NAME}
    whole = found.model_copy(update=changes).signed(site.house.ring, certificate.PURPOSE)
    assert read(json.dumps(whole.file())) == whole
    assert (await site.get(f"/bewijs/{whole.packed()}")).status_code == 200
