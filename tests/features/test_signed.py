"""With BODE_DKIM_KEYS everything that leaves is signed; what cannot be signed waits."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import select, update

from app.core.address import parse
from app.core.errors import Refused
from app.domain import house as houses
from app.domain.issue import State
from app.domain.outbox import Mail
from app.features import subscribe
from app.features.subscribe import Form, Limits
from app.mail.courier import Courier
from app.mail.dkim import new_keys
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.features.test_send import crowded
from tests.mail.signed import NOW, named, verdicts
from tests.sending import approved, look, over, reached, send, until, working
from tests.servers.smtp import Server

KEYS = new_keys("example.org", NOW)
OTHERS = new_keys("example.net", NOW)
# As a name may be: 253 characters at most, and two of them stand in the reason.
LONG_NAME = ".".join([*["nieuwsbrief", "netwerk-van-bestuurders", "weerbaar-bestuur"] * 2, "nl"])
LONG_NAMED = new_keys(LONG_NAME, NOW)
GOOD = [True, True]


def signing(cast, server, tmp_path, keys=KEYS, **more):
    path = tmp_path / "dkim.json"
    keys.save(path)
    return over(cast.house, server.url, dkim_keys=path, **more)


def left_out(letter: bytes) -> set[str]:
    """Headers that really leave and could be changed on the way without anybody seeing it."""
    own = {name.lower() for name in message_from_bytes(letter)}
    return own - {"dkim-signature"} - named(letter)


async def ask(cast: Stage, address: str) -> None:
    form = Form(cast.letter, parse(address), "nl", None)
    now, limits = houses.now(), Limits(10, 10)
    async with cast.house.database.unit_of_work() as session:
        await subscribe.subscribe(session, form, shown="Ja", limits=limits, ring=cast.house.ring, now=now)


async def test_every_copy_of_an_issue_is_signed_by_both_keys(cast: Stage, clock: Clock, tmp_path) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(keep=True) as server, working(signing(cast, server, tmp_path)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    copies = [copy for each in server.received.recipients.values() for copy in each]
    assert len(copies) == 60
    assert all(verdicts(copy.letter, KEYS) == GOOD for copy in copies)
    assert left_out(copies[0].letter) == set()


async def test_the_size_that_is_announced_counts_the_signatures(cast: Stage, clock: Clock, tmp_path) -> None:
    issue_id = await approved(cast, clock())
    async with (
        Server(keep=True, offers=("SIZE 1000000", "PIPELINING")) as server,
        working(signing(cast, server, tmp_path)),
    ):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    (copy,) = server.received.recipients[ALICE]
    assert any(f"SIZE={len(copy.letter)}" in command for command in server.received.commands)


async def test_a_copy_that_is_sent_again_has_the_same_signatures(cast: Stage, clock: Clock, tmp_path) -> None:
    issue_id = await approved(cast, clock())
    async with (
        Server(keep=True, drop="after", times=1) as server,
        working(signing(cast, server, tmp_path)),
    ):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    one, other = server.received.recipients[ALICE]
    assert one.letter == other.letter
    assert verdicts(one.letter, KEYS) == GOOD


async def test_a_confirmation_mail_is_signed(cast: Stage, tmp_path) -> None:
    async with Server(keep=True) as server, working(signing(cast, server, tmp_path)):
        await ask(cast, BOB)

        async def came() -> bool:
            return BOB in server.received.recipients

        await until(came)
    (copy,) = server.received.recipients[BOB]
    assert verdicts(copy.letter, KEYS) == GOOD
    assert left_out(copy.letter) == set()
    assert "auto-submitted" in named(copy.letter)


async def test_an_issue_of_another_domain_is_held_and_says_why(cast: Stage, clock: Clock, tmp_path) -> None:
    issue_id = await approved(cast, clock())
    async with Server() as server, working(signing(cast, server, tmp_path, OTHERS)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.HELD)
    assert "BODE_DKIM_KEYS signs for example.net" in (issue.reason or "")


async def test_an_issue_that_cannot_be_signed_is_held_also_when_names_are_too_long_for_the_reason(
    cast: Stage, clock: Clock, tmp_path
) -> None:
    """A reason that does not fit on record ended the worker each time, and no issue at all went out."""
    issue_id = await approved(cast, clock())
    async with Server() as server, working(signing(cast, server, tmp_path, LONG_NAMED)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.HELD)
    assert "signs for" in (issue.reason or "")
    assert server.received.counts["letters"] == 0


async def test_a_confirmation_mail_that_cannot_be_signed_waits_for_the_right_keys(
    cast: Stage, tmp_path
) -> None:
    async with Server() as server:
        house = signing(cast, server, tmp_path, OTHERS)
        async with working(house):
            await ask(cast, BOB)

            async def put_off() -> bool:
                async with house.database.reading() as session:
                    mail = await session.scalar(select(Mail).where(Mail.form))
                    return mail is not None and mail.due_at > houses.now() + timedelta(minutes=1)

            await until(put_off)
        assert server.received.counts["letters"] == 0
        async with house.database.unit_of_work() as session:
            await session.execute(update(Mail).values(due_at=houses.now(), lease_until=None))
        (tmp_path / "dkim.json").unlink()
        async with working(signing(cast, server, tmp_path)):

            async def came() -> bool:
                return BOB in server.received.recipients

            await until(came)


async def test_a_worker_does_not_start_without_the_keys_it_should_sign_with(
    cast: Stage, clock: Clock, tmp_path
) -> None:
    issue_id = await approved(cast, clock())
    async with Server() as server:
        house = over(cast.house, server.url, dkim_keys=tmp_path / "none.json")
        await send(house, issue_id)
        with pytest.raises(Refused, match="no file of DKIM keys"):
            await Worker(house, Courier(house.settings, Mailbox())).run()
    assert server.received.counts["letters"] == 0
    assert (await look(house, issue_id)).state == State.SCHEDULED
