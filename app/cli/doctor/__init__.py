"""`bode doctor`: looks whether everything is in order, and says what to do where it is not.

Read in this order: `finding`, `places`, `relays`, `house`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import typer

from app.cli.doctor import house, places, relays
from app.cli.doctor.finding import Finding, Level, fine, problem, warning
from app.cli.door import REFUSED, AsJson, answer, settings
from app.core import logs, migrating
from app.core.errors import Refused
from app.core.settings import Settings, is_loopback
from app.domain import house as houses


def doctor(*, as_json: AsJson = False) -> None:
    """Look whether everything is in order: settings, keys, databases, ledger, mail, newsletters, clock.

    Each line is ok, a warning (it works, look at it) or a problem (it does not work, or not safely),
    with what to do. Ends with 1 when there is a problem. It changes nothing and mails nobody.
    """
    logs.configure("CRITICAL")
    findings = _all()
    problems = sum(each.level is Level.PROBLEM for each in findings)
    shown = {"problems": problems, "findings": [each.described() for each in findings]}
    answer(shown, "\n".join(logs.clean(str(each)) for each in findings), as_json=as_json)
    if problems:
        raise typer.Exit(REFUSED)


def _all() -> list[Finding]:
    try:
        configured = settings()
    except Refused as wrong:
        return [problem("settings", str(wrong), "Nothing else was looked at")]
    return asyncio.run(_examined(configured))


async def _examined(configured: Settings) -> list[Finding]:
    return [each async for each in examine(configured)]


async def examine(configured: Settings) -> AsyncIterator[Finding]:
    """Every finding, from the outside in."""
    yield _settings(configured)
    outside = [
        places.keys(configured),
        *places.signing(configured),
        await places.database("database", configured.database, migrating.MAIN),
        await places.database("ledger", configured.ledger, migrating.LEDGER),
        places.apart(configured),
        *places.copy(configured),
    ]
    for each in outside:
        yield each
    async for each in relays.relays(configured):
        yield each
    if not any(each.level is Level.PROBLEM for each in outside):
        async for each in _inside(configured):
            yield each


def _settings(configured: Settings) -> Finding:
    host = configured.base_url.partition("://")[2].partition(":")[0]
    if configured.production and is_loopback(host):
        advice = "Set BODE_BASE_URL to the address that readers use"
        return warning("settings", f"links in mail lead to {configured.base_url}", advice)
    return fine("settings", f"{configured.environment}, {configured.base_url}")


async def _inside(configured: Settings) -> AsyncIterator[Finding]:
    try:
        opened = await houses.open_house(configured)
    except Refused as refused:
        yield problem("keys", str(refused), "Nothing was changed")
        return
    try:
        async for each in house.inside(opened):
            yield each
    finally:
        await opened.close()


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode doctor --json")(doctor)
