"""The link in the confirmation mail, as a reader, an impatient reader and a scanner use it."""

from __future__ import annotations

from datetime import timedelta

from tests.cast import ALICE, BOB
from tests.web.conftest import SLUG, Site


async def test_looking_says_what_is_left_to_do_and_the_button_does_it(site: Site) -> None:
    token = site.asked(BOB)
    page = await site.get(f"/bevestigen/{token}")
    assert page.status_code == 200
    assert f'action="/bevestigen/{token}"' in page.text
    assert BOB not in page.text
    assert await site.stage.find(BOB) is None
    done = await site.post(f"/bevestigen/{token}")
    assert done.status_code == 200
    assert "U bent aangemeld" in done.text
    row = await site.stage.find(BOB)
    assert row is not None
    assert row.language == "nl"


async def test_pressing_twice_is_friendly(site: Site) -> None:
    token = site.asked(BOB)
    await site.post(f"/confirm/{token}")
    for again in (await site.post(f"/confirm/{token}"), await site.get(f"/confirm/{token}")):
        assert again.status_code == 200
        assert "already pressed" in again.text
        assert "not signed up yet" not in again.text


async def test_the_word_in_the_path_gives_the_language(site: Site) -> None:
    token = site.asked(BOB, language="nl")
    answer = await site.get(f"/confirm/{token}", headers={"accept-language": "nl"})
    assert answer.headers["content-language"] == "en"
    assert '<html lang="en">' in answer.text
    assert f'href="/bevestigen/{token}" lang="nl"' in answer.text


async def test_an_old_link_offers_a_new_one_in_one_step(site: Site) -> None:
    token = site.asked(BOB, at=site.clock() - timedelta(days=7, seconds=1))
    for method in ("GET", "POST"):
        answer = await site.request(method, f"/bevestigen/{token}")
        assert answer.status_code == 410
        assert "te oud" in answer.text
        assert f'href="/nl/{SLUG}"' in answer.text
    assert await site.stage.find(BOB) is None


async def test_a_link_is_void_after_leaving_and_after_not_me(site: Site) -> None:
    before = site.asked(ALICE)
    site.clock.forward(seconds=1)
    await site.post(f"/afmelden/{site.leaving()}/nu")
    answer = await site.post(f"/bevestigen/{before}")
    assert answer.status_code == 410
    assert await site.stage.find(ALICE) is None


async def test_what_is_not_our_link_is_a_page_and_no_more(site: Site) -> None:
    for word in ("bevestigen", "niet-ik", "gegevens", "adres", "afmelden"):
        for token in ("x", "A" * 300, "%00", "..%2f..", "é", "A" * 5000):
            answer = await site.get(f"/{word}/{token}")
            assert answer.status_code == 404
            assert answer.headers["content-language"] == "nl"


async def test_a_link_for_one_thing_opens_nothing_else(site: Site) -> None:
    links = {"confirm": site.asked(BOB), "my-data": site.mydata(), "unsubscribe": site.leaving()}
    for word in ("confirm", "my-data", "unsubscribe", "address"):
        for made_for, token in links.items():
            if word != made_for:
                assert (await site.get(f"/{word}/{token}")).status_code == 404


async def test_not_me_says_so_when_somebody_did_confirm_and_ends_it(site: Site) -> None:
    not_me = site.not_me(BOB)
    assert "U bent niet aangemeld" in (await site.get(f"/niet-ik/{not_me}")).text
    await site.post(f"/bevestigen/{site.asked(BOB)}")
    page = await site.get(f"/niet-ik/{not_me}")
    assert "U bent nu aangemeld" in page.text
    assert "U bent niet aangemeld" not in page.text
    await site.post(f"/niet-ik/{not_me}")
    assert await site.stage.find(BOB) is None


async def test_not_me_too_late_asks_nobody_to_begin_again(site: Site) -> None:
    not_me = site.not_me(BOB)
    site.clock.forward(days=8)
    for answer in (await site.get(f"/niet-ik/{not_me}"), await site.post(f"/niet-ik/{not_me}")):
        assert answer.status_code == 410
        assert "U hoeft niets te doen" in answer.text
        assert "vraag een nieuwe aan" not in answer.text


async def test_not_me_blocks_and_voids_and_says_for_how_long(site: Site) -> None:
    token, not_me = site.asked(BOB), site.not_me(BOB)
    assert (await site.post(f"/niet-ik/{token}")).status_code == 404
    assert (await site.post(f"/bevestigen/{not_me}")).status_code == 404
    page = await site.get(f"/niet-ik/{not_me}")
    assert "90 dagen" in page.text
    done = await site.post(f"/niet-ik/{not_me}")
    assert done.status_code == 200
    assert "90 dagen" in done.text
    site.clock.forward(days=2)
    again = await site.get(f"/niet-ik/{not_me}")
    assert "Uw adres is geblokkeerd" in again.text
    assert "<form" not in again.text
    assert (await site.get(f"/bevestigen/{token}")).status_code == 410
    assert (await site.post(f"/bevestigen/{token}")).status_code == 410
    assert await site.stage.find(BOB) is None
