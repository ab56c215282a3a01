"""Four eyes: what a colleague approved is what is sent, and any edit takes the approval away."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.core.errors import IllegalMove, Invalid, NotFound, Refused
from app.domain import issue as issues
from app.domain import staff, typed, version
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.manuscript import read
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.domain.staff import Role
from app.domain.typed import Typed
from app.domain.version import Version
from app.features import absent, approve, compose
from app.mail.compile import Compiled, Gap
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import TEXT, approved, look, sent

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


async def approvers(on: Stage, *names: str) -> None:
    """They write, and they approve."""
    async with on.house.database.unit_of_work() as session:
        for name in names:
            (await staff.named(session, name)).roles = [Role.EDITOR, Role.APPROVER]


async def comma(on: Stage, issue_id: UUID, clock: Clock, name: str) -> None:
    """A colleague changes one comma of what dana wrote."""
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        changed = read(TEXT.replace("alinea", "alinea,"))
        await compose.write(session, issue, changed, {}, author=name, now=clock())


async def refused(on: Stage, issue_id: UUID, clock: Clock, *names: str) -> None:
    for name in names:
        with pytest.raises(Refused, match="than who wrote in it"):
            await ask(on, issue_id, clock, name)


async def test_nobody_approves_their_own_words_whoever_saved_last_or_is_away(
    cast: Stage, clock: Clock
) -> None:
    """A comma of somebody else does not make one's own text somebody else's."""
    await approvers(cast, "dana", "emre", "fatima")
    issue_id = await written(cast, clock)
    await comma(cast, issue_id, clock, "emre")
    async with cast.house.database.unit_of_work() as session:
        fatima, zone = await staff.named(session, "fatima"), cast.letter.zone
        today = clock().astimezone(zone).date()
        await absent.note(session, fatima, today, today, zone=zone, now=clock())
    await refused(cast, issue_id, clock, "dana", "emre")
    assert (await ask(cast, issue_id, clock, "fatima")).approver == "fatima"


@pytest.mark.parametrize("how", ["goes back", "gives way"])
async def test_who_only_brings_back_the_words_of_another_wrote_nothing(
    cast: Stage, clock: Clock, how: str
) -> None:
    await approvers(cast, "dana", "emre")
    issue_id = await written(cast, clock)
    if how == "goes back":
        await comma(cast, issue_id, clock, "emre")
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        if how == "goes back":
            row = await version.get(session, issue_id, "nl", 1)
            await compose.go_back(session, issue, row, author="emre", now=clock())
        else:
            mine = typed.blank("nl").added("divider", 0)
            await compose.give_way(session, issue, mine, author="emre", now=clock())
    await refused(cast, issue_id, clock, "dana")
    approved_one = await ask(cast, issue_id, clock, "emre")
    assert (approved_one.author, approved_one.approver) == ("dana", "emre")


async def test_who_only_began_it_wrote_nothing(cast: Stage, clock: Clock) -> None:
    await approvers(cast, "dana", "emre")
    await sent(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        issue = await compose.start(session, cast.letter, author="emre", now=clock())
        row = await version.get(session, issue.id, "nl", 1)  # with last time's headings
        await compose.save(
            session, issue, Typed.of(read(TEXT).content.model_dump(mode="json")), author="dana", now=clock()
        )
    assert row.content["blocks"]
    await refused(cast, issue.id, clock, "dana")
    assert (await ask(cast, issue.id, clock, "emre")).approver == "emre"


async def test_a_correction_has_the_words_of_what_it_corrects(cast: Stage, clock: Clock) -> None:
    await approvers(cast, "dana", "emre", "fatima")
    issue_id = await sent(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        before = await issues.get(session, issue_id)
        draft = await compose.correct(session, before, author="emre", now=clock())
        row = await version.get(session, draft.id, "nl", 1)
        draft_text = Typed.of(row.content)
        right = replace(draft_text, top={**draft_text.top, "subject": "Rectificatie: nu goed"})
        await compose.save(session, draft, right, author="emre", now=clock())
    await refused(cast, draft.id, clock, "dana", "emre")
    clock.forward(days=200)
    async with cast.house.database.unit_of_work() as session:
        await session.execute(delete(Version).where(Version.issue_id == issue_id))  # half a year later
    await refused(cast, draft.id, clock, "dana", "emre")
    assert (await ask(cast, draft.id, clock, "fatima")).author == "emre"


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
    assert english["List-Help"] == "<https://bode.example.org/en/weerbaar-bestuur/privacy>"
    assert english["List-Subscribe"] == "<https://bode.example.org/en/weerbaar-bestuur>"
    assert english["List-Archive"] == "<https://bode.example.org/en/weerbaar-bestuur/archive>"


async def test_the_main_language_must_be_there(cast: Stage, clock: Clock) -> None:
    issue_id = await written(cast, clock, ENGLISH)
    with pytest.raises(Refused, match="main language"):
        await ask(cast, issue_id, clock)


async def test_a_picture_that_is_not_there_is_refused_by_its_name(cast: Stage, clock: Clock) -> None:
    with pytest.raises(Invalid, match=r"photo\.png"):
        await written(cast, clock, f"{TEXT}\n![A hall](photo.png)\n")
