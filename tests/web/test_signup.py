"""The sign-up form: one answer for every address, nothing before a yes, and no harm to anyone."""

from __future__ import annotations

from sqlalchemy import select

from app.core.settings import Settings
from app.domain.consent import Wording
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.domain.outbox import Mail
from app.web.templating import text_of
from tests.cast import ALICE, BOB, CHRIS
from tests.conftest import Clock
from tests.web.conftest import SLUG, Site, field, visitor

NL, EN = f"/nl/{SLUG}", f"/en/{SLUG}"
INJECTIONS = [
    "a@example.org\r\nBcc: b@example.org",
    "a@example.org%0d%0aBcc:b@example.org\n",
    "a\u2028b@example.org",
    "a\x00b@example.org",
    "a@example.org\r",
    "<script>alert(1)</script>@example.org",
    '"a b"@example.org',
    "a@[127.0.0.1]",
    "\u202egro.elpmaxe@a",
    "a@b@example.org",
    "x" * 5000 + "@example.org",
    "{{7*7}}@@example.org",
]


async def test_a_sign_up_writes_one_sealed_mail_and_no_row_with_the_address(site: Site) -> None:
    answer = await site.post(NL, data={"address": BOB})
    assert answer.status_code == 200
    assert "U bent nog niet aangemeld" in answer.text
    mails = await site.mails()
    assert [(each["purpose"], each["address"], each["language"]) for each in mails] == [("signup", BOB, "nl")]
    assert await site.stage.find(BOB) is None
    assert BOB not in repr(await site.holds())


async def test_the_words_beside_the_button_are_kept_with_the_request(site: Site) -> None:
    page = text_of((await site.get(EN)).text)
    await site.post(EN, data={"address": BOB})
    wording = (await site.mails())[0]["wording"]
    async with site.house.database.reading() as session:
        kept = await session.scalar(select(Wording.text).where(Wording.id == wording))
    assert kept
    assert "Netwerk Weerbaar Bestuur (nieuwsbrief@example.org)" in kept
    assert all(line.split(" (")[0].split("<")[0][:40] in page for line in kept.splitlines())


async def test_everybody_gets_the_same_bytes(site: Site) -> None:
    blocked = "blocked@example.org"
    await site.post(f"/niet-ik/{site.not_me(blocked)}")
    addresses = (ALICE, BOB, BOB, CHRIS, blocked, "zoë@münchen.example".replace("ë", "e"))
    answers = [await site.post(NL, data={"address": each}) for each in addresses]
    assert len({each.content for each in answers}) == 1
    assert len({tuple(each.headers.items()) for each in answers}) == 1


async def test_every_address_leaves_a_row_of_the_same_size(site: Site) -> None:
    for each in (ALICE, BOB, "a-much-longer-name.than-the-others@mail.department.example.org"):
        await site.post(NL, data={"address": each})
    async with site.house.database.reading() as session:
        assert len({len(row.content) for row in await session.scalars(select(Mail))}) == 1


async def test_what_is_no_address_is_told_at_the_field_and_changes_nothing(site: Site) -> None:
    await site.get(NL)
    before = await site.holds()
    for typed in ("", "   ", "nobody", "a@", "@example.org", "a b@example.org", *INJECTIONS):
        answer = await site.post(NL, data={"address": typed})
        assert answer.status_code == 400, typed
        assert "<title>Fout: " in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert "<script" not in answer.text
        assert "{{7*7}}" in answer.text or "7*7" not in typed
    assert await site.holds() == before


async def test_what_was_typed_stays_in_the_field(site: Site) -> None:
    answer = await site.post(NL, data={"address": 'jan"jansen@'})
    assert 'value="jan&#34;jansen@"' in answer.text


async def test_a_text_far_too_long_is_told_at_the_field_and_its_beginning_stays(site: Site) -> None:
    typed = "begin" + "x" * 40_000
    forms = [(NL, "Dit e-mailadres is te lang", "de eerste 320 tekens")]
    forms += [(EN, "This e-mail address is too long", "the first 320 characters")]
    forms += [(f"{NL}/mijn-gegevens", "Dit e-mailadres is te lang", "de eerste 320 tekens")]
    forms += [(f"/gegevens/{site.mydata()}/adres", "Dit e-mailadres is te lang", "de eerste 320 tekens")]
    for path, wrong, shortened in forms:
        for files in (None, {"nothing": (None, "")}):  # in both encodings of a form
            answer = await site.post(path, data={"address": typed}, files=files)
            assert answer.status_code == 400
            assert wrong in text_of(answer.text)
            assert shortened in answer.text
            assert f'value="{typed[:320]}"' in answer.text
    short = await site.post(NL, data={"address": "x" * 320})
    assert "de eerste" not in short.text


async def test_a_form_without_a_field_is_an_empty_one(site: Site) -> None:
    assert (await site.post(NL)).status_code == 400
    assert (await site.post(NL, json={"address": BOB})).status_code == 400
    assert await site.mails() == []


async def test_a_letter_that_the_relay_cannot_deliver_is_refused_and_a_domain_is_not(site: Site) -> None:
    assert (await site.post(NL, data={"address": "jörg@example.org"})).status_code == 400
    assert (await site.post(NL, data={"address": "info@gemeente-súdwest.example"})).status_code == 200


async def test_a_relay_that_can_makes_every_letter_welcome(house: House, site: Site, clock: Clock) -> None:
    house.settings = Settings(**{**house.settings.model_dump(), "smtputf8": True})
    assert (await site.post(NL, data={"address": "jörg@example.org"})).status_code == 200


