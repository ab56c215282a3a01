"""One address is followed through everything, and every place it could have stayed is searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from app.core.address import parse
from tests.journeys import traces
from tests.journeys.service import Service, link_in, links, read, running, until
from tests.sending import TEXT

# With capitals, a sign that addresses of pages spell otherwise, and a domain in two alphabets.
CANARY = "Kanarie.Vogel+Nieuws@Geheime-Gemeënte.example"
NEW = "nieuwe.kanarie@geheime-waterschappen.example"
UNCONFIRMED = "nooit.bevestigd@geheime-provincie.example"
NOT_ME = "iemand.anders@geheime-raadszetel.example"
REFUSED = "geen.postbus@geheime-burgemeester.example"
DEAD = "postbus.opgeheven@geheime-wethouder.example"
ALL = (CANARY, NEW, UNCONFIRMED, NOT_ME, REFUSED, DEAD)
STAFF = ("dana@example.org", "emre@example.org", "fatima@example.org")
FORM = "/nl/weerbaar-bestuur"


class Witness:
    """Keeps what visitors are told: every address of a page, every header, every page of an error."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seen = b""
        self.statuses: set[int] = set()
        service.http.event_hooks["response"].append(self._note)

    def _note(self, response: httpx2.Response) -> None:
        self.statuses.add(response.status_code)
        self._seen += f"{response.url}\n{response.headers.raw}\n".encode()
        if response.is_error:
            self._seen += response.read()

    def search(self) -> None:
        """Fail when any form of any of the addresses is anywhere."""
        service = self._service
        sinks = {
            "pages and errors": self._seen,
            "the log": service.log.encode(),
            "the database": traces.dump(service.main),
            "the ledger": traces.dump(service.ledger),
            "mail to staff": b"".join(mail for each in STAFF for mail in service.mail.letters(each)),
            "links in mail": "\n".join(self._links()).encode(),
        }
        assert all(sinks.values()), "a sink that nothing came to was not searched"
        sinks |= traces.files(service.main) | traces.files(service.ledger)
        for path in service.folder.rglob("*"):  # the temporary files of the processes too
            if path.is_file() and path.name != "keys.json":
                sinks[f"the file {path.name}"] = path.read_bytes()
        assert not traces.found(sinks, ALL)

    def _links(self) -> Iterator[str]:
        for reader in ALL:
            for mail in map(read, self._service.mail.letters(parse(reader).envelope)):
                yield from links(mail)
                yield str(mail["List-Unsubscribe"])
                yield str(mail["Message-ID"])


def send(service: Service) -> dict[str, Any]:
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    return service.sent(issue_id)


def press(service: Service, path: str, **fields: str) -> str:
    """A button that works; returns the page."""
    answer = service.http.post(path, data=fields)
    assert answer.status_code == httpx2.codes.OK, path
    return answer.text


def slip(service: Service) -> None:
    """Leave by the button, and take it back."""
    link = str(service.letters(CANARY, 2)[-1]["List-Unsubscribe"]).strip("<>")
    value = re.search(r'name="undo" value="([^"]+)"', press(service, f"{link}/nu"))
    assert value
    press(service, "/terug", undo=value[1])


def look_around(service: Service) -> None:
    """Everything on the page of one's own data; another address is asked for."""
    press(service, f"{FORM}/mijn-gegevens", address=CANARY)
    own = link_in(service.letters(CANARY, 3)[-1], "/gegevens/")
    assert "Kanarie" in service.http.get(own).text
    assert "Kanarie" in service.http.get(f"{own}/json").text
    press(service, f"{own}/pauze", months="3")
    press(service, f"{own}/hervatten")
    press(service, f"{own}/taal", language="nl")
    press(service, f"{own}/adres", address=NEW)
    service.letters(NEW)


@contextmanager
def spoilt(service: Service) -> Iterator[None]:
    """The database refuses what the program thinks it takes: the kind of fault that nobody foresees."""
    with closing(traces.connected(service.main)) as connection:
        connection.execute("CREATE UNIQUE INDEX spoilt ON outbox (form)")
        connection.commit()
        yield
        connection.execute("DROP INDEX spoilt")
        connection.commit()


def errors(service: Service, witness: Witness) -> None:
    """What is said when things go wrong with an address about."""
    http, confirmed = service.http, link_in(service.letters(CANARY)[0], "/bevestigen/")
    http.get(f"{confirmed}x")
    http.post(confirmed)
    http.get("/nl/bestaat-niet")
    http.post("/nl/bestaat-niet", data={"address": CANARY})
    http.put(FORM, data={"address": CANARY})
    http.post(FORM, content=CANARY.encode() * 10_000)
    http.post("/afmelden/" + "A" * 56, data={"address": CANARY})
    with spoilt(service):
        press(service, FORM, address=CANARY)
        assert service.sign_up(CANARY).status_code == httpx2.codes.INTERNAL_SERVER_ERROR
    assert {400, 404, 405, 410, 413, 500} <= witness.statuses
    assert "IntegrityError" in service.log


def test_an_address_leaves_no_trace_anywhere(tmp_path: Path, urls: dict[str, str]) -> None:
    with running(tmp_path, urls, BODE_LEDGER_COPY=str(tmp_path / "ledger.jsonl")) as service:
        witness = Witness(service)
        worker = service.worker()
        service.mail.behave(refuse=[REFUSED])
        for each in (UNCONFIRMED, NOT_ME, REFUSED):
            service.sign_up(each)
        press(service, link_in(service.letters(NOT_ME)[0], "/niet-ik/"))
        service.letters(UNCONFIRMED)
        for each in (CANARY, DEAD):
            service.join(each)
        assert send(service)["accepted"] == 2
        slip(service)
        look_around(service)
        assert service.stop(worker) == 0
        errors(service, witness)
        witness.search()

        service.mail.behave(refuse=[DEAD])
        worker = service.worker()
        assert send(service)["refused"] == 1
        press(service, link_in(service.letters(NEW)[0], "/adres/"))
        service.letters(CANARY, 5)  # the last one says that the subscription moved
        service.bode("erase", given=f"{NEW}\n")
        until(lambda: service.count() == 0, "the dead mailbox is forgotten")
        assert service.stop(worker) == 0
        witness.search()
