"""Readers go while an issue is on its way: it does not reach them, and of who is erased nothing stays."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from tests.journeys import traces
from tests.journeys.service import Service, link_in, until
from tests.journeys.test_crash_while_sending import copies, fill
from tests.sending import TEXT

CROWD = 400  # all in the hands of the worker at once: a claim takes more
SLOW = 1.5  # seconds a letter: the crowd would take minutes, and a lease outlasts one letter

ANOTHER = TEXT.replace("Nieuws van de maand: zó doet u dat", "De tweede editie")

ONE_CLICK, BUTTON, PAUSES, BY_PAGE, BY_COMMAND = (
    f"{each}.lezer@vergeten-gemeente.example" for each in ("klik", "knop", "pauze", "pagina", "opdracht")
)
ERASED = (BY_PAGE, BY_COMMAND)
GOERS = (ONE_CLICK, BUTTON, PAUSES, BY_PAGE, BY_COMMAND)  # they join last, so their turn comes last


def own_link(service: Service, address: str) -> str:
    """The link to one's own data, by mail."""
    before = len(service.letters(address))
    service.http.post("/nl/weerbaar-bestuur/mijn-gegevens", data={"address": address})
    return link_in(service.letters(address, before + 1)[-1], "/gegevens/")


def send(service: Service, text: str) -> str:
    issue_id = service.issue(text)
    service.bode("issue", "send", issue_id)
    return issue_id


def held(service: Service) -> tuple[list[Any], list[Any]]:
    """The rows of who joined last, and the proofs of their yes, in the order in which they joined."""
    with closing(traces.connected(service.main)) as connection:
        readers = connection.execute(
            "SELECT CAST(id AS text), address, address_index FROM subscriber ORDER BY seq DESC LIMIT 5"
        ).fetchall()
        proofs = connection.execute("SELECT proof FROM consent GROUP BY proof ORDER BY min(seq)").fetchall()
    return readers[::-1], [proof for (proof,) in proofs]


def go(service: Service, links: dict[str, str]) -> None:
    """Each goes in a way of their own."""
    http = service.http
    answers = [
        http.post(links[ONE_CLICK], data={"List-Unsubscribe": "One-Click"}),
        http.post(f"{links[BUTTON]}/nu"),
        http.post(f"{links[PAUSES]}/pauze", data={"months": "3"}),
        http.post(f"{links[BY_PAGE]}/wissen"),
    ]
    assert [each.status_code for each in answers] == [200] * len(answers)
    service.bode("erase", given=f"{BY_COMMAND}\n")


def links_of(service: Service) -> dict[str, str]:
    """The link that each of them needs, out of the mail they have."""
    newsletters = {each: service.letters(each, 2)[-1]["List-Unsubscribe"] for each in (ONE_CLICK, BUTTON)}
    clicks = {each: str(link).strip("<>") for each, link in newsletters.items()}
    return clicks | {each: own_link(service, each) for each in (PAUSES, BY_PAGE)}


def nothing_stays(service: Service, readers: list[Any], proofs: list[Any]) -> None:
    """Search what both databases and the log hold by now."""
    sinks = {"the database": traces.dump(service.main), "the ledger": traces.dump(service.ledger)}
    sinks["the log"] = service.log.encode()
    assert not traces.found(sinks, GOERS)
    left = {name: content.lower().replace(b"-", b"") for name, content in sinks.items()}
    main = left["the database"]
    for goer, (number, address, index), proof in zip(GOERS, readers, proofs, strict=True):
        there = [value.hex().encode() in main for value in (address, index)]
        assert there == [goer == PAUSES] * 2, goer
        assert (proof.hex().encode() in main) == (goer not in ERASED), goer
        named = [name for name in left if number.replace("-", "").encode() in left[name]]
        assert not (goer in ERASED and named), named


def test_who_goes_while_an_issue_goes_out_is_not_reached_and_not_kept(service: Service) -> None:
    fill(service, CROWD)
    worker = service.worker()
    for each in GOERS:
        service.join(each)
    service.sent(send(service, TEXT))
    links, (readers, proofs) = links_of(service), held(service)

    service.mail.forget()
    service.mail.behave(body_delay=SLOW)
    issue_id = send(service, ANOTHER)
    until(lambda: copies(service), "the issue goes out")
    go(service, links)
    assert service.state(issue_id) == "sending"
    service.mail.behave()
    report = service.sent(issue_id)

    assert len(copies(service)) == CROWD
    assert not [each for each in GOERS if service.mail.letters(each)]
    books = [report[each] for each in ("audience", "accepted", "left", "refused", "given_up", "waiting")]
    assert books == [CROWD + len(GOERS), CROWD, len(GOERS), 0, 0, 0]
    assert service.count() == CROWD + 1
    assert service.stop(worker) == 0
    nothing_stays(service, readers, proofs)
