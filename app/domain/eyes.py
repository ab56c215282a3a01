"""Four eyes: who may approve an issue, because nobody approves words that they wrote (promise 9).

It does not matter who pressed a button last, or who is away: somebody else has read every word. Where every
approver wrote in it nobody can approve it, until the words of one of them are out of it again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import authorship, staff
from app.domain.issue import Issue


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose words they are, and who may look as the second person."""

    writers: list[str]
    approvers: list[str]

    def wrote(self, name: str) -> bool:
        """Whether some of the words are theirs."""
        return name in self.writers


def allowed(people: Collection[str], writers: Collection[str]) -> list[str]:
    """Of these people, who may approve: none who wrote in it."""
    return [each for each in people if each not in writers]


async def writers(session: AsyncSession, issue: Issue) -> set[str]:
    """Whose words are in it, and its author; what stood ready by itself has nobody's words."""
    return {*await authorship.writers(session, issue), issue.author} - {staff.BY_ITSELF}


async def on(session: AsyncSession, issue: Issue) -> Eyes:
    """Who wrote in this issue, and who may approve it."""
    wrote = await writers(session, issue)
    people = await staff.with_role(session, *issue.approvers)
    return Eyes(sorted(wrote), allowed([each.name for each in people], wrote))
