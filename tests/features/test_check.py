"""The check of an issue: what blocks approval, what only warns, and where it stands."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import delete

from app.core.language import translations
from app.core.probe import Found, Prober, Trouble
from app.domain import issue as issues
from app.domain import link, typed
from app.domain.finding import BLOCKS, RULES, TEXTS, UNSEEN, WARNS, Blocked, Finding, Weight
from app.domain.issue import Image, State
from app.domain.link import Verdict
from app.domain.manuscript import read
from app.domain.sight import Hindrance, Impact
from app.features import approve, compose
from app.features.approve import following, seeing
from app.features.retain import retain
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_approve import ENGLISH, ask, edit, written
from tests.rules.tree import ROOT
from tests.sending import TEXT, look, looked_at

FULL = """---
subject: "Re: een onderwerp dat zo lang is dat een telefoon het nooit in zijn geheel kan laten zien"
---
Lees het [hier](https://a.example/intro) of [de brief](https://bit.ly/x).

### Te diep

![foto](raadzaal.png)

```event
title: Bijeenkomst
starts_on: 2026-11-30
place: Utrecht
```

Kijk bij [de brief](https://a.example/elders). Dit is een zin die maar doorgaat en doorgaat en doorgaat omdat
niemand er een punt in zet en de lezer dus aan het einde niet meer weet waar het aan het begin ook weer over
ging, helaas.

## Leeg
"""


async def drawn(on: Stage, clock: Clock) -> UUID:
    """A draft with everything that is wrong, and a picture."""
    files = {"raadzaal.png": (ROOT / "docs/sample/raadzaal.png").read_bytes()}
    async with on.house.database.unit_of_work() as session:
        return (await compose.begin(session, on.letter, read(FULL), files, author="dana", now=clock())).id


async def found(on: Stage, issue_id: UUID, clock: Clock) -> dict[str, Finding]:
    """What the check says, by code."""
    async with on.house.database.reading() as session:
        issue = await issues.get(session, issue_id)
        base_url = on.house.settings.base_url
        return {
            each.code: each for each in await approve.check(session, issue, base_url=base_url, now=clock())
        }


async def seen(on: Stage, issue_id: UUID, clock: Clock, answers: dict[str, Found]) -> None:
    """Somebody asks for the links to be looked at, and this is what the web says."""

    class Known(Prober):
        async def ask(self, address: str) -> Found:
            return answers.get(address, Found(address, 200))

    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id)
        await following.ask(session, issue, actor="dana", now=clock())
    while await following.look(on.house.database, Known(), now=clock()):
        pass


async def test_everything_has_its_weight_and_its_place(cast: Stage, clock: Clock) -> None:
    issue_id = await drawn(cast, clock)
    told = await found(cast, issue_id, clock)
    assert {code: each.block for code, each in told.items()} == {
        "not_looked": None,
        "no_other": None,
        "subject_long": None,
        "subject_reply": None,
        "no_preheader": None,
        "vague": 0,
        "shortener": 0,
        "same_text": 4,
        "heading_deep": 1,
        "alt_name": 2,
        "past": 3,
        "sentence": 4,
        "heading_empty": 5,
        "not_seen": None,
    }
    assert [code for code, each in told.items() if each.weight is Weight.BLOCKS] == ["shortener"]
    with pytest.raises(Blocked, match=r"nl, introduction: .* bit\.ly"):
        await ask(cast, issue_id, clock)
    assert (await look(cast.house, issue_id)).state == State.DRAFT


async def test_a_good_issue_in_both_languages_has_only_its_links_to_look_at(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await written(cast, clock, TEXT, ENGLISH)
    told = set(await found(cast, issue_id, clock))
    assert told == {"not_looked", "not_seen", "tongue"}  # its English is Dutch
    await seen(cast, issue_id, clock, {})
    await looked_at(cast, issue_id, clock())
    assert set(await found(cast, issue_id, clock)) == {"tongue"}


ADDRESS = "https://example.org/uitleg"


@pytest.mark.parametrize(
    ("answer", "code", "weight"),
    [
        (Found(ADDRESS, 404), "dead", Weight.BLOCKS),
        (Found(ADDRESS, trouble=Trouble.NO_SUCH_HOST), "dead", Weight.BLOCKS),
        (Found("http://example.org/", trouble=Trouble.NOT_SECURE), "insecure", Weight.BLOCKS),
        (Found(ADDRESS, trouble=Trouble.NOT_PUBLIC), "inner", Weight.BLOCKS),
        (Found("https://example.org/nieuw", 200, moved=True), "moved", Weight.WARNS),
        (Found(ADDRESS, 503), "unsure", Weight.WARNS),
        (Found(ADDRESS, trouble=Trouble.OTHER), "unsure", Weight.WARNS),
    ],
)
async def test_what_the_web_says_of_a_link(
    cast: Stage, clock: Clock, answer: Found, code: str, weight: Weight
) -> None:
    issue_id = await written(cast, clock)
    await seen(cast, issue_id, clock, {ADDRESS: answer})
    told = (await found(cast, issue_id, clock))[code]
    assert (told.language, told.block, told.weight) == ("nl", 2, weight)
    if weight is Weight.BLOCKS:
        async with (
            cast.house.database.unit_of_work() as session
        ):  # and is not let through while it is asked anew
            await following.ask(session, await issues.get(session, issue_id), actor="dana", now=clock())
        with pytest.raises(Blocked):
            await ask(cast, issue_id, clock)
    else:
        assert (await ask(cast, issue_id, clock)).state == State.APPROVED


async def test_a_link_that_is_written_anew_is_looked_at_anew(cast: Stage, clock: Clock) -> None:
    issue_id = await written(cast, clock)
    await seen(cast, issue_id, clock, {ADDRESS: Found(ADDRESS, 404)})
    await written(cast, clock, TEXT)  # of another issue nothing is known
    async with cast.house.database.reading() as session:
        rows = await link.known(session, issue_id)
    assert [row.verdict for row in rows.values()] == [Verdict.DEAD]
    clock.forward(days=31)
    async with cast.house.database.unit_of_work() as session:
        assert (await retain(session, now=clock()))["look"] == 1
    assert "not_looked" in await found(cast, issue_id, clock)


@pytest.mark.parametrize(
    ("impact", "code"),
    [("critical", "hindered"), ("serious", "hindered"), ("moderate", "hampered"), ("minor", "hampered")],
)
async def test_what_axe_found_counts_for_this_very_mail(
    cast: Stage, clock: Clock, impact: str, code: str
) -> None:
    issue_id = await written(cast, clock)
    words = {"help": "Links must have text", "places": ["jan@example.org", "Klik"], "times": 3}
    await looked_at(cast, issue_id, clock(), Hindrance(rule="link-name", impact=Impact(impact), **words))
    told = (await found(cast, issue_id, clock))[code]
    assert (told.language, told.places) == ("nl", "…; Klik …")
    if code == "hindered":
        with pytest.raises(Blocked, match="A link has no words"):
            await ask(cast, issue_id, clock)
    else:
        assert (await ask(cast, issue_id, clock)).state == State.APPROVED
    await edit(cast, issue_id, clock, TEXT.replace("alinea", "zin"))
    assert "not_seen" in await found(cast, issue_id, clock)
    clock.forward(days=31)
    async with cast.house.database.unit_of_work() as session:
        assert (await retain(session, now=clock()))["sight"] == 2


async def test_of_a_rule_without_words_of_ours_axe_speaks_itself(cast: Stage, clock: Clock) -> None:
    issue_id = await written(cast, clock)
    told = {"rule": "list", "help": "<ul> must contain <li>", "places": ["een"], "times": 1}
    await looked_at(cast, issue_id, clock(), Hindrance(impact=Impact.SERIOUS, **told))
    finding = (await found(cast, issue_id, clock))["hindered"]
    assert (finding.foreign, str(finding)) == (
        "<ul> must contain <li>",
        "nl: Some people cannot read this mail. <ul> must contain <li> een",
    )


async def test_without_its_picture_it_is_blocked(cast: Stage, clock: Clock) -> None:
    issue_id = await drawn(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        await session.execute(delete(Image))
    told = await found(cast, issue_id, clock)
    assert (told["picture_gone"].block, "not_seen" in told) == (2, False)
    async with cast.house.database.reading() as session:  # of such a mail there is nothing to look at
        issue = await issues.get(session, issue_id)
        assert await seeing.unseen(session, issue, base_url=cast.house.settings.base_url) == {}


async def test_a_mail_that_is_too_heavy_is_blocked(cast: Stage, clock: Clock) -> None:
    long = "\n\n".join(["Een zin met é en ü erin. " * 300] * 16)
    heavy = await written(cast, clock, TEXT + "\n\n---\n\n".join(["", *[long[:7900]] * 12]))
    told = await found(cast, heavy, clock)
    assert told["too_heavy"].values["most"] == 102
    with pytest.raises(Blocked, match="102 KB"):
        await ask(cast, heavy, clock)


def test_every_finding_can_be_said_in_dutch() -> None:
    dutch = translations("nl").gettext
    values = dict.fromkeys(
        "text host what kilobytes most ratio least length address count score trouble".split(), "1"
    )
    for code in TEXTS:
        told = Finding(code, values=values)
        assert told.say(dutch) != told.say(), code
    assert "‘(geen woorden die te zien zijn)’" in Finding("vague", values={"text": "\ufeff\u200b"}).say(dutch)
    assert len(TEXTS) == len(BLOCKS) + len(UNSEEN) + len(WARNS)
    assert [rule for rule, words in RULES.items() if dutch(words) == words] == []


async def test_what_is_not_finished_blocks_and_names_its_block(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        issue = await compose.start(session, cast.letter, author="dana", now=clock())
        await compose.save(session, issue, typed.blank("nl").added("picture", 1), author="dana", now=clock())
    async with cast.house.database.reading() as session:
        issue = await issues.get(session, issue.id)
        told = await approve.check(session, issue, base_url="https://bode.example.org", now=clock())
    assert {each.block for each in told if each.code == "unfinished"} == {None, 1, 2}
    with pytest.raises(Blocked, match="nl, block 1: This is missing"):
        await ask(cast, issue.id, clock)
