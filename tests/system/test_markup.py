"""The W3C's Nu HTML checker finds no error on any page, nor in any mail: both languages, many states."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.domain.request import Kind
from app.features.request.settle import Way
from tests.mail.mails import snapshots
from tests.rules.tree import ROOT
from tests.web.conftest import Site, site
from tests.web.crawl import ROOMS, colleague, furnished, readers
from tests.web.scenes import Place
from tests.web.sweeps import came, pages
from tests.web.underway import Office

__all__ = ["site"]

JAR = ROOT / ".cache" / "npm" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
CHECK = ("java", "-Xss4m", "-jar", str(JAR), "--errors-only", "--exit-zero-always", "--format", "json")


def complaints(folder: Path) -> list[str]:
    """What the checker says of every file in the folder."""
    done = subprocess.run([*CHECK, str(folder)], capture_output=True, text=True, check=True)
    said: list[dict[str, Any]] = json.loads(done.stderr)["messages"]
    return [f"{Path(each['url']).name}, {each.get('lastLine')}: {each['message']}" for each in said]


def keep(folder: Path, found: dict[str, str], *name: str) -> None:
    """Each page in a file of its own."""
    for number, (path, html) in enumerate(found.items()):
        called = re.sub(r"\W+", "-", path)[:120]
        (folder / f"{'-'.join(name)}-{number}-{called}.html").write_text(html)


AWAY = "/staff/oidc/again"  # leads to the organisation, where there is one: no page has a link to it here


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_checker_finds_no_error_on_any_page_or_in_any_mail(site: Site, tmp_path: Path) -> None:
    folder, visited = tmp_path / "pages", set()
    folder.mkdir()
    place = Place("", site.stage, site.clock, None)
    await furnished(site, place)
    office = Office(place, "nl")
    decided, longer = await office.decided(Kind.CORRECTION, Way.LETTER, refused=True), await office.longer()
    letters = f"/staff/requests/{decided.id}/letter", f"/staff/requests/{longer.id}/longer"
    for language in ("nl", "en"):
        anybody, inside = await readers(site, place, language), await colleague(site, language)
        await inside.follow(*ROOMS, AWAY, *letters)
        for each in (anybody, inside) if language == "nl" else ():  # what buttons do is the same in both
            await each.press()
            await each.follow(*each.ahead)
        keep(folder, anybody.pages, language, "readers")
        keep(folder, inside.pages, language, "staff")
        visited |= anybody.visited | inside.visited
        site.client.cookies.clear()
    assert [each.path for each in pages() if not came(each, visited)] == []
    for path, text in snapshots().items():
        if path.suffix == ".html":
            (folder / f"mail-{path.name}").write_text(text)
    assert complaints(folder) == []


def test_the_checker_would_find_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "wrong.html").write_text('<!doctype html><html lang="nl"><title>x</title><p id=a><p id=a>')
    assert any("Duplicate ID" in each for each in complaints(tmp_path))
