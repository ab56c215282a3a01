"""`bode issue report`: how an issue goes or went, in numbers; with --watch until it is sent."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.cli.door import AsJson, answer, inside
from app.cli.issue import watch, words
from app.cli.issue.words import IssueId
from app.domain import house as houses
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.features import report as reporting
from app.features.report import Details, Progress

Watched = Annotated[
    bool, typer.Option("--watch", help="Follow it until it is sent (0), or stopped on its way (1).")
]


def report(issue_id: IssueId, *, watched: Watched = False, as_json: AsJson = False) -> None:
    """Say how an issue goes or went, in numbers: counted now, or as its books were closed.

    audience = accepted + refused + left + given up + waiting. `in_doubt` are copies of which, after a
    crash or a lost connection, nobody can know whether they had arrived; they were sent again, and
    `doubt` lists their delivery ids: the left side of their Message-ID.

    `rate` is messages a second: accepted and refused, on average since it began or since a person last
    let it go on, until now or until its books were closed. `seconds_left` counts what waits at that
    rate (at the newsletter's pace while there is none yet), and never less than until the last retry.

    `refusals` counts the answers of mail servers by their code (RFC 3463, such as 5.1.1). `domains`
    counts the same by the domain of the reader, where ten readers or more have it; smaller ones, and
    readers who are not subscribed any more, are "other". No address is shown. These two and `doubt`
    are known for 90 days.
    """
    if watched:
        inside(lambda house: watch.watch(house, issue_id))
    told, letter = inside(lambda house: _told(house, issue_id))
    answer(told, words.table(_for_people(told, letter)), as_json=as_json)


async def _told(house: House, issue_id: str) -> tuple[dict[str, Any], Newsletter]:
    async with house.database.reading() as session:
        issue = await words.find(session, issue_id)
        letter = await session.get_one(Newsletter, issue.newsletter_id)
        told = await words.described(session, issue)
        told["resumed_at"], told["frozen_at"] = words.iso(issue.resumed_at), words.iso(issue.frozen_at)
        progress = await reporting.progress(session, issue, now=houses.now())
        details = await reporting.details(session, issue, progress, ring=house.ring)
        return {**told, **_numbers(progress, details)}, letter


def _numbers(progress: Progress, details: Details) -> dict[str, Any]:
    return {
        **progress.books,
        "rate": None if progress.rate is None else round(progress.rate, 3),
        "seconds_left": None if progress.seconds_left is None else round(progress.seconds_left),
        "refusals": details.refusals,
        "domains": details.domains,
        "doubt": [each.hex for each in details.doubt],
    }


def _for_people(told: dict[str, Any], letter: Newsletter) -> dict[str, Any]:
    rows = words.on_the_clock(told, letter)
    for name, worded in (("rate", words.speed), ("seconds_left", words.length)):
        rows[name] = None if told[name] is None else worded(told[name])
    for name in ("refusals", "domains"):
        rows[name] = ", ".join(f"{each} {count}" for each, count in told[name].items()) or None
    rows["doubt"] = ", ".join(told["doubt"]) or None
    return rows


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(
        "report", epilog="Example: bode issue report 5e0c3f4e-7d0f-4c55-9c57-0d3a7b1f8d11 --watch --json"
    )(report)
