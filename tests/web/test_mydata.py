"""A reader's own page: see, save, change, pause, stop, move, be forgotten, and nobody else's."""

from __future__ import annotations

from app.core import tokens
from app.core.register import Kind, entries, personal
from app.domain import LEDGER, MAIN, issue
from app.domain.consent import Event
from app.domain.delivery import Delivery, State
from app.domain.house import House
from app.domain.issue import Issue
from app.web import shape
from tests import cast as people
from tests.cast import ALICE, BOB
from tests.web.conftest import SLUG, Site, visitor
from tests.web.test_signup import another

NEW = "alice.new@example.net"


async def test_the_page_shows_everything_and_the_file_holds_it_too(site: Site) -> None:
    await sent(site, number=7)
    token = site.mydata()
    page = await site.get(f"/gegevens/{token}")
    assert page.status_code == 200
    for each in (ALICE, "U drukte op de knop", "Editie 7", "afgegeven bij uw mailprovider (250 2.0.0)"):
        assert each in page.text
    answer = await site.get(f"/gegevens/{token}/json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="mijn-gegevens.json"'
    held = answer.json()
    assert held["address"] == ALICE
    (mine,) = held["newsletters"]
    assert mine["newsletter"] == "Weerbaar Bestuur"
    assert mine["subscription"]["language"] == "nl"
    assert [each["event"] for each in mine["proofs"]] == ["requested", "confirmed"]
    assert [each["issue"] for each in mine["deliveries"]] == [7]
    assert mine["block"] is None


async def sent(site: Site, number: int) -> None:
    """An issue that reached alice."""
    house, letter = site.house, site.stage.letter
    async with house.database.unit_of_work() as session:
        row = Issue(
            newsletter_id=letter.id,
            number=number,
            state=issue.State.SENT,
            author="dana",
            created_at=site.clock(),
        )
        session.add(row)
        await session.flush()
        session.add(
            Delivery(
                issue_id=row.id,
                subscriber_id=site.stage.alice.id,
                state=State.ACCEPTED,
                code="250 2.0.0",
            )
        )


TOLD = {
    "subscriber": shape.Subscription,
    "consent": shape.Proof,
    "delivery": shape.Delivery,
    "block": shape.Block,
    "request": shape.Request,
    "lookup": shape.Lookup,
    "candidate": shape.Listed,
    "ledger_entry": shape.End,
}
NOT_TOLD = {
    "outbox": "mail under way, for a day at most, sealed: nobody can look an address up in it",
    "pending_end": "an end that waits for the ledger: it is told as that is, once it is there",
    "throttle_count": "counted under a key that is destroyed within a week, by which nobody is found",
}
OTHERWISE = {
    "newsletter_id": "the newsletter's name stands above it",
    "newsletter": "the newsletter's name stands above it",
    "address": "once, at the top",
    "content": "the address, which stands at the top",
    "address_index": "a keyed form of the address",
    "subject": "a keyed form of the address",
    "proof": "a keyed form of the address",
    "wording_id": "text_version, and the words themselves",
    "issue_id": "the issue's number",
    "subscriber_id": "the subscription's id",
    "code": "answer",
    "unproven": "what a certificate still has to say, until it is sent with all of it",
}


def test_the_file_has_a_place_for_every_table_and_column_about_a_reader() -> None:
    """What a table holds about a reader is in the file, or is named here with its reason."""
    about = {Kind.ADDRESS, Kind.PSEUDONYM, Kind.READER}
    tables = [each for metadata in (MAIN, LEDGER) for each in entries(metadata) if personal(each[2])]
    assert {table.name for table, _, _ in tables} == {*TOLD, *NOT_TOLD}
    untold = {
        f"{table.name}.{column.name}"
        for table, _, columns in tables
        if table.name in TOLD
        for column, held in columns
        if held.kind in about and column.name not in {*TOLD[table.name].model_fields, *OTHERWISE}
    }
    assert untold == set()


async def test_the_words_that_somebody_agreed_to_are_shown_and_in_the_file(site: Site) -> None:
    await site.post(f"/nl/{SLUG}", data={"address": BOB})
    content = (await site.mails())[0]
    names = {"a": "address", "l": "language", "w": "wording", "i": "at", "x": "nonce"}
    sealed = {short: content[long] for short, long in names.items()}
    sealed["n"] = site.stage.letter.tag.hex()
    token = tokens.seal(site.house.ring, "confirm", sealed)
    assert (await site.post(f"/bevestigen/{token}")).status_code == 200
    mine = site.mydata(await site.stage.find(BOB))
    page = (await site.get(f"/gegevens/{mine}")).text
    assert page.index("Met deze knop vraagt u") < page.index("Ja, stuur mij de nieuwsbrief")
    (held,) = (await site.get(f"/gegevens/{mine}/json")).json()["newsletters"]
    requested, confirmed = held["proofs"]
    assert requested["textVersion"] == content["wording"]
    assert "Met deze knop vraagt u" in requested["text"]
    assert confirmed["textVersion"] != content["wording"]
    assert "Als u op deze knop drukt, bent u het wel." in confirmed["text"]
    assert "Ja, stuur mij de nieuwsbrief" in confirmed["text"]


async def test_the_link_opens_for_four_hours_and_as_often_as_needed(site: Site) -> None:
    token = site.mydata()
    site.clock.forward(hours=4)
    assert (await site.get(f"/gegevens/{token}")).status_code == 200
    assert (await site.get(f"/gegevens/{token}")).status_code == 200
    site.clock.forward(seconds=1)
    for path in (f"/gegevens/{token}", f"/my-data/{token}/erase"):
        late = await site.get(path)
        assert late.status_code == 410
        assert ALICE not in late.text
    assert f'href="/nl/{SLUG}/mijn-gegevens"' in (await site.get(f"/gegevens/{token}")).text
    program = await site.get(f"/gegevens/{token}/json")
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["status"] == 410


async def test_the_link_is_void_when_its_reader_has_gone(site: Site) -> None:
    token = site.mydata(site.stage.chris_was)
    assert (await site.get(f"/gegevens/{token}")).status_code == 410
    assert (await site.post(f"/gegevens/{token}/wissen")).status_code == 410


async def test_a_void_link_leads_to_a_new_one_and_says_only_what_is_so(site: Site) -> None:
    await another(site)  # so that only the link itself says which newsletter it is about
    token = site.mydata()
    await site.post(f"/gegevens/{token}/wissen")
    page = await site.get(f"/gegevens/{token}")
    assert page.status_code == 410
    assert f'href="/nl/{SLUG}/mijn-gegevens">Vraag een nieuwe link aan<' in page.text
    assert "u bent gestopt" not in page.text
    assert "moved to another address" in (await site.get(f"/my-data/{token}")).text


async def test_a_language_is_chosen(site: Site) -> None:
    answer = await site.post(f"/gegevens/{site.mydata()}/taal", data={"language": "en"})
    assert answer.status_code == 200
    assert "Uw taal is gewijzigd" in answer.text
    row = await site.stage.find(ALICE)
    assert row is not None
    assert row.language == "en"
    assert (await site.post(f"/gegevens/{site.mydata()}/taal", data={"language": "de"})).status_code == 400


async def test_a_break_begins_and_ends(site: Site) -> None:
    token = site.mydata()
    answer = await site.post(f"/my-data/{token}/pause", data={"months": "3"})
    assert "Your break has started" in answer.text
    assert "16 February 2027" in answer.text
    row = await site.stage.find(ALICE)
    assert row is not None
    assert row.paused_until is not None
    answer = await site.post(f"/my-data/{token}/resume")
    assert "You get the newsletter again" in answer.text
    row = await site.stage.find(ALICE)
    assert row is not None
    assert row.paused_until is None


async def test_a_break_of_another_length_is_refused(site: Site) -> None:
    for months in ("", "0", "2", "-1", "x", "999999", "1.5"):
        answer = await site.post(f"/gegevens/{site.mydata()}/pauze", data={"months": months})
        assert answer.status_code == 400
    row = await site.stage.find(ALICE)
    assert row is not None
    assert row.paused_until is None


async def test_a_page_that_is_loaded_again_presses_nothing_again(site: Site) -> None:
    token = site.mydata()
    for word in ("taal", "pauze", "hervatten", "adres", "stoppen"):
        answer = await site.get(f"/gegevens/{token}/{word}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/gegevens/{token}")


async def test_stopping_here_can_be_taken_back_too(site: Site) -> None:
    answer = await site.post(f"/gegevens/{site.mydata()}/stoppen")
    assert answer.status_code == 200
    assert 'name="undo"' in answer.text
    assert await site.stage.find(ALICE) is None


async def test_nobody_can_flood_others_from_their_own_page(site: Site) -> None:
    limit = site.house.settings.signups_per_network
    for number in range(limit):
        form = {"address": f"victim{number}@example.net"}
        await site.post(f"/gegevens/{site.mydata()}/adres", data=form)
    answer = await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert len(await site.mails()) == limit


async def test_one_yes_shows_nothing_of_another_newsletter_on_the_page(house: House, site: Site) -> None:
    await another(site)
    async with visitor(house, site.clock) as client:
        page = await client.get(f"/gegevens/{site.mydata()}")
    assert "Tweede brief" not in page.text


async def test_proofs_of_an_earlier_time_are_in_the_file_of_who_came_back(site: Site) -> None:
    site.clock.forward(days=1)
    row = await people.join(site.house, site.stage.letter, people.CHRIS, site.clock())
    (mine,) = (await site.get(f"/gegevens/{site.mydata(row)}/json")).json()["newsletters"]
    events = [each["event"] for each in mine["proofs"]]
    assert events == [Event.REQUESTED, Event.CONFIRMED, Event.WITHDRAWN, Event.REQUESTED, Event.CONFIRMED]
