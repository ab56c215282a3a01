"""How long the service takes for each page of the editors' and officers' room, with a large list behind it.

PostgreSQL, 200,000 readers who came and went over two years, three issues that went to all of them. The rows
of each copy are kept for 90 days, so a monthly newsletter has them of three issues, now and then of four; of
older issues only the totals are left, and those are there as well. One visitor, one request at a time: what
is measured is the work, not a crowd.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import time
from datetime import timedelta
from typing import Final, LiteralString

import httpx2

from app.domain import audit, session, staff, wholeness
from app.domain import house as houses
from app.domain.audit import Event
from app.domain.service import Job
from app.domain.staff import Role
from app.main import ROOMS
from app.web.doors import LOOKING, Kind
from app.web.staff.cookies import SESSION
from benchmarks.stage import Stage, octets, stage

READERS: Final = 200_000
DETAILED: Final = 3  # issues with a row for each reader: 90 days of a monthly newsletter
LINES: Final = 5_000  # of the trail: some two hundred a month
OLDER: Final = 21  # issues of which only totals are left: two years together
WARM: Final = 2  # requests before measuring: the first compiles templates and statements
BOUND: Final = 0.2  # seconds
A_PAGE: Final = 5.0  # seconds: of a slow page fewer requests say enough
NOT_PAGES: Final = ("/live", "/oidc", "/confirm")

# A copy for each reader: one in fifty refused, a few in doubt, as a bad month has it.
COPIES: LiteralString = """
INSERT INTO delivery (id, issue_id, subscriber_id, state, attempts, in_doubt, code)
SELECT gen_random_uuid(), %s, id, CASE WHEN mod(seq, 50) = 0 THEN 'refused' ELSE 'accepted' END, 1,
       CASE WHEN mod(seq, 10000) = 0 THEN 1 ELSE 0 END,
       CASE WHEN mod(seq, 50) = 0 THEN '550 5.1.1' ELSE '250 2.0.0' END
FROM subscriber
"""
CLOSED: LiteralString = """
UPDATE issue
SET state = 'sent', started_at = %s, frozen_at = %s, closed_at = %s, published_at = %s, due_at = %s,
    audience = (SELECT count(*) FROM subscriber), period = NULL, answers = '{"550 5.1.1": 4000}',
    in_doubt = (SELECT count(*) FROM subscriber WHERE mod(seq, 10000) = 0),
    accepted = (SELECT count(*) FROM subscriber WHERE mod(seq, 50) <> 0),
    refused = (SELECT count(*) FROM subscriber WHERE mod(seq, 50) = 0)
WHERE id = %s
"""
# Half of it has left; of a paused one the numbers are the same.
GOING: LiteralString = (
    "UPDATE delivery SET state = 'waiting', code = NULL WHERE issue_id = %s AND mod(seq, 2) = 0"
)
BEGUN: LiteralString = """
UPDATE issue
SET state = 'sending', started_at = %s, frozen_at = %s, due_at = %s,
    audience = (SELECT count(*) FROM subscriber), period = NULL
WHERE id = %s
"""
TOTALS: LiteralString = """
INSERT INTO issue (id, newsletter_id, number, state, author, approver, approved_at, started_at, frozen_at,
                   closed_at, created_at, audience, accepted, refused, "left", given_up, in_doubt,
                   freeze_cursor, tried_before, refused_before, notice)
SELECT gen_random_uuid(), newsletter_id, 100 + nr, 'sent', 'dana', 'emre', at, at, at, at, at, 180000, 179000,
       1000, 0, 0, 0, 0, 0, 0, false
FROM issue, generate_series(1, %s) AS nr,
     LATERAL (SELECT now() - (nr + 3) * interval '30 days' AS at) AS moment
