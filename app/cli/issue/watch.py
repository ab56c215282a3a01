"""Follows an issue while it goes out, until it is sent or somebody or something has stopped it."""

from __future__ import annotations

import asyncio
import time

from app.cli import bar
from app.cli.issue import words
from app.core.errors import Refused
from app.domain import house as houses
from app.domain.house import House
from app.domain.issue import Issue, State
from app.features import report as reporting
from app.features.report import Progress

LOOK = 1.0  # seconds between looks: people watch
SHARE = 10  # times as long as a look took until the next: a large issue is not slowed by who watches
GOING = (State.SCHEDULED, State.SENDING)


async def watch(house: House, issue_id: str) -> None:
    """Show how far it is until it is sent; raises Refused with the reason when it was stopped."""
    with bar.shown() as shown:
        while True:
            begun = time.monotonic()
            issue, progress = await _look(house, issue_id)
            books = progress.books
            shown.tell(books["audience"] - books["waiting"], books["audience"], _said(issue, progress))
            if issue.state not in GOING:
                break
            await asyncio.sleep(max(LOOK, SHARE * (time.monotonic() - begun)))
    if issue.state != State.SENT:
        why = f": {issue.reason}" if issue.reason else ""
        raise Refused(f"issue {issue.number} is '{issue.state}'{why}")


async def _look(house: House, issue_id: str) -> tuple[Issue, Progress]:
    async with house.database.reading() as session:
        issue = await words.find(session, issue_id)
        return issue, await reporting.progress(session, issue, now=houses.now())


def _said(issue: Issue, progress: Progress) -> str:
    said = [str(issue.state)]
    if progress.rate is not None:
        said.append(words.speed(progress.rate))
    if progress.seconds_left is not None:
        said.append(f"{words.length(progress.seconds_left)} to go")
    troubles = ("refused", "given_up", "in_doubt")
    said += [f"{progress.books[each]} {each}" for each in troubles if progress.books[each]]
    return ", ".join(said)
