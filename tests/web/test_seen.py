"""What an approver had before them is what goes out: another text, sender or place for answers voids it."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from app.domain import house as houses
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from tests.cast import ALICE
from tests.sending import approved, look, looked_at, reached, send, working
from tests.web.conftest import Site, field
from tests.web.test_approving import at_the_desk, draft

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

OTHER = {
    "sender_name": "Iemand anders",
    "sender_address": "anders@example.org",
    "reply_to": "antwoord@example.org",
    "title": "Een andere naam",
}


async def changed(site: Site, *names: str) -> None:
    """What the newsletter says of itself is another thing now, as `bode newsletter change` does it."""
    async with site.house.database.unit_of_work() as db:
        letter = await db.get_one(Newsletter, site.stage.letter.id)
        for name in names:
            setattr(letter, name, OTHER[name])


async def test_an_approver_reads_who_sends_it_and_who_gets_the_answers(site: Site) -> None:
    _, path = await draft(site)
    await at_the_desk(site, "emre")
    page = (await site.get(path)).text
    assert "Netwerk Weerbaar Bestuur &lt;nieuwsbrief@example.org&gt;" in page
    assert "<dd>nieuwsbrief@example.org</dd>" in page
    await changed(site, "reply_to")
    assert "<dd>antwoord@example.org</dd>" in (await site.get(path)).text


@pytest.mark.parametrize("name", list(OTHER))
async def test_what_the_newsletter_says_of_itself_meanwhile_is_read_again(site: Site, name: str) -> None:
    issue_id, path = await draft(site)
    await looked_at(site.stage, issue_id, site.clock())
    desk = await at_the_desk(site, "emre")
    seen = field((await site.get(path)).text, "seen")
    assert field((await site.get(path)).text, "seen") == seen  # it is the mail that counts, and not the look
    await changed(site, name)
    await looked_at(site.stage, issue_id, site.clock())
    answer = await desk.press(path, path, seen=seen, readers="1")
    assert (answer.status_code, "De mail is gewijzigd terwijl u las" in answer.text) == (400, True)
    assert (await look(site.house, issue_id)).state == State.DRAFT
    answer = await desk.press(path, path, seen=field(answer.text, "seen"), readers="1")
    assert (answer.status_code, (await look(site.house, issue_id)).state) == (303, State.SCHEDULED)


async def test_the_hash_on_the_page_is_that_of_what_is_stored_and_sent(site: Site) -> None:
    issue_id, path = await draft(site)
    await looked_at(site.stage, issue_id, site.clock())
    desk = await at_the_desk(site, "emre")
    seen = field((await site.get(path)).text, "seen")
    await desk.press(path, path, seen=seen, readers="1")
    assert (await look(site.house, issue_id)).digest == seen


async def test_a_newsletter_that_changes_after_approval_changes_no_approved_mail(site: Site) -> None:
    site.clock.time = houses.now()  # the worker's own
    issue_id = await approved(site.stage, site.clock())
    await changed(site, *OTHER)
    async with working(site.house, site.box):
        await send(site.house, issue_id)
        await reached(site.house, issue_id, State.SENT)
    (copy,) = [each for each in site.box.letters() if each.recipient == ALICE]
    letter = message_from_bytes(copy.content, policy=policy.default)
    assert str(letter["From"]) == "Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>"
    assert letter["Reply-To"] is None
    assert "Weerbaar Bestuur" in letter["List-Id"]
