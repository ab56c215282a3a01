"""A demonstration shows its mail and how it is doing; production has neither page."""

from __future__ import annotations

from pathlib import Path

from app.core.settings import Environment, Settings
from app.mail.mailbox import Mailbox
from tests.cast import BOB
from tests.conftest import Clock
from tests.web.conftest import SLUG, Site, visitor

LETTER = (
    b"Subject: =?utf-8?q?=C3=A9=C3=A9n_=3Cb=3E?=\r\nTo: bob@example.org\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHallo https://example.org/x\r\n"
    b"--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n"
    b"--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<html><head><style>p{color:red}</style></head><body><img src="cid:one@example.org"></body></html>\r\n'
    b"--c\r\nContent-Type: image/png\r\nContent-ID: <one@example.org>\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--c--\r\n--b--\r\n"
)


async def test_a_caught_mail_is_shown_as_its_reader_sees_it(site: Site) -> None:
    assert "nog geen mail" in (await site.get("/mailbox")).text
    site.box.take(BOB, LETTER)
    listed = await site.get("/mailbox")
    assert "één &lt;b&gt;" in listed.text
    page = await site.get("/mailbox/1")
    assert 'src="/mailbox/1/html"' in page.text
    assert '<a href="https://example.org/x"' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    raw = await site.get("/mailbox/1/raw")
    assert raw.content == LETTER


async def test_the_letter_itself_runs_no_script_and_fetches_nothing(site: Site) -> None:
    site.box.take(BOB, LETTER)
    answer = await site.get("/mailbox/1/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert 'src="data:image/png;base64,iVBORw=="' in answer.text
    assert '<base target="_top">' in answer.text


async def test_a_mail_that_is_not_there_is_not_found(site: Site) -> None:
    site.box.take(BOB, b"Subject: plain\r\n\r\nonly text\r\n")
    assert (await site.get("/mailbox/1")).status_code == 200
    for path in ("/mailbox/1/html", "/mailbox/2", "/mailbox/x", "/mailbox/99999999999999999999"):
        assert (await site.get(path)).status_code == 404


async def test_the_frame_of_every_page_says_that_it_is_a_demonstration(site: Site, clock: Clock) -> None:
    assert 'href="/mailbox"' in (await site.get(f"/nl/{SLUG}")).text
    async with visitor(site.house, clock) as client:
        assert 'href="/mailbox"' not in (await client.get(f"/nl/{SLUG}")).text
        assert (await client.get("/mailbox")).status_code == 404


async def test_the_status_page_tells_of_every_job(site: Site) -> None:
    page = (await site.get("/status")).text
    for each in ("merken dat een reservekopie is teruggezet", "elke 10 seconden", "nog niet", "doorlopend"):
        assert each in page
    assert "liet een minuut niets van zich horen" in page


async def test_production_has_no_mailbox_and_no_status(site: Site, clock: Clock, tmp_path: Path) -> None:
    values = site.house.settings.model_dump() | {
        "environment": Environment.PRODUCTION,
        "database_url": "postgresql://somewhere/main",
        "ledger_url": "postgresql://somewhere/ledger",
        "keys_file": tmp_path / "keys.json",
        "smtp_url": "smtps://relay.example.org",
    }
    site.house.settings = Settings(**values)
    async with visitor(site.house, clock, Mailbox()) as client:
        for path in ("/mailbox", "/mailbox/1", "/mailbox/1/raw", "/status"):
            assert (await client.get(path)).status_code == 404
        assert "/mailbox" not in (await client.get(f"/nl/{SLUG}")).text
