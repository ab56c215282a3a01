"""Checking and approving by browser: what is shown is what is sent, and somebody else decides."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domain import house as houses
from app.domain import issue as issues
from app.domain import outbox, sight, staff, trial
from app.domain.audit import Event, Record
from app.domain.issue import State
from app.domain.outbox import Mail
from app.domain.staff import Role
from app.features import compose
from tests.features.test_approve import edit, written
from tests.sending import TEXT, look, looked_at, sent, until, working
from tests.web.conftest import Site, field
from tests.web.desk import Browser, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def at_the_desk(site: Site, name: str) -> Browser:
    await straight_in(site, site.client, name)
    return Browser(site, site.client)


async def draft(site: Site) -> tuple[UUID, str]:
    """An issue of dana's, and the path of its page to approve."""
    issue_id = await written(site.stage, site.clock)
    return issue_id, f"/staff/issues/{issue_id}/approve"


async def mailed(site: Site) -> list[tuple[str, str]]:
    """Who is mailed, and what about."""
    async with site.house.database.reading() as db:
        rows = [outbox.opened(site.house.ring, each) for each in await db.scalars(select(Mail))]
    return [(each["address"], each.get("words", each).get("what", each["purpose"])) for each in rows]


async def test_an_author_asks_and_a_colleague_sends_back_reads_the_difference_and_approves(
    site: Site,
) -> None:
    issue_id, path = await draft(site)
    desk = await at_the_desk(site, "dana")
    assert "Een concept dat nog niet is ingeleverd" in (await site.get(path)).text
    for _ in "twice":
        assert (await desk.press(path, f"{path}/ask")).status_code == 303
    assert await mailed(site) == [("emre@example.org", "asked")]
    assert "Daarom keurt iemand anders haar goed: emre" in (await site.get(path)).text

    desk = await at_the_desk(site, "emre")
    assert 'href="#decide"' in (await site.get(path)).text
    assert (await desk.press(path, f"{path}/return", remark="Korter.\r\nEn beter.")).status_code == 303
    assert (await look(site.house, issue_id)).state == State.DRAFT
    assert ("dana@example.org", "returned") in await mailed(site)
    assert "Korter.\nEn beter." in (await site.get(path)).text

    await edit(site.stage, issue_id, site.clock, TEXT.replace("Een alinea", "Een <b> zin"))
    page = (await site.get(path)).text
    assert "Blok 2: gewijzigd" in page
    assert '<del><span class="unseen">(weg:) </span>alinea</del>' in page
    assert "&lt;b&gt; zin" in page
    await looked_at(site.stage, issue_id, site.clock())
    assert (await desk.press(path, path, seen=field(page, "seen"), readers="1")).status_code == 303
    issue = await look(site.house, issue_id)
    assert (issue.state, issue.approver, issue.period) == (State.SCHEDULED, "emre", "2026-12")
    assert "is precies wat wordt verstuurd" in (await site.get(path)).text
    async with site.house.database.reading() as db:
        events = set(await db.scalars(select(Record.event).where(Record.about == f"issue {issue_id}")))
    assert events >= {
        Event.ISSUE_SUBMITTED,
        Event.ISSUE_RETURNED,
        Event.ISSUE_LINKS_ASKED,
        Event.ISSUE_APPROVED,
    }


async def test_what_nobody_has_looked_at_is_not_approved_on_a_page(site: Site) -> None:
    issue_id, path = await draft(site)
    desk = await at_the_desk(site, "emre")
    seen = field((await site.get(path)).text, "seen")
    answer = await desk.press(path, path, seen=seen)
    assert (answer.status_code, answer.text.count("Moet eerst worden bekeken:")) == (400, 2)
    assert "Er moet eerst worden gekeken." in answer.text
    assert re.search(r"gaat de mail uit op [^.]*1 december 2026", answer.text)
    assert "De mail gaat naar 1 lezer." in answer.text
    await looked_at(site.stage, issue_id, site.clock())
    for _ in "twice":
        assert (await desk.press(path, path, seen=seen, readers="1")).status_code == 303
    async with site.house.database.reading() as db:  # what nobody handed in, its approver did
        assert await db.scalar(select(Record.actor).where(Record.event == Event.ISSUE_SUBMITTED)) == "emre"


async def test_a_remark_says_something_and_holds_no_address(site: Site) -> None:
    issue_id, path = await draft(site)
    await (await at_the_desk(site, "dana")).press(path, f"{path}/ask")
    desk = await at_the_desk(site, "emre")
    for remark, told in (
        ("", "Schrijf wat er anders moet."),
        ("Mail jan@example.org", "Haal het weg"),
        ("Mail jan (at) example.org", "Haal het weg"),
    ):
        answer = await desk.press(path, f"{path}/return", remark=remark)
        assert (answer.status_code, told in answer.text, remark in answer.text) == (400, True, True)
    assert (await look(site.house, issue_id)).state == State.IN_REVIEW
    await edit(site.stage, issue_id, site.clock, TEXT.replace("alinea", "zin"))  # meanwhile, by dana
    answer = await desk.press(path, f"{path}/return", remark="Noem <de> dag")
    assert (answer.status_code, "Noem &lt;de&gt; dag" in answer.text) == (409, True)


