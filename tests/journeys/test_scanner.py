"""Every link of every mail is opened, by machine and by browser with scripts on: nothing changes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import httpx2

from tests import browser
from tests.journeys import traces
from tests.journeys.service import Service, link_in, links, read
from tests.sending import TEXT

READER, OTHER = "lezer@example.net", "ander@example.net"
MOVER, ELSEWHERE = "verhuizer@example.net", "elders@example.net"
ASKED = "derde@example.net"
FORM = "/nl/weerbaar-bestuur"
HREF = re.compile(r'href="([^"]+)"')
ALMOST = timedelta(minutes=5)  # colleagues have the final mail by then


def own_page(service: Service, address: str, count: int) -> str:
    service.http.post(f"{FORM}/mijn-gegevens", data={"address": address})
    return link_in(service.letters(address, count)[-1], "/gegevens/")


def every_mail(service: Service) -> list[EmailMessage]:
    """One of each kind that readers and staff get, none of its links used but what is asked for."""
    service.join(READER)
    service.join(MOVER)
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    service.sent(issue_id)
    service.http.post(f"{own_page(service, READER, 3)}/adres", data={"address": OTHER})
    service.http.post(f"{own_page(service, MOVER, 3)}/adres", data={"address": ELSEWHERE})
    assert service.http.post(link_in(service.letters(ELSEWHERE)[0], "/adres/")).is_success
    service.sign_up(ASKED)
    soon = datetime.now(UTC) + ALMOST
    service.bode("issue", "schedule", service.issue(TEXT), "--at", soon.isoformat())
    for address, count in ((READER, 3), (MOVER, 4), (OTHER, 1), (ASKED, 1), ("dana@example.org", 1)):
        service.letters(address, count)
    people = service.mail.report()["recipients"]
    return [read(each) for address in people for each in service.mail.letters(address)]


def every_link(service: Service, mails: list[EmailMessage]) -> list[str]:
    """Those in the text, in the page and in the headers; other people's pages are not ours to open."""
    return sorted({each for mail in mails for each in _links(mail) if each.startswith(service.base)})


def _links(mail: EmailMessage) -> Iterator[str]:
    page = mail.get_body(("html",))
    assert page is not None
    yield from links(mail)
    yield from map(html.unescape, HREF.findall(page.get_content()))
    for name in ("List-Unsubscribe", "List-Help", "List-Subscribe", "List-Owner", "List-Archive"):
        yield from re.findall(r"<([^>]+)>", str(mail[name]))


def everything(service: Service) -> tuple[traces.Rows, traces.Rows]:
    """Every row of both databases. No worker runs, so there is nothing that may change by itself."""
    return traces.rows(service.main), traces.rows(service.ledger)


def test_opening_every_link_of_every_mail_changes_nothing(service: Service) -> None:
    worker = service.worker()
    found = every_link(service, every_mail(service))
    assert service.stop(worker) == 0
    kinds = ("bevestigen", "niet-ik", "gegevens", "adres", "afmelden")
    assert all(any(f"/{kind}/" in each for each in found) for kind in kinds)

    before = everything(service)
    for each in found:
        answers = [service.http.request(method, each) for method in ("GET", "HEAD", "OPTIONS")]
        assert answers[0].status_code == answers[1].status_code
        assert everything(service) == before, each
    with browser.opened() as chromium:
        page = chromium.new_page()
        methods: set[str] = set()
        page.on("request", lambda request: methods.add(request.method))
        for each in found:
            page.goto(each)
            page.wait_for_load_state("networkidle")
        assert methods == {"GET"}
    assert everything(service) == before

    still = [
        link_in(service.letters(ASKED)[0], "/bevestigen/"),
        link_in(service.letters(OTHER)[0], "/adres/"),
    ]
    assert [service.http.post(each).status_code for each in still] == [httpx2.codes.OK] * len(still)
    assert everything(service) != before
