"""Another language of an issue: who begins it has written nothing yet."""

from __future__ import annotations

from app.domain import issue as issues
from app.domain import staff, version
from app.domain.manuscript import read
from app.domain.typed import Typed
from app.features import compose
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_approve import ENGLISH, approvers, ask, refused, written


async def test_who_only_begins_another_language_wrote_nothing(cast: Stage, clock: Clock) -> None:
    await approvers(cast, "dana", "emre")
    issue_id = await written(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await compose.add(session, issue, "en", author="emre", now=clock())
        assert issue.author == "dana"
        row = await version.get(session, issue_id, "en", 1)
        assert (row.author, row.content["subject"]) == (staff.BY_ITSELF, "")
        english = read(ENGLISH).content.model_dump(mode="json")
        await compose.save(session, issue, Typed.of(english), author="dana", now=clock())
    await refused(cast, issue_id, clock, "dana")
    assert (await ask(cast, issue_id, clock, "emre")).approver == "emre"