WHERE issue.number = 1
"""
# Everybody asked and confirmed once, over two years, and a quarter as many have left again.
PROOFS: LiteralString = """
INSERT INTO consent (newsletter_id, proof, key_id, event, at)
SELECT newsletter_id, sha256(id::text::bytea), key_id, event, now() - mod(seq * 7919, 730) * interval '1 day'
FROM subscriber, unnest(ARRAY['requested', 'confirmed']) AS event
UNION ALL
SELECT newsletter_id, sha256(address_index), key_id, event, now() - mod(seq * 7919, 730) * interval '1 day'
FROM subscriber, unnest(ARRAY['requested', 'confirmed', 'withdrawn']) AS event WHERE mod(seq, 4) = 0
"""


def furnish(on: Stage, readers: int) -> dict[str, str]:
    """The issues and what came of them; returns what stands in the gaps of the doors."""
    on.fill(readers)
    now = houses.now()
    sent = [on.service.issue(octets()) for _ in range(DETAILED)]
    for number, issue_id in enumerate(sent):
        at = now - timedelta(days=30 * (DETAILED - number))
        on.execute(COPIES, issue_id)
        on.execute(CLOSED, *[at] * 5, issue_id)
    on.execute(TOTALS, OLDER)
    on.execute(PROOFS)
    going = on.service.issue(octets())
    on.execute(COPIES, going)
    on.execute(GOING, going)
    on.execute(BEGUN, *[now] * 3, going)
    on.execute("VACUUM ANALYZE")  # as the database does by itself within minutes
    waiting = on.service.issue(octets())
    draft = on.service.folder / "draft.md"
    draft.write_text(octets())
    words = ("issue", "import", str(draft), "--newsletter", "weerbaar-bestuur", "--author", "dana")
    return {"sent": sent[-1], "going": going, "waiting": waiting, "draft": on.service.told(*words)["id"]}


async def let_in(on: Stage) -> str:
    """A session of somebody with every role who wrote nothing; and what colleagues did in two years."""
    house = await on.house()
    async with house.database.unit_of_work() as db:
        person = await staff.named(db, "emre")
        person.roles = list(Role)
        for number in range(LINES):
            await audit.record(db, "dana", Event.ISSUE_WRITTEN, about=f"issue {number}", now=houses.now())
        token = session.begin(db, person, "benchmark", houses.now())
    async with house.database.unit_of_work() as db:  # as the service does by itself, once a day
        whole, now = await wholeness.look(db, house.ring, house.book), houses.now()
        db.add(Job(name=wholeness.JOB, started_at=now, finished_at=now, outcome=str(whole)))
    await house.close()
    return token


def paths(issues: dict[str, str]) -> list[str]:
    """Every page of staff, those about an issue for one of each kind; none about one person or request."""
    fill = {"language": "nl", "slug": "weerbaar-bestuur", "number": "1", "name": "none"}
    found = []
    for door in (each for room in ROOMS for each in room.doors.made):
        about = issues.values() if "{issue}" in door.path else ("",)
        known = set(re.findall(r"{(\w+)", door.path)) <= {"issue", *fill}
        if door.methods == LOOKING and door.kind is Kind.STAFF and known:
            found += [door.path.replace(":int", "").format(**fill, issue=each) for each in about]
    return [each for each in found if not any(odd in each for odd in NOT_PAGES)]


def timed(client: httpx2.Client, path: str, count: int) -> tuple[int, list[float]]:
    """The status of its answer, and the seconds of each request; of a slow page fewer, and one at least."""
    taken: list[float] = []
    end = time.perf_counter() + A_PAGE
    while len(taken) < WARM + count and (not taken or time.perf_counter() < end):
        begun = time.perf_counter()
        try:
            status = client.get(path).status_code
        except httpx2.TimeoutException:
            return 0, [time.perf_counter() - begun]
        taken.append(time.perf_counter() - begun)
    return status, sorted(taken[WARM:] or taken[-1:])


def told(path: str, status: int, taken: list[float]) -> str:
    """A line of the table."""
    p95 = taken[int(len(taken) * 0.95)]
    said = "" if status == httpx2.codes.OK else f"  answers {status}" if status else "  never answered"
    times = f"{statistics.median(taken) * 1000:8.1f} {p95 * 1000:8.1f}"
    return f"{path:55} {times}{said}{'  TOO SLOW' * (p95 > BOUND)}"


def measured(on: Stage, issues: dict[str, str], count: int, seconds: float) -> list[str]:
    """A line for each page, the slowest first; and for those that there was no time for."""
    client, end = on.service.http, time.perf_counter() + seconds
    names = {issue_id: f"<{name}>" for name, issue_id in issues.items()}
    rows, left = [], []
    for path in paths(issues):
        shown = re.sub("|".join(names), lambda found: names[found[0]], path)
        if time.perf_counter() > end:
            left.append(f"{shown:55} not measured: the time was up")
            continue
        status, taken = timed(client, path, count)
        rows.append((statistics.median(taken), told(shown, status, taken)))
    return [line for _, line in sorted(rows, reverse=True)] + left


def main() -> None:
    """Measure every page and print a table, the slowest first."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--requests", type=int, default=20, help="of each page, at most")
    words.add_argument("--readers", type=int, default=READERS, help="on the list")
    words.add_argument("--minutes", type=float, default=5, help="of measuring, all pages together")
    asked = words.parse_args()
    with stage(0) as on:
        issues = furnish(on, asked.readers)
        on.service.serve()
        token = asyncio.run(let_in(on))
        on.service.http.cookies.set(SESSION, token, domain="127.0.0.1")
        lines = measured(on, issues, asked.requests, asked.minutes * 60)
    print("\n".join([f"{'page':55} {'p50 ms':>8} {'p95 ms':>8}", *lines]))


if __name__ == "__main__":
    main()
