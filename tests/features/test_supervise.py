"""The supervision file: its figures are those of the quarter, it is signed, and nobody can be in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from app.core.address import parse
from app.core.errors import Invalid
from app.domain import audit, dossier, request, review, wholeness
from app.domain.audit import Event
from app.domain.breach import Keys, Late, Nature, Risk
from app.domain.dossier import Dossier, Quarter
from app.domain.lookup import Why
from app.domain.request import Channel, Kind, Refusal
from app.features import erase, lookup, supervise
from app.features.breach import record
from app.features.breach.record import Facts
from app.features.request import identify, receive, settle
from app.features.request.receive import Asked, Desk
from app.features.request.settle import Way
from app.features.supervise import Outcome, Shelf
from app.web import processing
from tests.cast import ALICE, BOB, PEOPLE, Stage
from tests.conftest import Clock

NOW = Quarter(2026, 4)


async def made(cast: Stage, clock: Clock, quarter: Quarter = NOW) -> Dossier:
    shelf = Shelf(cast.house.ring, processing.lines(35, "nl"))
    async with cast.house.database.reading() as session:
        whole = await wholeness.look(session, cast.house.ring, cast.house.book)
        return await supervise.gather(session, shelf, quarter, whole, now=clock())


async def refused(cast: Stage, clock: Clock, received_on: date) -> None:
    """Somebody asks access, does not show who they are in a fortnight, and hears so today."""
    house, before = cast.house, clock() - timedelta(days=14)
    desk = Desk("fatima", house.ring, house.book, "https://bode.example.org", 35, before)
    asked = Asked(cast.letter, parse(BOB), Kind.ACCESS, Channel.LETTER, "nl", received_on)
    async with house.database.unit_of_work() as session:
        row = await receive.receive(session, desk, asked)
        await identify.asked(session, desk, row, Way.LETTER)
        today = replace(desk, now=clock())
        await settle.refuse(session, today, row, Refusal.NOT_IDENTIFIED, Way.LETTER)


async def test_terms_met_and_not_met_are_counted_in_the_quarter_in_which_was_decided(
    cast: Stage, clock: Clock
) -> None:
    for received_on in (date(2026, 11, 1), date(2026, 10, 15), date(2026, 10, 13), date(2026, 9, 20)):
        await refused(cast, clock, received_on)  # a Sunday in November ends today
    found = {each.kind: each for each in (await made(cast, clock)).requests}[Kind.ACCESS]
    assert (found.received, found.in_time, found.late) == (3, 2, 2)
    assert found.refused == {Refusal.NOT_IDENTIFIED: 4}
    before = {each.kind: each for each in (await made(cast, clock, NOW.before)).requests}[Kind.ACCESS]
    assert (before.received, before.in_time, before.late) == (1, 0, 0)


async def test_what_an_erasure_overtook_counts_as_that_and_not_as_taken_back(
    cast: Stage, clock: Clock
) -> None:
    house = cast.house
    desk = Desk("fatima", house.ring, house.book, "", 35, clock())
    asked = Asked(cast.letter, parse(BOB), Kind.ACCESS, Channel.LETTER, "nl", date(2026, 11, 1))
    late = Asked(cast.letter, parse(BOB), Kind.PORTABILITY, Channel.LETTER, "nl", date(2026, 10, 1))
    async with house.database.unit_of_work() as session:
        for each in (asked, late):
            await receive.receive(session, desk, each)
        words: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": clock()}
        await erase.erase(session, parse(BOB), actor="fatima", **words)
    found = {each.kind: each for each in (await made(cast, clock)).requests}
    one = found[Kind.ACCESS]
    assert (one.overtaken, one.withdrawn, one.waiting, one.late) == (1, 0, 0, 0)
    assert (found[Kind.PORTABILITY].overtaken, found[Kind.PORTABILITY].late) == (1, 1)  # its days had passed


async def test_what_was_done_is_read_from_the_trail(cast: Stage, clock: Clock) -> None:
    house, now = cast.house, clock()
    words: dict[str, Any] = {"officer": (cast.alice.id, "fatima"), "ring": house.ring, "now": now}
    async with house.database.unit_of_work() as session:
        await lookup.look_up(session, parse(ALICE), Why.INCIDENT, "D-2026-1", **words)
        for hours, reason in (
            (0, "delivery 30, job_of_somebody 9, lookup 2"),
            (0, "ledger_entry 3"),  # of the same run
            (1, "delivery 12, " + "x" * 95 + ", delivery 1"),
        ):
            at = now - timedelta(hours=hours)
            await audit.record(session, "service", Event.RETENTION_RUN, reason=reason, now=at)
        await supervise.drill(session, Outcome.PASSED, actor="cli:root", now=now)
        await supervise.drill(session, Outcome.FAILED, actor="cli:root", now=now - timedelta(days=60))
        await review.sign(session, "ada", {}, now)
        facts = Facts(
            now, Nature.LOST, Keys.NO, ["weerbaar-bestuur"], None, ["subscriber"], [], [], Risk.LIKELY
        )
        for at in (now, now + timedelta(hours=73), None):
            row = await record.record(session, facts, actor="fatima", now=now)
            if at is not None:
                await record.report(session, row, at, Late.MISSED, actor="fatima", now=at)
    found = await made(cast, clock)
    known = found.breaches
    assert (known.known, known.in_time, known.late, known.open, known.told) == (3, 1, 1, 1, 0)
    assert found.lookups == {why: int(why is Why.INCIDENT) for why in Why}
    assert (found.retention.runs, found.retention.removed) == (
        2,
        {"delivery": 42, "ledger_entry": 3, "lookup": 2},
    )
    assert (len(found.restores.drills_passed), found.restores.drills_failed) == (1, [])
    assert (found.access.accounts, set(found.access.roles.values())) == (5, {1})
    assert (found.access.reviewed_at, found.access.review_due) == ([now], False)
    assert (found.trail.trail_whole, found.trail.ledger_whole, found.finished) == (True, True, False)
    assert len((await made(cast, clock, NOW.before)).restores.drills_failed) == 1


async def test_the_signature_is_checked_without_us_and_shows_every_change(cast: Stage, clock: Clock) -> None:
    found = await made(cast, clock)
    content = found.file()
    signature = bytes.fromhex(content.pop("signature"))
    said = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.public_key))
    public.verify(signature, said)
    with pytest.raises(InvalidSignature):
        public.verify(signature, said.replace(b'"late":0', b'"late":1', 1))
    text = json.dumps(found.file())
    assert dossier.read(text).genuine(cast.house.ring)
    assert not dossier.read(text.replace('"late": 0', '"late": 1', 1)).genuine(cast.house.ring)
    for other in ('"version": 1, "about": "alice"', '"version": 2, "version": 1', '"version": "1"'):
        with pytest.raises(Invalid):
            dossier.read(text.replace('"version": 1', other))
    with pytest.raises(Invalid):
        dossier.read(text.replace('"late": 0', '"late": "0"', 1))


async def test_no_reader_and_no_colleague_is_in_the_file(cast: Stage, clock: Clock) -> None:
    await refused(cast, clock, date(2026, 11, 1))
    async with cast.house.database.unit_of_work() as session:
        await review.sign(session, "ada", {name: [] for name in PEOPLE}, clock())
        rows = list(await session.scalars(select(request.Request)))
    text = json.dumps((await made(cast, clock)).file()).casefold()
    known = [each.subject.hex() for each in rows if each.subject] + [each.number for each in rows]
    for secret in ("@", "example.org", ALICE, BOB, "alice", "bob", cast.alice.subject.hex(), *known):
        assert secret.casefold() not in text, secret
    assert not set(PEOPLE) & set(re.findall(r"\w+", text))


def texts(model: type[BaseModel]) -> set[str]:
    """The fields of a form that could hold any text at all."""
    found = set()
    for name, field in model.model_fields.items():
        found |= {f"{model.__name__}.{name}"} if _free(field.annotation, field.metadata) else set()
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= texts(inner)
    return found


def _free(kind: Any, limits: list[Any]) -> bool:
    return kind is str and not any(getattr(each, "pattern", None) for each in limits)


def test_only_our_own_sentences_are_text(clock: Clock) -> None:
    own = {f"Category.{name}" for name in ("what", "why", "until")}
    assert texts(Dossier) == own
    with pytest.raises(ValidationError):
        dossier.Category(table="alice@example.org", what="x", why="x", until="x")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_trail_that_was_changed_is_told(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        await supervise.drill(session, Outcome.FAILED, actor="cli:root", now=clock())
        await session.flush()
        row = await session.scalar(select(audit.Record).order_by(audit.Record.seq.desc()))
        assert row is not None
        row.reason = str(Outcome.PASSED)
    assert not (await made(cast, clock)).trail.trail_whole


def test_a_quarter_is_three_months() -> None:
    found = Quarter.parse("2026-Q1")
    assert (found.first_on, found.last_on) == (date(2026, 1, 1), date(2026, 3, 31))
    assert str(found.before) == "2025-Q4"
    assert Quarter.of(date(2028, 2, 29)) == Quarter(2028, 1)
    for wrong in ("2026-Q5", "2026", "2026-q1", "1999-Q1"):
        with pytest.raises(Invalid):
            Quarter.parse(wrong)
