"""The rooms of who watches: the trail is read, narrowed down and taken along; the keys show their age."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime

import pytest

from app.core import chain
from app.core.language import translations
from app.domain import audit, breach, invitation, lookup, request, staff, withheld
from app.domain.audit import Event, Record
from app.features import schedule, supervise
from app.features.request import settle
from app.web.staff.recorded import Words
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, links, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def joost(site: Site) -> Browser:
    """The supervisor at his browser, with a trail to read."""
    await enrolled(site, "joost")
    async with site.house.database.unit_of_work() as db:
        for number in range(60):
            await audit.record(db, "dana", Event.ISSUE_SUBMITTED, about=f"issue {number}", now=site.clock())
        await chain.close_segment(db, audit.CHAIN, site.house.ring, now=site.clock())
    site.clock.forward(days=1)
    async with site.house.database.unit_of_work() as db:
        await audit.record(db, "emre", Event.ISSUE_APPROVED, about="issue 59", now=site.clock())
    await straight_in(site, site.client, "joost")
    return Browser(site, site.client)


async def test_every_event_is_said_in_words_of_its_own(site: Site, joost: Browser) -> None:
    page = (await site.get("/staff/trail")).text
    said = dict(re.findall(r'<option value="(\w+\.\w+)">([^<]+)</option>', page))
    assert set(said) == set(Event)
    assert not [event for event, words in said.items() if event == words]
    assert len(set(said.values())) == len(said)


async def test_the_newest_lines_come_first_and_older_ones_behind_a_link(site: Site, joost: Browser) -> None:
    page = (await site.get("/staff/trail")).text
    assert '<td data-label="Wat">Editie goedgekeurd</td>' in page
    assert page.count("<tr>") == 51
    older = page.split('<a href="/staff/trail?before=', 1)[1].split('"', 1)[0]
    assert "editie 1<" in (await site.get(f"/staff/trail?before={older}")).text


SAID = {
    ("request V-2026-1", "erasure, answer by letter"): "Gegevens wissen, het antwoord gaat per brief",
    ("request V-2026-1", "document, stood still 3 days"): "dagen dat de termijn stilstond: 3",
    ("request V-2026-1", "-1 days left"): "dagen te laat: 1",
    ("request V-2026-1", "not_identified, answer by mail"): "Niemand liet zien",
    ("breach D-2026-1", "backup, keys no, risk high"): "sleutels gelekt: nee, risico: een hoog risico",
    ("issue 1", "550 5.7.1 at rcpt"): "de mailserver antwoordde 550 5.7.1",
    ("issue 1", "sha256 00ff; wrote in it, no other approver"): "hash 00ff; schreef erin mee, er is geen",
    ("staff dana", "2026-11-17 to 2026-11-20"): "van 2026-11-17 tot en met 2026-11-20",
    ("request V-2026-1", "request to fatima"): "privacyverzoeken, aan fatima",
    ("newsletter x", "12 lines, taken back"): "12 regels, teruggenomen",
    ("3 put back, 1 lost", ""): "teruggezet: 3, verloren: 1",
    ("backup", "passed"): "het lukte",
    ("request V-2026-2", "overtaken by an erasure"): "beëindigd, omdat eerst alles is gewist",
    ("newsletter x", "by their own link"): "met de eigen link",
    ("newsletter x", "with an erasure"): "samen met het wissen",
    ("request V-2026-3", "of newsletter x"): "van nieuwsbrief x",
}


async def test_what_it_is_about_and_why_are_said_in_the_language_of_the_page(
    site: Site, joost: Browser
) -> None:
    async with site.house.database.unit_of_work() as db:
        for about, reason in SAID:
            words = {"about": about, "reason": reason, "now": site.clock()}
            await audit.record(db, "service", Event.REQUEST_CLOSED, **words)
        reason = "delivery 30, audit 2, loo"  # cut off in the middle
        await audit.record(db, "service", Event.RETENTION_RUN, reason=reason, now=site.clock())
    page = (await site.get("/staff/trail")).text
    for said in SAID.values():
        assert said in page, said
    assert "Of een editie bij u is bezorgd: 30, Wat medewerkers en de dienst deden: 2, loo" in page
    assert "de dienst zelf" in page
    assert "answer by" in json.dumps((await joost.press("/staff/trail", "/staff/trail/file")).json())


CODES = [
    *(request.Kind, request.Channel, request.Identity, request.Refusal, request.Delay, settle.Way),
    *(lookup.Why, withheld.Why, schedule.Why, staff.Role, invitation.Purpose, supervise.Outcome),
    *(breach.Nature, breach.Keys, breach.Risk, breach.Late, breach.Advice),
]


async def test_every_code_that_is_on_record_has_words(site: Site) -> None:
    told = Words(translations("nl").gettext)
    codes = {str(each) for listed in CODES for each in listed}
    same = {each for each in codes if told.reason(Record(event=Event.REQUEST_CLOSED, reason=each)) == each}
    assert same == set()


async def test_it_is_narrowed_down_by_what_is_chosen_and_by_nothing_that_is_typed(
    site: Site, joost: Browser
) -> None:
    for query, count in (
        ("event=issue.approved", 1),
        ("actor=emre", 1),
        ("since=2026-11-17&until=2026-11-17", 1),
        ("since=17-11-2026&until=17+november+2026", 1),
        ("until=2026-11-16&event=issue.approved", 0),
        ("event=issue.approved&before=x", 1),
        ("event=issue.approved&since=0001-01-01&until=9999-12-31", 1),
        ("event=alice@example.org&actor=emre", 1),
    ):
        page = (await site.get(f"/staff/trail?{query}")).text
        assert page.count('<tr>\n      <th scope="row">') == count, query
        assert page.count("Vul een dag in") == query.count("0001") + query.count("9999"), query
    for name in ("actor", "event", "since", "until", "before"):
        assert "alice@" not in (await site.get(f"/staff/trail?{name}=alice@example.org")).text


async def test_the_last_hour_of_the_day_on_which_summer_time_ends_belongs_to_it(
    site: Site, joost: Browser
) -> None:
    late = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)  # half past eleven in the evening here
    async with site.house.database.unit_of_work() as db:
        await audit.record(db, "dana", Event.STAFF_AWAY, now=late)
    for day, count in (("24", 0), ("25", 1)):
        page = (await site.get(f"/staff/trail?event=staff.away&until=2026-10-{day}")).text
        assert page.count('<tr>\n      <th scope="row">') == count


async def test_the_file_can_be_checked_and_taking_it_is_on_record(site: Site, joost: Browser) -> None:
    answer = await joost.press("/staff/trail", "/staff/trail/file", actor="", event="")
    assert answer.headers["content-disposition"] == 'attachment; filename="trail-20261117.json"'
    content = answer.json()
    before = content["records"][0]
    for after in content["records"][1:]:  # as docs/threats.md says the chain is made
        covered = {name: after[name] for name in ("at", "actor", "event", "about", "reason")}
        body = json.dumps([after["seq"], covered], sort_keys=True, separators=(",", ":"))
        assert after["hash"] == hashlib.sha256(bytes.fromhex(before["hash"]) + body.encode()).hexdigest()
        before = after
    assert len(content["checkpoints"]) == 1
    assert "trail.exported" in (await site.get("/staff/trail")).text


async def test_the_age_of_the_keys_is_seen_and_none_of_their_secrets(site: Site, joost: Browser) -> None:
    page = (await site.get("/staff/keys")).text
    (key,) = site.house.ring._keys.values()
    assert key.id in page
    assert key.secret.hex() not in page
    await straight_in(site, site.client, "fatima")
    assert "/staff/keys" not in links((await site.get("/staff")).text)
    assert (await site.get("/staff/keys")).status_code == 403
