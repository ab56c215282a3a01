"""Each page of staff is looked at by axe in a real browser: a new one cannot be forgotten.

The sweeps name the pages they go to; those that they come to by a link or a button are named here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from app.web.doors import Door, Kind
from tests.rules.tree import ROOT
from tests.web.sweeps import came, pages

SWEEPS = [each for each in (ROOT / "tests" / "web").glob("*.py") if "judged(" in each.read_text()]
SWEEPS += [each for each in (ROOT / "tests" / "web").glob("*.py") if "Tour" in each.read_text()]
SWEEPS += [ROOT / "tests" / "web" / "offices.py"]
BY_A_LINK = {
    "/staff": "after coming in, in test_desk.py",
    "/staff/confirm": "what asks for it leads there, in test_desk.py",
    "/staff/oidc/again": "leads away to the organisation; how it comes back, in test_oidc_journey.py",
    "/staff/people/{person}": "a colleague, in test_desk.py",
    "/staff/people/{person}/close": "closing, in test_desk.py",
    "/staff/archive/{issue}": "the first issue, in offices.py",
    "/staff/requests/{case}": "a request that was received, in offices.py",
    "/staff/requests/{case}/letter": "answers that were decided, in underway.py",
    "/staff/requests/{case}/longer": "a request that takes longer, in underway.py",
    "/staff/breaches/{case}": "a breach that was put on record, in offices.py",
    "/staff/breaches/{case}/facts": "the same, to say what is known by now",
}


def literals(text: str) -> Iterator[str]:
    """Paths of staff that a sweep names; what is filled in stands as x."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)


def unswept(doors: list[Door], texts: list[str]) -> list[str]:
    """Pages that no sweep names."""
    named = [each for text in texts for each in literals(text)]
    # `f"{one}/versions/nl"`: the page of an issue, whatever it is called there
    named += [f"/staff/issues/{each}" for each in named if each.startswith("x/")]
    return [each.path for each in doors if each.path not in BY_A_LINK and not came(each, named)]


def of_staff() -> list[Door]:
    return [each for each in pages() if each.path.startswith("/staff")]


def test_axe_looks_at_every_page_of_staff() -> None:
    assert unswept(of_staff(), [each.read_text() for each in SWEEPS]) == []


def test_pages_that_a_link_leads_to_exist() -> None:
    assert set(BY_A_LINK) <= {each.path for each in of_staff()}


def test_a_page_that_no_sweep_names_is_found() -> None:
    async def answer() -> None: ...

    door = Door("/staff/new/{name}", ("GET", "HEAD"), Kind.PUBLIC, answer)
    assert unswept([door], ['go("/staff/new")']) == ["/staff/new/{name}"]
    assert unswept([door], ['go(f"/staff/new/{name}")']) == []