async def test_the_unseen_field_catches_robots_with_the_same_answer(site: Site) -> None:
    honest = await site.post(NL, data={"address": BOB})
    before = await site.holds()
    robot = await site.post(NL, data={"address": "victim@example.org", "website": "https://spam.example"})
    wrong = await site.post(NL, data={"address": "x", "website": "y"})
    assert robot.content == wrong.content == honest.content
    assert await site.holds() == before


async def test_a_form_works_for_two_hours_and_then_asks_once_more(site: Site) -> None:
    page = await site.get(NL)
    fresh = {"address": BOB, "stamp": field(page.text, "stamp")}
    assert (await site.post(NL, data=fresh)).status_code == 200
    site.clock.forward(hours=2, seconds=1)
    late = await site.post(NL, data=fresh)
    assert late.status_code == 400
    assert f'value="{BOB}"' in late.text
    assert "aria-invalid" not in late.text
    again = {"address": BOB, "stamp": field(late.text, "stamp")}
    assert (await site.post(NL, data=again)).status_code == 200


async def test_a_stamp_of_our_own_making_only(site: Site) -> None:
    for forged in ("x", site.mydata(), "A" * 299):
        assert (await site.post(NL, data={"address": BOB, "stamp": forged})).status_code == 400
    assert await site.mails() == []


async def test_a_network_that_asks_too_often_is_told_so_and_others_are_not(site: Site, clock: Clock) -> None:
    limit = site.house.settings.signups_per_network
    for number in range(limit):
        assert (await site.post(NL, data={"address": f"r{number}@example.net"})).status_code == 200
    answer = await site.post(NL, data={"address": BOB})
    assert answer.status_code == 429
    assert f'value="{BOB}"' in answer.text
    assert "netwerk" in answer.text
    assert len(await site.mails()) == limit
    await waits(site, answer.headers["retry-after"])


async def waits(site: Site, seconds: str) -> None:
    """What the header says is so: a second earlier is too early."""
    site.clock.forward(seconds=int(seconds) - 1)
    early = await site.post(NL, data={"address": BOB})
    assert (early.status_code, early.headers["retry-after"]) == (429, "1")
    site.clock.forward(seconds=1)
    assert (await site.post(NL, data={"address": BOB})).status_code == 200


async def test_everybody_together_is_limited_too(site: Site, clock: Clock) -> None:
    site.house.settings = Settings(**{**site.house.settings.model_dump(), "signups_overall": 2})
    clock.forward(minutes=12, microseconds=1)
    answers = [await site.post(NL, data={"address": BOB}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "2880"
    assert "Probeer het over 48 minuten opnieuw." in answers[2].text
    clock.forward(microseconds=-1)
    await waits(site, answers[2].headers["retry-after"])


async def test_a_town_hall_on_the_list_is_not_counted(site: Site, clock: Clock) -> None:
    values = site.house.settings.model_dump() | {"signups_per_network": 1}
    site.house.settings = Settings(**values)
    assert (await site.post(NL, data={"address": BOB})).status_code == 200
    assert (await site.post(NL, data={"address": BOB})).status_code == 429
    assert (await site.post(f"{NL}/mijn-gegevens", data={"address": BOB})).status_code == 200  # counted apart
    site.house.settings = Settings(**values | {"allowed_networks": frozenset({"192.0.2.0/24"})})
    assert (await site.post(NL, data={"address": BOB})).status_code == 200


async def test_the_front_door_leads_to_the_only_newsletter(site: Site) -> None:
    leads = [
        ("/", {}, NL),
        ("/", {"accept-language": "en-GB,en;q=0.9,nl;q=0.8"}, EN),
        ("/", {"accept-language": "fr"}, NL),
        ("/en", {"accept-language": "nl"}, EN),
    ]
    for path, headers, target in leads:
        answer = await site.get(path, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, target)


async def test_several_newsletters_are_a_list(site: Site) -> None:
    await another(site)
    answer = await site.get("/", headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert 'href="/en/tweede"' in answer.text
    assert 'href="/en/weerbaar-bestuur"' in answer.text
    assert 'href="/nl/tweede"' in (await site.get("/nl")).text


async def test_a_house_without_a_newsletter_says_so(house: House, clock: Clock) -> None:
    async with visitor(house, clock) as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "nog geen nieuwsbrief" in answer.text


async def another(site: Site) -> None:
    """A second newsletter."""
    async with site.house.database.unit_of_work() as session:
        session.add(
            Newsletter(
                slug="tweede",
                title="Tweede brief",
                sender_name="Netwerk",
                sender_address="tweede@example.org",
                language="en",
                created_at=site.clock(),
            )
        )


async def test_a_language_leads_to_the_same_page_in_the_other(site: Site) -> None:
    assert f'href="{EN}" lang="en"' in (await site.get(NL)).text
    assert f'href="/en/{SLUG}/my-data"' in (await site.get(f"/nl/{SLUG}/mijn-gegevens")).text


async def test_asking_for_ones_own_link_answers_the_same_for_everybody(site: Site) -> None:
    answers = [await site.post(f"{NL}/mijn-gegevens", data={"address": each}) for each in (ALICE, BOB, CHRIS)]
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert [each["purpose"] for each in await site.mails()] == ["ask", "ask", "ask"]
    assert (await site.post(f"{EN}/my-data", data={"address": "no"})).status_code == 400


async def test_a_newsletter_that_is_not_there_is_not_found(site: Site) -> None:
    for path in ("/nl/nothing", "/nl/nothing/privacy", "/en/nothing/my-data"):
        assert (await site.get(path)).status_code == 404
    assert (await site.post("/nl/nothing", data={"address": BOB})).status_code == 404
