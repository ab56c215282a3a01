"""Four eyes: what a colleague approved is what is sent, and any edit takes the approval away."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.errors import IllegalMove, Invalid, NotFound, Refused
from app.domain import issue as issues
from app.domain import staff
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.manuscript import read
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.domain.staff import Role
from app.features import approve, compose
from app.mail.compile import Compiled, Gap
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import TEXT, approved, look

ENGLISH = TEXT.replace("subject:", "language: en\nsubject:").replace(
    "Nieuws van de maand", "News of the month"
)
GAPS = {
    Gap.TO: b"alice@example.org",
    Gap.MESSAGE_ID: b"<1@bode.example.org>",
    Gap.DATE: b"Tue, 01 Dec 2026 09:00:00 +0000",
    Gap.LEAVE: b"L" * 56,
}


async def written(on: Stage, clock: Clock, *texts: str) -> UUID:
    """A draft of dana's, in one language or more."""
    async with on.house.database.unit_of_work() as session:
        issue = await compose.begin(
            session, on.letter, read(texts[0] if texts else TEXT), {}, author="dana", now=clock()
        )
        for text in texts[1:]:
            await compose.write(session, issue, read(text), {}, author="dana", now=clock())
    return issue.id


async def ask(on: Stage, issue_id: UUID, clock: Clock, approver: str = "emre") -> Issue:
    """Somebody approves."""
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await approve.approve(
            session,
            issue,
            approver=approver,
            base_url="https://bode.example.org",
            ring=on.house.ring,
            now=clock(),
        )
    return await look(on.house, issue_id)


async def edit(on: Stage, issue_id: UUID, clock: Clock, text: str = TEXT) -> Issue:
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await compose.write(session, issue, read(text), {}, author="dana", now=clock())
    return await look(on.house, issue_id)


async def frozen(on: Stage, issue_id: UUID) -> dict[str, bytes]:
    async with on.house.database.reading() as session:
        return await issues.frozen(session, issue_id)


async def mail(on: Stage, issue_id: UUID, language: str) -> EmailMessage:
    """What a reader of that language gets."""
    compiled = Compiled.from_bytes((await frozen(on, issue_id))[language])
    return message_from_bytes(b"".join(compiled.fill(GAPS)), policy=policy.default)


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


async def test_an_approval_names_who_when_and_which_bytes(cast: Stage, clock: Clock) -> None:
    issue = await ask(cast, await written(cast, clock), clock)
    assert (issue.state, issue.approver, issue.approved_at) == (State.APPROVED, "emre", clock())
    assert issue.digest == issues.digest(await frozen(cast, issue.id))
    assert issue.key_id == cast.house.ring.active
    async with cast.house.database.reading() as session:
        found = await session.scalar(select(Record).where(Record.event == Event.ISSUE_APPROVED))
    assert found is not None
    assert (found.actor, found.reason) == ("emre", f"sha256 {issue.digest}")


