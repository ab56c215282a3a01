"""What is held about one reader, in words for the page and in fields for the file they may save."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.language import moment
from app.domain.block import Block, Ground
from app.domain.consent import Consent, Event
from app.domain.delivery import Delivery, State
from app.domain.issue import Issue
from app.domain.ledger import Entry
from app.domain.subscriber import Subscriber
from app.features.manage import Holding, Looked
from app.web import asked, shape
from app.web.links import NAMES
from app.web.templating import READERS_ZONE

Say = Callable[[str], str]
Group = tuple[str, list[tuple[str, str]]]


async def numbers(session: AsyncSession, held: Holding) -> dict[UUID, int]:
    """The number of each issue that was sent to this reader."""
    wanted = {each.issue_id for each in held.deliveries}
    rows = await session.scalars(select(Issue).where(Issue.id.in_(wanted)))
    return {row.id: row.number for row in rows}


def groups(held: Holding, address: Address, issues: dict[UUID, int], say: Say, language: str) -> list[Group]:
    """Everything, under headings."""
    at = _Moments(language)
    return [
        (say("Your subscription"), _subscription(held, address, say, at)),
        (say("Proof of your yes"), _proofs(held, say, at)),
        (
            say("Editions sent to you"),
            [
                (say("Edition %(number)s") % {"number": issues[each.issue_id]}, _fate(each, say))
                for each in held.deliveries
            ],
        ),
        (say("Block"), _block(held.blocked, say, at)),
        *_lists(held, say, at),
        (say("Your privacy requests"), asked.requests(held.requests, say, language)),
        (say("What our ledger says"), asked.ends(held.ends, say, at)),
    ]


class _Moments:
    """Moments on the reader's clock."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, at: datetime) -> str:
        return moment(at.astimezone(READERS_ZONE), self._language)


def _subscription(held: Holding, address: Address, say: Say, at: _Moments) -> list[tuple[str, str]]:
    row = held.row
    if row is None:
        return []
    found = [
        (say("E-mail address"), address.typed),
        (say("Newsletter"), held.newsletter.title),
        (say("Language"), NAMES.get(row.language, row.language)),
        (say("When you said yes"), at(row.confirmed_at)),
        (say("Random number in your links"), row.id.hex),
        (say("Editions in a row that could not be delivered"), str(row.bounces)),
    ]
    dated = {
        say("Break until"): row.paused_until,
        say("Use restricted since"): row.restricted_at,
        say("Last failed delivery"): row.bounced_at,
    }
    return found + [(label, at(when)) for label, when in dated.items() if when]


def _proofs(held: Holding, say: Say, at: _Moments) -> list[tuple[str, str]]:
    done = {
        Event.REQUESTED: say("You filled in the form"),
        Event.CONFIRMED: say("You pressed the button"),
        Event.WITHDRAWN: say("You stopped"),
        Event.UNDONE: say("You undid the stop"),
        Event.IMPORTED: say("You said yes before, somewhere else"),
    }
    seen, kept = say("The text that you saw"), say("Where that yes is kept")
    rows, texts = [], dict(held.wordings)
    for each in held.consents:
        rows.append((done[Event(each.event)], at(each.at)))
        if text := texts.pop(each.wording_id or "", ""):  # each once, where it was first seen
            rows.append((kept if each.event == Event.IMPORTED else seen, text))
    return rows


def _fate(row: Delivery, say: Say) -> str:
    fates = {
        State.WAITING: say("not handed over to your mail provider yet"),
        State.SENDING: say("being handed over"),
        State.ACCEPTED: say("handed over to your mail provider"),
        State.REFUSED: say("refused by your mail provider"),
        State.LEFT: say("not sent, because you had stopped"),
        State.GIVEN_UP: say("not delivered; we stopped trying"),
    }
    code = f" ({row.code})" if row.code else ""
    return fates[State(row.state)] + code


def _block(row: Block | None, say: Say, at: _Moments) -> list[tuple[str, str]]:
    if row is None:
        return []
    grounds = {
        Ground.NOT_ME: say("you told us that it was not you"),
        Ground.OBJECTION: say("you asked us never to mail you"),
        Ground.COMPLAINT: say("our mail was reported as unwanted"),
        Ground.BOUNCE: say("the mailbox did not exist"),
    }
    found = [(say("Why"), grounds[Ground(row.ground)]), (say("Since"), at(row.at))]
    return found + ([(say("Until"), at(row.ends_at))] if row.ends_at else [])


def _lists(held: Holding, say: Say, at: _Moments) -> list[Group]:
    """Few are on such a list, and for few days: who is not reads nothing of it."""
    rows = []
    for each in held.lists:
        kept = say("we cannot read this any more") if each.evidence is None else each.evidence
        rows += [(say("When you said yes"), at(each.at)), (say("Where that yes is kept"), kept)]
        rows.append((say("Waits until"), at(each.until)))
    return [(say("On a list that waits to be brought in"), rows)] if rows else []


def fields(held: Holding, issues: dict[UUID, int]) -> dict[str, Any]:
    """The same for programs (GDPR Art. 15 and 20); times in UTC."""
    return {
        "newsletter": held.newsletter.title,
        "subscription": _subscribed(held.row),
        "proofs": [_proof(each, held.wordings) for each in held.consents],
        "deliveries": [_delivery(each, issues) for each in held.deliveries],
        "block": _blocked(held.blocked),
        "requests": [columns(each, shape.Request) for each in held.requests],
        "lists": [columns(each, shape.Listed) for each in held.lists],
        "ends": ended(held.ends),
    }


def looked(found: Looked, say: Say, language: str) -> Group:
    """Who looked this reader up; or nobody."""
    return say("Who looked you up?"), asked.lookups(*found, say, _Moments(language))


def ended(rows: list[Entry] | None) -> list[dict[str, Any]] | None:
    """What the ledger says, None while it cannot be asked."""
    return None if rows is None else [columns(each, shape.End) for each in rows]


def columns(row: Any, form: type[shape.Form]) -> dict[str, Any]:
    """The columns of a row that its form names."""
    return {name: getattr(row, name) for name in form.model_fields}


def _subscribed(row: Subscriber | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row.id.hex,
        "language": row.language,
        "confirmedAt": _utc(row.confirmed_at),
        "pausedUntil": _utc(row.paused_until),
        "restrictedAt": _utc(row.restricted_at),
        "bounces": row.bounces,
        "bouncedAt": _utc(row.bounced_at),
    }


def _proof(row: Consent, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "event": str(row.event),
        "at": _utc(row.at),
        "textVersion": row.wording_id,
        "text": texts.get(row.wording_id or ""),
        "endedAt": _utc(row.ended_at),
    }


def _delivery(row: Delivery, issues: dict[UUID, int]) -> dict[str, Any]:
    return {
        "id": row.id.hex,
        "issue": issues[row.issue_id],
        "state": str(row.state),
        "attempts": row.attempts,
        "inDoubt": row.in_doubt,
        "answer": row.code,
    }


def _blocked(row: Block | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"ground": str(row.ground), "at": _utc(row.at), "endsAt": _utc(row.ends_at)}


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
