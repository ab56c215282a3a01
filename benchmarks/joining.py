"""How long it takes to freeze a large audience while readers go on signing up and leaving.

Prints the freeze's seconds, and what signing up and leaving cost meanwhile: at a pace as in production,
or (`--pace 0`) beside a sender at full speed that wants the same processors.

    python -m benchmarks.joining --readers 1000000 --pace 50
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time

import httpx2

from app.core import keyfile, tokens
from app.core.crypto import KeyRing
from benchmarks.stage import Stage, octets, sink, stage

PACE = 50  # letters a second: what mail providers take from a sender of this size without asking questions
RATE = 10.0  # acts a second, half of them sign-ups: more than a busy day has in an hour


def _acts(on: Stage, ring: KeyRing, stopping: threading.Event, taken: list[float]) -> None:
    """Sign up, and leave by one click, in turn and at a steady rate."""
    tag = tokens.tag_of(on.sql("SELECT id FROM newsletter"))
    with httpx2.Client(base_url=on.service.base, timeout=60) as client:
        number = 0
        while not stopping.wait(1 / RATE):
            number += 1
            leaving = on.sql("SELECT id FROM subscriber WHERE seq = %s", str(number)) if number % 2 else None
            begun = time.perf_counter()
            if leaving is not None:
                path = f"/afmelden/{tokens.mark(ring, 'leave', tag, leaving)}"
                answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
            else:
                answer = client.post("/nl/weerbaar-bestuur", data={"address": f"new{number}@example.org"})
            assert answer.status_code == httpx2.codes.OK, answer.status_code
            taken.append(time.perf_counter() - begun)


def _frozen(on: Stage, pace: int) -> str:
    return f"freeze {on.freeze(octets(), pace):.1f} s at {pace} letters a second"


def _sent(on: Stage) -> str:
    measured = on.send(octets(), all_of_them=False)
    return (
        f"freeze {measured.freeze:.1f} s   first copy after {measured.first:.2f} s   "
        f"{measured.rate:.0f} messages/s   memory {measured.memory} MB"
    )


def main() -> None:
    """Fill, send, and let people come and go meanwhile."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--readers", type=int, default=1_000_000)
    words.add_argument("--pace", type=int, default=PACE, help="letters a second; 0: as fast as can be")
    options = words.parse_args()
    limits = {"BODE_SIGNUPS_PER_NETWORK": "1000000", "BODE_SIGNUPS_OVERALL": "1000000"}
    with sink() as port, stage(port, **limits) as on:
        on.fill(options.readers)
        on.service.serve()
        ring = keyfile.load(on.service.folder / "keys.json")
        stopping, taken = threading.Event(), list[float]()
        people = threading.Thread(target=_acts, args=(on, ring, stopping, taken))
        people.start()
        try:
            told = _frozen(on, options.pace) if options.pace else _sent(on)
        finally:
            stopping.set()
            people.join()
    last = statistics.quantiles(taken, n=100)[-1]
    sys.stdout.write(
        f"{told}\n{len(taken)} sign-ups and departures meanwhile: "
        f"median {statistics.median(taken) * 1000:.1f} ms, p99 {last * 1000:.1f} ms\n"
    )


if __name__ == "__main__":
    main()