async def test_the_author_cannot_approve_even_with_the_role(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        (await staff.named(session, "dana")).roles = [Role.EDITOR, Role.APPROVER]
    issue_id = await written(cast, clock)
    with pytest.raises(Refused, match="somebody else than its author"):
        await ask(cast, issue_id, clock, "dana")
    assert (await look(cast.house, issue_id)).state == State.DRAFT


async def test_who_edited_last_is_the_author(cast: Stage, clock: Clock) -> None:
    """Two people cannot approve each other's words by taking turns at the keyboard."""
    issue_id = await written(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        emre = await staff.named(session, "emre")
        emre.roles = [Role.APPROVER, Role.EDITOR]
        issue = await issues.get(session, issue_id, lock=True)
        await compose.write(session, issue, read(TEXT), {}, author="emre", now=clock())
    with pytest.raises(Refused, match="somebody else"):
        await ask(cast, issue_id, clock)


@pytest.mark.parametrize("name", ["fatima", "joost", "ada"])
async def test_other_roles_cannot_approve(cast: Stage, clock: Clock, name: str) -> None:
    issue_id = await written(cast, clock)
    with pytest.raises(Refused, match="does not have the role"):
        await ask(cast, issue_id, clock, name)


async def test_nobody_and_a_closed_account_cannot_approve(cast: Stage, clock: Clock) -> None:
    issue_id = await written(cast, clock)
    with pytest.raises(NotFound):
        await ask(cast, issue_id, clock, "nobody")
    async with cast.house.database.unit_of_work() as session:
        (await staff.named(session, "emre")).disabled_at = clock()
    with pytest.raises(Refused, match="closed"):
        await ask(cast, issue_id, clock)


async def test_an_edit_voids_the_approval_and_gives_the_month_back(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    issue = await edit(cast, issue_id, clock, TEXT.replace("alinea", "zin"))
    assert (issue.state, issue.digest, issue.approver, issue.due_at) == (State.DRAFT, None, None, None)
    assert await frozen(cast, issue_id) == {}
    async with cast.house.database.reading() as session:
        assert (await session.get_one(Slot, (cast.letter.id, "2026-12"))).state == SlotState.OPEN
        on_record = select(Record).where(Record.event == Event.ISSUE_APPROVAL_VOIDED)
        assert await session.scalar(on_record) is not None


async def test_an_edit_that_changes_nothing_voids_it_too(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    assert (await edit(cast, issue_id, clock)).state == State.DRAFT


async def test_what_has_begun_cannot_be_edited_or_approved_again(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        issue.move_to(State.SENDING)
        issue.started_at = clock()
    with pytest.raises(Refused, match="cannot be changed any more"):
        await edit(cast, issue_id, clock)
    with pytest.raises(IllegalMove):
        await ask(cast, issue_id, clock)


async def test_the_digest_tells_bytes_and_languages_apart() -> None:
    made = [{"nl": b"a", "en": b"b"}, {"nl": b"b", "en": b"a"}, {"nl": b"ab"}, {"nl": b"a", "en": b"bc"}]
    assert len({issues.digest(each) for each in made}) == 4
    assert issues.digest({"en": b"b", "nl": b"a"}) == issues.digest(made[0])


async def test_a_reader_gets_their_own_language_in_words_and_frame(cast: Stage, clock: Clock) -> None:
    issue_id = (await ask(cast, await written(cast, clock, TEXT, ENGLISH), clock)).id
    dutch, english = [await mail(cast, issue_id, each) for each in ("nl", "en")]
    assert str(dutch["Subject"]).startswith("Nieuws van de maand")
    assert str(english["Subject"]).startswith("News of the month")
    assert "/afmelden/" in body(dutch)
    assert "/unsubscribe/" in body(english)


async def test_without_a_text_of_their_own_an_english_reader_gets_dutch_in_an_english_frame(
    cast: Stage, clock: Clock
) -> None:
    issue_id = (await ask(cast, await written(cast, clock), clock)).id
    english = await mail(cast, issue_id, "en")
    assert str(english["Subject"]).startswith("Nieuws van de maand")
    assert f"https://bode.example.org/unsubscribe/{'L' * 56}" in body(english)
    assert english["List-Unsubscribe"] == f"<https://bode.example.org/unsubscribe/{'L' * 56}>"
    assert "/afmelden/" not in body(english)


async def test_the_main_language_must_be_there(cast: Stage, clock: Clock) -> None:
    issue_id = await written(cast, clock, ENGLISH)
    with pytest.raises(Refused, match="main language"):
        await ask(cast, issue_id, clock)


async def test_a_picture_that_is_not_there_is_refused_by_its_name(cast: Stage, clock: Clock) -> None:
    with pytest.raises(Invalid, match=r"photo\.png"):
        await written(cast, clock, f"{TEXT}\n![A hall](photo.png)\n")
