"""How fast an issue goes out, as ratios to what stands beside it on the same machine in the same run.

Every promise is kept while measured: addresses sealed, a mark on disk before each body, group commit,
PostgreSQL with fsync. Needs Debian's postfix package for `smtp-sink` (see `make test-system`).

    python -m benchmarks.sending                     everything but the million: some ten minutes
    python -m benchmarks.sending --only unsigned
    python -m benchmarks.sending --only million
    python -m benchmarks.sending --only connections  with 10, 20 and 40 of them
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from PIL import Image

from app.domain import house as houses
from app.mail.dkim import Keys, new_keys
from benchmarks import chart, peers
from benchmarks.stage import BYTES, SINK, Measured, Stage, octets, sink, stage

CONNECTIONS = 10
MORE = (10, 20, 40)  # connections
FAR = 0.010  # seconds each way: a round trip of 20 ms
FAR_READERS = 20_000  # one round trip a message: ten connections send some 450 a second, for 45 seconds
TRIPS = 50  # commands there and back whose median is the measured round trip
PLAIN_READERS = 1_500
HEAVY_READERS = 5_000
HEAVY_BYTES = 300_000
NOISE = 455  # pixels in a row and rows: with base64 it makes a message of about 300 KB
COMMITS = 300  # commits whose median is the measured commit time
MILLION = (10_000, 100_000, 1_000_000)

Figures = dict[str, Any]


def unsigned(readers: int) -> Figures:
    """Unsigned, beside smtp-source before and after."""
    with sink() as port, stage(port) as on:
        on.fill(readers)
        source = partial(peers.source, port, min(readers, 50_000), BYTES, CONNECTIONS)
        around, one = [source(), source()], on.send(octets())
        around.append(source())
        two = on.send(octets(), "--processes", "2")
        around.append(source())
        base = statistics.median(around)
        plain = peers.Plain(port, PLAIN_READERS, "x" * 70 + "\n", CONNECTIONS, None).measure()
        return {
            "smtp-source": _spread(around),
            "bode": _told(one, base),
            "bode, two processes": _told(two, base),
            "plain script": {"rate": plain[0], "ratio": plain[0] / base, "processor": plain[1]},
        }


def connections(readers: int) -> Figures:
    """Unsigned with more connections, each beside smtp-source with as many, before and after."""
    found: Figures = {}
    for count in MORE:
        with sink() as port, stage(port) as on:
            on.service.environment["BODE_SMTP_CONNECTIONS"] = str(count)
            on.fill(readers)
            source = partial(peers.source, port, min(readers, 50_000), BYTES, count)
            around, sent = [source()], on.send(octets())
            around.append(source())
            found[f"{count}"] = _told(sent, statistics.median(around))
    return found


def signed(readers: int) -> Figures:
    """Signed while sending, beside bare RSA-2048 signing on all cores."""
    found: Figures = {}
    with sink() as port:
        bare = [peers.openssl()]
        for name, keys in _keys().items():
            with stage(port) as on:
                path = on.service.folder / "dkim.json"
                keys.save(path)
                on.service.environment["BODE_DKIM_KEYS"] = str(path)
                on.fill(readers)
                found[name] = on.send(octets())
            bare.append(peers.openssl())
        base = statistics.median(bare)
        plain = peers.Plain(port, PLAIN_READERS // 3, "x" * 70 + "\n", CONNECTIONS, _keys()["rsa"]).measure()
    return {
        "openssl": _spread(bare),
        **{f"bode, {name}": _told(measured, base) for name, measured in found.items()},
        "plain script, dkimpy": {"rate": plain[0], "ratio": plain[0] / base, "processor": plain[1]},
    }


def _keys() -> dict[str, Keys]:
    both = new_keys("example.org", houses.now())
    return {"rsa": Keys(both.domain, both.keys[:1]), "rsa and ed25519": both}


def far(readers: int) -> Figures:
    """Over a network of 20 ms, beside one round trip and one commit a message, both as measured."""
    del readers
    with sink() as port, _delayed(port) as slow, stage(slow) as on:
        on.fill(FAR_READERS)
        commit, trip = _commit(on), _trip(slow)
        base = CONNECTIONS / (trip + commit)
        told = _told(on.send(octets()), base)
        return {"round trip": trip, "commit": commit, "ideal": base, "bode": told}


def heavy(readers: int) -> Figures:
    """A message of 300 KB: a picture of noise travels in it."""
    del readers
    with sink() as port, stage(port) as on:
        on.fill(HEAVY_READERS)
        noise = Image.frombytes("L", (NOISE, NOISE), random.Random(1).randbytes(NOISE * NOISE))
        noise.save(on.service.folder / "noise.png")
        base = peers.source(port, HEAVY_READERS, HEAVY_BYTES, CONNECTIONS)
        measured = on.send(octets() + "\n\n![Ruis](noise.png)\n")
        return {"smtp-source": {"rate": base}, "bode": _told(measured, base)}


def million(readers: int) -> Figures:
    """Cost a message, memory and freezing from 10,000 to 1,000,000 readers."""
    del readers
    found: Figures = {}
    with sink() as port, stage(port) as on:
        for count in MILLION:
            on.fill(count)
            base = peers.source(port, 50_000, BYTES, CONNECTIONS)
            found[f"{count:,}"] = _told(on.send(octets()), base)
    return found


PARTS: dict[str, Callable[[int], Figures]] = {
    "unsigned": unsigned,
    "signed": signed,
    "far": far,
    "heavy": heavy,
    "million": million,
    "connections": connections,
}
USUAL = ("unsigned", "signed", "far")


class _delayed:  # noqa: N801  (reads as what it does)
    def __init__(self, port: int) -> None:
        words = [sys.executable, "-m", "benchmarks.delay", str(port), str(FAR)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def _commit(on: Stage) -> float:
    """Seconds of one commit of ten rows on this database, the median."""
    taken = []
    with psycopg.connect(on.urls["main"].replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(COMMITS):
            begun = time.perf_counter()
            connection.execute(
                b"UPDATE subscriber SET bounces = bounces WHERE seq IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"
            )
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _trip(port: int) -> float:
    """Seconds from a command to its answer with nothing else to do, the median."""
    taken = []
    with smtplib.SMTP("127.0.0.1", port) as server:
        for _ in range(TRIPS):
            begun = time.perf_counter()
            server.noop()
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _spread(rates: list[float]) -> Figures:
    return {"rate": statistics.median(rates), "least": min(rates), "most": max(rates)}


def _told(measured: Measured, base: float) -> Figures:
    return {**asdict(measured), "ratio": measured.rate / base}


def _print(name: str, figures: Figures) -> None:
    sys.stdout.write(f"\n{name}\n")
    for who, told in figures.items():
        words = told if isinstance(told, dict) else {"": told}
        line = "  ".join(f"{key} {value:,.4g}" for key, value in words.items())
        sys.stdout.write(f"  {who:22} {line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what was asked for, print it, and draw the chart when all that it shows was measured."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--readers", type=int, default=100_000)
    words.add_argument("--only", choices=PARTS, action="append", help="may be given more than once")
    words.add_argument("--json", type=Path, help="also write the figures to this file")
    words.add_argument("--chart", type=Path, help="draw the ratios as SVG")
    options = words.parse_args()
    if not shutil.which(SINK):
        raise SystemExit("smtp-sink is not here; it comes with: make test-system")
    found = {}
    for name in options.only or USUAL:
        found[name] = PARTS[name](options.readers)
        _print(name, found[name])
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    if options.chart:
        options.chart.write_text(chart.draw(found))


if __name__ == "__main__":
    main()
