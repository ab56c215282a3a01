"""One address is followed through everything, and every place it could have stayed is searched."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from tests import programs
from tests.journeys.service import Service, link_in
from tests.sending import TEXT

CANARY = "kanarie.vogel@geheime-gemeente.example"
NEW = "nieuwe.kanarie@geheime-gemeente.example"
UNCONFIRMED = "nooit.bevestigd@geheime-gemeente.example"
ALL = (CANARY, NEW, UNCONFIRMED)


def forms(address: str) -> Iterator[bytes]:
    """Every form in which an address could lie about."""
    local, _, domain = address.partition("@")
    for text in (address, address.upper(), f"{local}%40{domain}", f"{local}=40{domain}", local):
        yield text.encode()
        yield quote(text).encode()
        yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]
        yield base64.urlsafe_b64encode(text.encode()).rstrip(b"=")[:-1]
        yield text.encode().hex().encode()
        yield text.encode("utf-16-le")
    for hashed in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        digest = hashed(address.encode())
        yield digest.digest()
        yield digest.hexdigest().encode()


def dumped(url: str) -> bytes:
    """Everything a database holds, with PostgreSQL's own tool or as SQLite's file and text."""
    if url.startswith("sqlite"):
        path = Path(url.partition(":///")[2])
        with sqlite3.connect(path) as connection:
            text = "\n".join(connection.iterdump()).encode()
        return text + b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    command = [programs.programs() / "pg_dump", "--dbname", url.replace("+psycopg", "")]
    return subprocess.run(command, capture_output=True, check=True).stdout


def search(service: Service, seen: bytes) -> None:
    """Fail when any form of any of the addresses is in any sink."""
    sinks = {
        "the main database": dumped(service.environment["BODE_DATABASE_URL"]),
        "the ledger": dumped(service.environment["BODE_LEDGER_URL"]),
        "the log": service.log.encode(),
        "addresses of pages and errors": seen,
    }
    for path in service.folder.rglob("*"):
        if path.is_file() and path.suffix != ".json" and path.stat().st_size < 50_000_000:
            sinks[f"the file {path.name}"] = path.read_bytes()
    for address in ALL:
        for form in forms(address):
            for name, content in sinks.items():
                assert form.lower() not in content.lower(), f"{form!r} is in {name}"


def errors(service: Service, tokens: list[str]) -> bytes:
    """What pages say when things go wrong with this address about."""
    asked = [
        service.http.get(f"/bevestigen/{tokens[0]}x"),
        service.http.post(f"/bevestigen/{tokens[0]}"),
        service.http.get("/nl/bestaat-niet"),
        service.http.post("/nl/bestaat-niet", data={"address": CANARY}),
        service.http.put("/nl/weerbaar-bestuur", data={"address": CANARY}),
        service.http.post("/nl/weerbaar-bestuur", content=CANARY.encode() * 10_000),
        service.http.post("/afmelden/" + "A" * 56, data={"address": CANARY}),
    ]
    refused = [each for each in asked if each.status_code >= httpx2.codes.BAD_REQUEST]
    assert len(refused) > len(asked) // 2
    return b"\n".join(str(each.url).encode() + each.content for each in asked)


@pytest.mark.parametrize("end", ["leave", "erase"])
def test_an_address_leaves_no_trace_anywhere(service: Service, end: str) -> None:
    worker = service.worker()
    service.sign_up(UNCONFIRMED)
    service.letters(UNCONFIRMED)
    service.join(CANARY)
    first = link_in(service.letters(CANARY)[0], "/bevestigen/")
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    service.sent(issue_id)
    service.http.post("/nl/weerbaar-bestuur/mijn-gegevens", data={"address": CANARY})
    own = link_in(service.letters(CANARY, 3)[-1], "/gegevens/")
    page = service.http.get(own)
    change = re.search(r'action="(/gegevens/[^"]*adres[^"]*)"', page.text)
    assert change
    assert service.http.post(change.group(1), data={"address": NEW}).status_code == 200
    seen = errors(service, [first.rpartition("/")[2]])
    search(service, seen)

    moved = link_in(service.letters(NEW)[0], "/adres/")
    assert service.http.post(moved).status_code == 200
    service.letters(CANARY, 4)
    if end == "erase":
        service.bode("erase", given=f"{NEW}\n")
    else:
        service.http.post("/nl/weerbaar-bestuur/mijn-gegevens", data={"address": NEW})
    assert service.stop(worker) == 0
    search(service, seen)