async def test_a_text_that_was_changed_while_it_was_read_is_not_approved(site: Site) -> None:
    issue_id, path = await draft(site)
    desk = await at_the_desk(site, "emre")
    seen = field((await site.get(path)).text, "seen")
    await edit(site.stage, issue_id, site.clock, TEXT.replace("alinea", "zin"))
    answer = await desk.press(path, path, seen=seen)
    assert (answer.status_code, "De mail is gewijzigd terwijl u las" in answer.text) == (400, True)
    assert (await look(site.house, issue_id)).state == State.DRAFT


async def test_what_blocks_is_told_and_neither_asked_nor_approved(site: Site) -> None:
    text = TEXT.replace("https://example.org/uitleg", "https://bit.ly/x")
    issue_id = await written(site.stage, site.clock, text)
    path = f"/staff/issues/{issue_id}/approve"
    desk = await at_the_desk(site, "dana")
    assert "Dit moet eerst worden verbeterd" in (await site.get(path.replace("approve", "check"))).text
    assert (await desk.press(path, f"{path}/ask")).status_code == 400
    desk = await at_the_desk(site, "emre")
    answer = await desk.press(path, path, seen=field((await site.get(path)).text, "seen"))
    assert (answer.status_code, "loopt via bit.ly" in answer.text) == (400, True)


