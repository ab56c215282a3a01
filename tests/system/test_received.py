"""What comes out of a real Postfix is right to the byte: form, headers, signatures, nobody else's address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.domain.issue import State
from app.mail.dkim import Keys, new_keys
from tests.cast import ALICE, BOB, Stage, join
from tests.conftest import Clock
from tests.features.test_signed import ask
from tests.journeys.service import free_port
from tests.mail.signed import NOW, verdicts
from tests.sending import approved, over, reached, send, until, working
from tests.servers import postfix, smtp
from tests.system.letter import (
    BASE,
    DUBOIS,
    EVERY_MAIL,
    NEWSLETTER,
    PEOPLE,
    SERVICE,
    SUBJECT,
    TOKEN,
    Letter,
    wrong,
)
from tests.system.test_dkim import by_opendkim, by_perl

TEXT = f"""---
subject: "{SUBJECT}"
preheader: Kort en goed.
---
Beste lezer,

## Dit stuk gaat over aangifte

.Een alinea met een [verwijzing naar meer uitleg](https://example.org/uitleg?a=b&c=d) en {"é" * 300}.
"""
GOOD, BAD = {"rsa-sha256": "pass", "ed25519-sha256": "pass"}, {"rsa-sha256": "fail", "ed25519-sha256": "fail"}


async def arrived(cast: Stage, clock: Clock, folder: Path, keys: Keys) -> dict[str, Letter]:
    """An issue and a confirmation go through Postfix, encrypted; what the next server got."""
    keys.save(folder / "dkim.json")
    with smtp.Process("--keep") as mail, postfix.running(free_port(), mail.port, tls=True) as relay:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(relay.authority))
            house = over(cast.house, relay.url, base_url=BASE, dkim_keys=folder / "dkim.json")
            await join(house, cast.letter, DUBOIS, clock())
            issue_id = await approved(cast, clock(), TEXT)
            async with working(house):
                await ask(cast, BOB)
                await send(house, issue_id)
                await reached(house, issue_id, State.SENT)

                async def all_here() -> bool:
                    return all(mail.letters(each) for each in PEOPLE)

                await until(all_here)
        assert {"pipelining", "size", "dsn", "smtputf8", "8bitmime"} <= relay.offers()
        found = {each: mail.letters(each) for each in PEOPLE}
    assert all(len(copies) == 1 and b"with ESMTPS id" in copies[0][:300] for copies in found.values())
    return {each: Letter(_below_trace(octets), each) for each, (octets,) in found.items()}


def _below_trace(octets: bytes) -> bytes:
    return re.sub(rb"\AReceived:(?:[^\r]|\r\n[ \t])*\r\n", b"", octets)


def same_but_for_tokens(one: Letter, other: Letter) -> bool:
    bodies = [TOKEN.sub(b"token", each.octets.partition(b"\r\n\r\n")[2]) for each in (one, other)]
    return bodies[0] == bodies[1] and one.octets != other.octets


def judged(octets: bytes, folder: Path, keys: Keys) -> list[object]:
    """What three programs that we did not write say: dkimpy, OpenDKIM and Mail::DKIM."""
    by_debian = by_opendkim(octets, folder, keys)
    return [verdicts(octets, keys), by_debian, by_perl(octets, folder, keys)["rsa-sha256"]]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_what_postfix_passes_on_is_in_order_and_signed(
    cast: Stage, clock: Clock, tmp_path: Path
) -> None:
    keys = new_keys("example.org", NOW)
    letters = await arrived(cast, clock, tmp_path, keys)
    alice, dubois, bob = (letters[each] for each in (ALICE, DUBOIS, BOB))
    assert [wrong({**EVERY_MAIL, **NEWSLETTER}, each) for each in (alice, dubois)] == [[], []]
    assert wrong({**EVERY_MAIL, **SERVICE}, bob) == []
    assert same_but_for_tokens(alice, dubois)
    assert alice.values("Message-ID") != dubois.values("Message-ID")

    for each in letters.values():
        assert judged(each.octets, tmp_path, keys) == [[True, True], GOOD, "pass"]
    second = b"List-Unsubscribe: <https://elders.example/afmelden>\r\n"
    for spoilt in (
        second + alice.octets,
        alice.octets.replace(b"\r\n\r\n", b"\r\n" + second + b"\r\n", 1),
        alice.octets.replace(b"/afmelden/", b"/elders/", 1),
        alice.octets.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b"", 1),
    ):
        assert spoilt != alice.octets
        assert judged(spoilt, tmp_path, keys) == [[False, False], BAD, "fail"]
