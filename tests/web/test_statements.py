"""The page says what the code does: terms come from the register that deletion works with (promise 11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.language import translations
from app.core.register import entries, personal
from app.core.settings import Settings
from app.domain import LEDGER, MAIN, block, consent, delivery, outbox, service
from app.domain.ledger import MARGIN
from app.web import terms
from app.web.terms import Row
from tests.web.conftest import SLUG, Site

HEADINGS = {
    "en": (
        "Who is responsible",
        "Data protection officer",
        "legal basis",
        "Withdrawing your consent",
        "Where your data comes from",
        "How long we keep it",
        "Who receives your data",
        "Transfers outside Europe",
        "No automated decisions",
        "Your rights",
        "Complaints",
    )
}


def rows(language: str, backup_days: int = 35) -> list[Row]:
    return [row for _, found in terms.told(backup_days, language) for row in found]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_table_about_a_reader_is_on_the_page(language: str) -> None:
    say = translations(language).gettext
    told = {what for what, _, _ in rows(language)}
    for metadata in (MAIN, LEDGER):
        for table, kept, columns in entries(metadata):
            if personal(columns):
                assert say(kept.what) in told, table.name


def test_every_number_on_the_page_is_the_number_that_deletes() -> None:
    """Words of the register against the constants of the code, and what the page adds by itself."""
    told = {what: how_long for what, _, how_long in rows("en", backup_days=35)}
    expected = {
        "Whether an issue was delivered to you": ("90 days", delivery.DETAIL_STAYS),
        "A mail that waits to be sent": ("24 hours", outbox.LIVES),
        "Proof of your yes": ("730 days", consent.PROOF_AFTER_END),
        "That you do not want our mail": ("90 days", block.LASTS[block.Ground.NOT_ME]),
        "That a subscription ended, or that an address was blocked": ("42 days", timedelta(days=35) + MARGIN),
        "Backups": ("35 days", timedelta(days=35)),
    }
    for what, (words, length) in expected.items():
        number, unit = words.split()
        assert words in told[what]
        assert timedelta(**{unit: int(number)}) == length
    assert timedelta(days=7) == service.LINK_LIVES


def test_every_term_of_the_deletion_job_shows_its_number() -> None:
    told = {what: how_long for what, _, how_long in rows("en")}
    for table, kept, columns in entries(MAIN):
        if personal(columns) and kept.length:
            hours = kept.length // timedelta(hours=1)
            shown = f"{hours} hours" if hours < 48 else f"{kept.length.days} days"
            assert shown in told[kept.what], table.name


def test_another_age_of_backups_is_another_number_on_the_page() -> None:
    told = {what: how_long for what, _, how_long in rows("nl", backup_days=10)}
    assert "17 dagen" in told["Dat een abonnement eindigde, of dat een adres geblokkeerd is"]
    assert "10 dagen" in told["Reservekopieën"]


async def test_the_statement_has_every_heading_and_every_term(site: Site) -> None:
    page = (await site.get(f"/en/{SLUG}/privacy")).text
    for heading in HEADINGS["en"]:
        assert heading in page
    for what, why, how_long in rows("en"):
        for each in (what, why, how_long):
            assert each.replace("'", "&#39;") in page


async def test_a_statement_with_gaps_says_so(site: Site) -> None:
    assert "Deze verklaring is niet" in (await site.get(f"/nl/{SLUG}/privacy")).text


async def test_erasing_tells_of_every_table_whether_it_goes_or_stays(site: Site) -> None:
    goes, stays = terms.at_erasure(35, "en")
    named = {*goes, *(what for what, _, _ in stays)}
    short = {"An end on its way to the ledger", "Counters against abuse"}  # minutes, and weeks unreadable
    for metadata in (MAIN, LEDGER):
        for table, kept, columns in entries(metadata):
            if personal(columns):
                assert kept.what in named | short, table.name


async def test_the_accessibility_statement_is_there_in_both_languages(site: Site) -> None:
    assert "Toegankelijkheid" in (await site.get("/toegankelijkheid")).text
    assert 'href="/toegankelijkheid" lang="nl"' in (await site.get("/accessibility")).text


async def test_security_txt_says_whom_to_tell_and_until_when(site: Site) -> None:
    path = "/.well-known/security.txt"
    assert (await site.get(path)).status_code == 404
    contact = "mailto:security@example.org"
    site.house.settings = Settings(**site.house.settings.model_dump() | {"security_contact": contact})
    answer = await site.get(path)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "Contact: mailto:security@example.org",
        "Expires: 2027-05-15T00:00:00Z",
        "Preferred-Languages: nl, en",
        "Canonical: https://bode.example.org/.well-known/security.txt",
    ]