async def test_what_a_correction_changes_is_read_before_it_is_approved(site: Site) -> None:
    sent_id = await sent(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        draft = await compose.correct(db, await issues.get(db, sent_id), author="dana", now=site.clock())
    await at_the_desk(site, "emre")
    check = (await site.get(f"/staff/issues/{sent_id}/check")).text
    assert "wacht niet meer op goedkeuring" in check
    assert "kan niemand de editie goedkeuren" not in check
    page = (await site.get(f"/staff/issues/{draft.id}/approve")).text
    assert "Sinds editie 1, die hiermee wordt rechtgezet." in page
    assert '<ins><span class="unseen">(nieuw:) </span>Rectificatie' in page


@pytest.mark.parametrize("name", ["dana", "joost", "fatima", "ada"])
async def test_nobody_else_decides(site: Site, name: str) -> None:
    issue_id, path = await draft(site)
    async with site.house.database.unit_of_work() as db:
        if name == "dana":  # an author who is an approver as well
            (await staff.named(db, name)).roles = [Role.EDITOR, Role.APPROVER]
    desk = await at_the_desk(site, name)
    form = field((await site.get("/staff")).text, "form")
    for button in (path, f"{path}/return"):
        answer = await desk.client.post(button, data={"form": form, "seen": "x", "remark": "x"})
        assert answer.status_code in {403, 409}
    assert (await look(site.house, issue_id)).state == State.DRAFT


async def test_the_mail_is_shown_in_a_frame_of_its_own(site: Site) -> None:
    _, path = await draft(site)
    await at_the_desk(site, "joost")
    page = await site.get(path)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "De mail aan lezers die Engels kozen" in page.text
    framed = await site.get(path.replace("approve", "mail/nl"))
    assert "script" not in framed.headers["content-security-policy"]
    assert "/afmelden/example" in framed.text
    assert (await site.get(path.replace("approve", "mail/fr"))).status_code == 404


async def posted(desk: Browser, issue_id: UUID, verdict: str, **changed: str) -> tuple[int, str]:
    """What the browser at this desk says of the Dutch mail, and what the page to approve then tells."""
    check = f"/staff/issues/{issue_id}/check"
    page = (await desk.client.get(check)).text
    waiting = re.search(r'data-mail="nl" data-digest="(\w+)"', page)
    form = {"language": "nl", "digest": waiting[1] if waiting else "", "verdict": verdict, **changed}
    status = (await desk.press(check, f"{check}/seen", **form)).status_code
    return status, (await desk.client.get(check.replace("check", "approve"))).text


async def test_what_axe_finds_in_a_browser_blocks_in_words_of_the_page(site: Site) -> None:
    issue_id, path = await draft(site)
    desk = await at_the_desk(site, "emre")
    await looked_at(site.stage, issue_id, site.clock())
    await edit(site.stage, issue_id, site.clock, TEXT.replace("alinea", "zin"))
    found = (
        '{"rule":"link-name","impact":"serious","help":"Links must have text","places":["<b>x"],"times":1},'
        '{"rule":"odd","impact":"minor","help":"Odd rule","places":["y"],"times":1}'
    )
    status, page = await posted(desk, issue_id, f'{{"found":[{found}]}}')
    assert status == 204
    assert "Een link heeft geen woorden die te zien of te horen zijn." in page
    assert "<q>&lt;b&gt;x</q>" in page
    assert '<q lang="en">Odd rule</q>' in page
    answer = await desk.press(path, path, seen=field(page, "seen"))
    assert (answer.status_code, (await look(site.house, issue_id)).state) == (400, State.DRAFT)
    async with site.house.database.reading() as db:
        told = await db.scalars(select(Record.reason).where(Record.event == Event.ISSUE_SEEN))
    assert list(told)[-1] == "nl, 1 grave, 1 lighter"
    check = f"/staff/issues/{issue_id}/check"
    assert "Het laatst keek de browser van emre" in (await site.get(check)).text
    assert (await desk.press(check, f"{check}/again")).status_code == 303  # a colleague who doubts it
    status, page = await posted(desk, issue_id, '{"found":[]}')
    assert (status, "Een link heeft geen woorden" in page) == (204, False)
    async with site.house.database.reading() as db:
        assert await db.scalar(select(Record.actor).where(Record.event == Event.ISSUE_SIGHT_ASKED)) == "emre"


@pytest.mark.parametrize(
    ("verdict", "changed", "status"),
    [
        ("", {}, 400),
        ('{"found":[]}', {"digest": "of another text"}, 409),
        ('{"found":[]}', {"language": "fr"}, 404),
        ('{"found":[],"also":1}', {}, 400),
        ('{"found":[{"rule":"<script>","impact":"minor","help":"x","places":["x"],"times":1}]}', {}, 400),
        ('{"found":[{"rule":"x","impact":"minor","help":"x","places":[],"times":1}]}', {}, 400),
        (
            f'{{"found":[{{"rule":"x","impact":"minor","help":"{"x" * 201}","places":["x"],"times":1}}]}}',
            {},
            400,
        ),
    ],
)
async def test_what_is_no_verdict_on_this_mail_is_not_kept(
    site: Site, verdict: str, changed: dict[str, str], status: int
) -> None:
    issue_id, _ = await draft(site)
    desk = await at_the_desk(site, "dana")
    assert (await posted(desk, issue_id, verdict, **changed))[0] == status
    async with site.house.database.reading() as db:
        assert await sight.known(db, issue_id) == {}


async def test_the_mail_that_axe_looks_at_can_reach_nothing(site: Site) -> None:
    issue_id, _ = await draft(site)
    await at_the_desk(site, "joost")
    check = f"/staff/issues/{issue_id}/check"
    assert "data-seeing" not in (await site.get(check)).text  # who only watches gives no verdict
    await at_the_desk(site, "dana")
    page = (await site.get(check)).text
    digest = re.findall(r'data-mail="en" data-digest="(\w+)"', page)[0]
    framed = await site.get(f"{check}/mail/en?of={digest}&as=dark")
    assert framed.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; script-src 'self' https://bode.example.org/static/; "
        "sandbox allow-scripts"
    )
    assert "@media not all" not in framed.text
    scripts = re.findall(r'<script defer src="([^"]+)"></script>', framed.text)
    assert [each.partition("?")[0] for each in scripts] == ["/static/axe.min.js", "/static/axe.js"]
    for each in scripts:
        file = await site.get(each)
        assert (file.status_code, "immutable" in file.headers["cache-control"]) == (200, True)
    assert (await site.get(f"{check}/mail/en?of=x")).status_code == 404


async def test_a_test_mail_reaches_colleagues_and_says_that_it_is_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.clock.time = houses.now()  # the worker's own
    monkeypatch.setattr(trial, "A_DAY", 2)
    _, path = await draft(site)
    desk = await at_the_desk(site, "dana")
    tried = (await desk.press(path, f"{path}/test", to="me")).text
    assert "Naar 1 persoon" in tried.split('id="done" aria-labelledby="tried" tabindex="-1" autofocus', 1)[1]
    assert "Naar 2 personen" in (await desk.press(path, f"{path}/test", to="everybody")).text

    async def arrived() -> bool:
        return len(site.box.letters()) == 3

    async with working(site.house, site.box):
        await until(arrived)
    letters = [message_from_bytes(each.content, policy=policy.default) for each in site.box.letters()]
    assert {str(each["Subject"]) for each in letters} == {"[Test] Nieuws van de maand: zó doet u dat"}
    assert sorted(each.recipient for each in site.box.letters()) == [
        "dana@example.org",
        "dana@example.org",
        "emre@example.org",
    ]
    assert "genoeg testmails" in (await desk.press(path, f"{path}/test", to="me")).text
