"""Every page as a browser gets it: each link is followed, and each button pressed as the form stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2

from app.core.paths import WORDS
from app.domain import staff
from app.domain.breach import Effect, Keys, Nature, Risk
from app.domain.staff import Role
from app.features.breach import record
from app.features.send.start import start
from app.web.links import DENY, NOW, own
from tests.cast import BOB
from tests.features.test_approve import ENGLISH, written
from tests.mail.mails import mail
from tests.sending import TEXT, approved, send
from tests.web.conftest import SLUG, Site
from tests.web.desk import enrolled, filled, straight_in
from tests.web.scenes import COMMON, Place, public, states
from tests.web.test_access import invited

Fields = dict[str, str]
FORM = re.compile(r"<form\b[^>]*>")
ACTION = re.compile(r'\baction="([^"]*)"')
HTML = "text/html"
ODD = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")  # what differs between pages of one kind
ALIKE = 2  # pages of one kind that are looked at in one go; a second go has others
WORST = "[x](https://bit.ly/x) en [hier](https://example.org/hier)"  # what the check complains of
ROOMS = ("/staff", "/staff/account", "/staff/confirm", "/staff/sign-in", "/staff/forgotten", "/nothing")
# They end the visit or somebody's account, or change the language of what is seen.
LEFT_ALONE = re.compile("/staff/(sign-out|account/(language|sessions)|people/[^/]+/close)")


class _Ways(HTMLParser):
    """Collects where a page leads, and what it shows in frames."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        way = given.get("href") if tag == "a" else given.get("src") if tag == "iframe" else None
        if way:
            self.paths.append(way)


@dataclass
class Crawl:
    """One visitor; `pages` has what they saw, under a name that says how they came there."""

    client: httpx2.AsyncClient
    pages: dict[str, str] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)  # paths that were looked at
    pressed: set[str] = field(default_factory=set)
    ahead: list[str] = field(default_factory=list)  # where the answers to buttons lead

    async def follow(self, *paths: str) -> None:
        """From these pages on, every page of ours that one leads to."""
        waiting, met, shapes = list(paths), set(paths), Counter[str]()
        while waiting:
            path = waiting.pop()
            answer = await self.client.get(path)
            self.visited.add(urlsplit(path).path)
            for each in self._kept(path, answer):
                shape = ODD.sub("x", each)
                if each not in met and shapes[shape] < ALIKE:
                    met.add(each)
                    shapes[shape] += 1
                    waiting.append(each)

    async def press(self, fill: Callable[[str, Fields], Fields] | None = None) -> None:
        """Each button of each page, with what stands in its fields or what `fill` puts there."""
        for name, html in list(self.pages.items()):
            for tag in dict.fromkeys(FORM.findall(html)):
                action = ACTION.search(tag)
                if action and action[1] not in self.pressed and not LEFT_ALONE.fullmatch(action[1]):
                    self.pressed.add(action[1])
                    form, fields = html.split(tag, 1)[1].split("</form>", 1)[0], filled(html, tag)
                    await self._press(name, action[1], fill(form, fields) if fill else fields)

    async def _press(self, name: str, action: str, fields: Fields) -> None:
        """Where that leads is looked at as well."""
        answer = await self.client.post(urljoin(name, action), data=fields)
        ways = self._kept(f"{action} pressed", answer)
        self.ahead += ways
        if answer.is_redirect and ways:
            self._kept(f"{action} pressed, then {ways[0]}", await self.client.get(ways[0]))

    def _kept(self, name: str, answer: httpx2.Response) -> list[str]:
        """Keep the page, if it is one; returns where it leads."""
        assert answer.status_code < 500, (name, answer.status_code)
        assert not re.search(r"[\r\n]", "".join(answer.headers.values())), name
        if answer.is_redirect:
            return [answer.headers["location"]]
        if not answer.headers.get("content-type", "").startswith(HTML):
            return []
        self.pages[name] = answer.text
        ways = _Ways()
        ways.feed(answer.text)
        ours = (each.partition("#")[0] for each in ways.paths)
        return [each for each in ours if each.startswith("/") and not each.startswith("//")]


async def furnished(site: Site, place: Place) -> None:
    """Something of everything that pages are about."""
    now, house = site.clock(), site.house
    letter, shown = EmailMessage(), mail("confirm", "nl")
    letter.set_content(shown.text)
    letter.add_alternative(shown.html, subtype="html")
    site.box.take(BOB, bytes(letter))
    await place.published()
    await place.on_hold()
    await written(site.stage, site.clock, TEXT.replace("Een alinea", WORST), ENGLISH)
    await approved(site.stage, now)
    going = await approved(site.stage, now)
    await send(house, going)
    async with house.database.unit_of_work() as db:
        await start(db, ring=house.ring, now=now)
        lists = {"letters": [SLUG], "data": ["subscriber"], "effects": [Effect.THREAT], "measures": []}
        words = {"nature": Nature.BACKUP, "keys": Keys.UNKNOWN, "risk": Risk.HIGH, "people": None}
        facts = record.Facts(aware_at=now - timedelta(hours=3), **lists, **words)
        await record.record(db, facts, actor="fatima", now=now)
    await place.asking("nl")


async def readers(site: Site, place: Place, language: str) -> Crawl:
    """What anybody sees, and what a mail leads to, also one that was cut off."""
    crawl = Crawl(site.client)
    await crawl.follow(await invited(site, "dana"), "/staff/oidc", "/staff/oidc/back")
    await crawl.follow(*(own(each, language, "x") for each in WORDS))
    await crawl.follow(own("leave", language, "x", NOW), own("request", language, "x", DENY))
    for _, path, _ in [*public(language), *await states(place, language), *COMMON]:
        await crawl.follow(path)
    return crawl


async def colleague(site: Site, language: str) -> Crawl:
    """Somebody who may come into every room, and has not looked yet."""
    await enrolled(site, "emre", *Role)
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "emre")).language = language
    await straight_in(site, site.client, "emre")
    return Crawl(site.client)
