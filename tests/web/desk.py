"""A member of staff at a browser: an account that is set up, and the three things to sign in with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

import httpx2
import pyotp
from argon2 import PasswordHasher

from app.domain import session, staff
from app.domain.staff import Role, Staff
from app.web.staff.cookies import SESSION
from tests.conftest import Clock
from tests.web.conftest import Site, field

PASSWORD = "vier kluwens paarse draad"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
COOKIE = f"__Host-{SESSION}"


@cache
def _kept() -> str:
    """A hash as the service keeps it, made cheaply: the cost stands in the hash, so the tests are quick."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def code(clock: Clock, secret: str = SECRET) -> str:
    """What the app on the phone shows now."""
    return pyotp.TOTP(secret).at(clock())


async def enrolled(site: Site, name: str, *roles: Role) -> Staff:
    """That person has chosen a password and a second factor before; roles as given, or as they are."""
    async with site.house.database.unit_of_work() as db:
        person = await staff.named(db, name)
        person.password, person.password_at = _kept(), site.clock()
        staff.seal_factor(site.house.ring, person, SECRET)
        person.roles = list(roles) or person.roles
    return person


@dataclass
class Browser:
    """One browser: its cookies stay, as long as nobody takes them away."""

    site: Site
    client: httpx2.AsyncClient

    async def sign_in(self, name: str, **changed: str) -> httpx2.Response:
        """Fill in the form, after the half minute that makes the app show another code."""
        self.site.clock.forward(seconds=30)
        typed = {"name": name, "password": PASSWORD, "code": code(self.site.clock), **changed}
        return await self.client.post("/staff/sign-in", data=typed)

    async def press(self, page: str, path: str, **typed: str) -> httpx2.Response:
        """Press a button of a page that is open."""
        form = field((await self.client.get(page)).text, "form")
        return await self.client.post(path, data={"form": form, **typed})

    @property
    def signed_in(self) -> bool:
        """Whether it keeps a session."""
        return bool(self.client.cookies.get(COOKIE))


async def straight_in(site: Site, client: httpx2.AsyncClient, name: str) -> str:
    """A session without the form, for tests of what comes after; returns what the browser keeps."""
    async with site.house.database.unit_of_work() as db:
        token = session.begin(db, await staff.named(db, name), "Firefox", site.clock())
    client.cookies.set(COOKIE, token, domain="bode.example.org", path="/")
    return token


def links(text: str) -> list[str]:
    """The rooms in the navigation."""
    nav = text.split('class="frame rooms"', 1)[-1].split("</nav>", 1)[0]
    return re.findall(r'href="([^"]+)"', nav)


class _Form(HTMLParser):
    """Collects what a browser would send along with the form that has a field of this name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}
        self._area = self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        boxed = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag == "input" and given.get("type") != "file" and not boxed:
            self.values.setdefault(name, value)
        if tag == "textarea":
            self._area = name
            self.values[name] = ""
        if tag == "select":
            self._choice = name
        if tag == "option" and ("selected" in given or self._choice not in self.values):
            self.values[self._choice] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._area] = self.values[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def filled(html: str, start: str) -> dict[str, str]:
    """The fields of the form that begins with this tag, as a browser would send them."""
    reader = _Form()
    reader.feed(html.split(start, 1)[1].split("</form>", 1)[0])
    return reader.values
