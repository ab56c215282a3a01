"""Which pages there are, so that the sweeps of axe and of the checker of HTML leave none of them out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.main import ROOMS
from app.web.doors import LOOKING, Door, Kind
from app.web.links import ACTS

# Where a button of one's own page leads; who loads that again is led back to the page.
AGAIN = tuple(
    word for act in ("language", "address", "pause", "resume", "use", "stop") for word in ACTS[act].values()
)
GAP = re.compile(r"{[^}]+}")
# Doors that answer with something else than a page: a file, figures, a mail for its frame, events.
NO_PAGES = ("/static/", "/favicon.ico", "/json", "/raw", "/live", "/schema", "/atom.xml", "/html", "/{block")
NO_PAGES += ("/mail/{language}", "/preview/{language}", "/pictures/{name}")


def pages() -> list[Door]:
    """Every door that somebody comes through to see a page."""
    doors = [each for room in ROOMS for each in room.doors.made]
    seen = [each for each in doors if each.methods == LOOKING and each.kind is not Kind.MACHINE]
    odd = (*NO_PAGES, *(f"{{token}}/{word}" for word in AGAIN))
    return [each for each in seen if not any(part in each.path for part in odd)]


def came(door: Door, paths: Iterable[str]) -> bool:
    """Whether one of these paths leads through it."""
    pattern = "[^/]+".join(map(re.escape, GAP.split(door.path)))
    return any(re.fullmatch(pattern, each.partition("?")[0].partition("#")[0]) for each in paths)
