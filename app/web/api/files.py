"""The few files that browsers, crawlers and finders of leaks fetch by a fixed name."""

from __future__ import annotations

from datetime import timedelta

from fastapi import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response

from app.core.language import LANGUAGES
from app.web.deps import Looking
from app.web.doors import Doors, Kind
from app.web.links import TOKEN_WORDS
from app.web.templating import AXE, FILES, STATIC_URL

FOREVER = "public, max-age=31536000, immutable"  # their links change with their content
BRIEFLY = "public, max-age=3600"
MISSING = 404
# A frame that is shut off has no origin and belongs to nobody: what it loads must be for anybody.
FOR_FRAMES = {AXE, "axe.js"}
VALID_FOR = timedelta(days=180)  # RFC 9116 section 2.5.5 wants less than a year; made anew each day

doors = Doors()


@doors.look(f"{STATIC_URL}/{{name}}", kind=Kind.PUBLIC)
async def static(visit: Looking, name: str) -> Response:
    """Style and pictures, from a fixed list and not from a path."""
    if name not in FILES:
        raise HTTPException(MISSING)
    keep = FOREVER if "v" in visit.request.query_params else BRIEFLY
    headers = {"Cross-Origin-Resource-Policy": "cross-origin"} if name in FOR_FRAMES else {}
    return FileResponse(FILES[name], headers={"Cache-Control": keep, **headers})


@doors.look("/favicon.ico", kind=Kind.PUBLIC)
async def favicon(_visit: Looking) -> Response:
    """For browsers that ask by themselves."""
    return FileResponse(FILES["favicon.svg"], headers={"Cache-Control": BRIEFLY})


@doors.look("/robots.txt", kind=Kind.MACHINE)
async def robots(_visit: Looking) -> Response:
    """Links of readers are not for search engines."""
    lines = [f"Disallow: /{word}" for word in sorted(TOKEN_WORDS)]
    return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]))


@doors.look("/.well-known/security.txt", kind=Kind.MACHINE)
async def security(visit: Looking) -> Response:
    """Whom to tell about a leak (RFC 9116); nothing until the operator says whom."""
    settings = visit.house.settings
    if not settings.security_contact:
        raise HTTPException(MISSING)
    until = (visit.now + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.security_contact}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(LANGUAGES)}",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return PlainTextResponse("\n".join([*lines, ""]))
