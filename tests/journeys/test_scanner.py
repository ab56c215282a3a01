"""Every link of every mail is opened, by machine and by browser with scripts on: nothing changes."""

from __future__ import annotations

from contextlib import closing

from tests import browser
from tests.journeys.service import Service, link_in, links
from tests.sending import TEXT

READER = "lezer@example.net"
OTHER = "ander@example.net"
# What the service itself counts up while it runs.
OWN_CLOCKWORK = {"job", "service", "schema_version"}
OUTSIDE = "https://example.org/"


def everything(service: Service) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, but for the service's own clockwork."""
    with closing(service._connected()) as connection:
        sqlite = service.environment["BODE_DATABASE_URL"].startswith("sqlite")
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            if sqlite
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = {name for (name,) in connection.execute(names)} - OWN_CLOCKWORK
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
            for name in sorted(tables)
        }


def test_opening_every_link_of_every_mail_changes_nothing(service: Service) -> None:
    worker = service.worker()
    service.join(READER)
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    service.sent(issue_id)
    service.http.post("/nl/weerbaar-bestuur/mijn-gegevens", data={"address": READER})
    own = link_in(service.letters(READER, 3)[-1], "/gegevens/")
    service.http.post(f"{own}/adres", data={"address": OTHER})
    mails = service.letters(READER, 3) + service.letters(OTHER)
    service.sign_up("derde@example.net")
    mails += service.letters("derde@example.net")
    assert service.stop(worker) == 0
    found = {each for mail in mails for each in links(mail) if not each.startswith(OUTSIDE)}
    found |= {str(mail["List-Unsubscribe"]).strip("<>") for mail in mails if mail["List-Unsubscribe"]}
    words = ("bevestigen", "niet-ik", "gegevens", "adres", "afmelden")
    assert all(any(f"/{word}/" in each for each in found) for word in words)

    before = everything(service)
    for each in sorted(found):
        for method in ("GET", "HEAD", "OPTIONS"):
            service.http.request(method, each)
    assert everything(service) == before
    with browser.opened() as chromium:
        page = chromium.new_page()
        for each in sorted(found):
            page.goto(each)
            page.wait_for_load_state("networkidle")
    assert everything(service) == before
