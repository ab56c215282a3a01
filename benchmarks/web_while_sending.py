"""How quickly the web answers writes while an issue goes out: p50, p99 and the longest, per database.

The service runs as people run it: web and worker as processes, a mail server beside them. Sign-ups
come at a steady rate, each measured from request to answer.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx2

from app.core import migrating
from tests.journeys.service import Service
from tests.journeys.test_crash_while_sending import fill
from tests.postgres import running
from tests.sending import TEXT
from tests.servers import smtp


async def _sign_ups(service: Service, seconds: float, rate: float) -> list[float]:
    """Sign-ups at a steady rate, whatever the answers take; returns seconds per answer."""
    taken: list[float] = []

    async def one(client: httpx2.AsyncClient, number: int) -> None:
        begun = time.perf_counter()
        answer = await client.post("/nl/weerbaar-bestuur", data={"address": f"new{number}@example.org"})
        assert answer.status_code == httpx2.codes.OK, answer.status_code
        taken.append(time.perf_counter() - begun)

    async with httpx2.AsyncClient(base_url=service.base, timeout=60) as client, asyncio.TaskGroup() as group:
        for number in range(int(seconds * rate)):
            group.create_task(one(client, number))
            await asyncio.sleep(1 / rate)
    return sorted(taken)


def _measure(name: str, urls: dict[str, str], options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder, smtp.Process() as mail:
        limits = {"BODE_SIGNUPS_PER_NETWORK": "1000000", "BODE_SIGNUPS_OVERALL": "1000000"}
        at = {key: url.format(folder=folder) for key, url in urls.items()}
        service = Service(
            Path(folder), mail, at, BODE_SMTP_CONNECTIONS="10", BODE_LEASE_SECONDS="60", **limits
        )
        try:
            service.prepare()
            service.serve()
            service.worker()
            _report(f"{name}, at rest", asyncio.run(_sign_ups(service, options.seconds, options.rate)))
            fill(service, options.readers)
            service.bode("newsletter", "change", "weerbaar-bestuur", "--pace", options.pace)
            issue_id = service.issue(TEXT)
            service.bode("issue", "send", issue_id)
            service.reached(issue_id, "sending")
            taken = asyncio.run(_sign_ups(service, options.seconds, options.rate))
            report = service.report(issue_id)
            _report(f"{name}, while {report['accepted']} of {options.readers} went out", taken)
        finally:
            service.close()


def _report(name: str, taken: list[float]) -> None:
    p99 = taken[int(len(taken) * 0.99)]
    print(
        f"{name:55} {len(taken):5} sign-ups  p50 {statistics.median(taken) * 1000:6.1f} ms  "
        f"p99 {p99 * 1000:6.1f} ms  longest {taken[-1] * 1000:6.1f} ms"
    )


def main() -> None:
    """Measure on both databases."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--readers", type=int, default=30_000)
    words.add_argument("--seconds", type=float, default=15)
    words.add_argument("--rate", type=float, default=20, help="sign-ups a second")
    words.add_argument("--pace", default="unlimited", help="of the issue: 20/s is what production has")
    options = words.parse_args()
    files = {which: f"sqlite:///{{folder}}/{which}.db" for which in (migrating.MAIN, migrating.LEDGER)}
    _measure("SQLite", {"main": files[migrating.MAIN], "ledger": files[migrating.LEDGER]}, options)
    with running(durable=True) as server:
        _measure("PostgreSQL", {which: server.create_database() for which in ("main", "ledger")}, options)


if __name__ == "__main__":
    main()
