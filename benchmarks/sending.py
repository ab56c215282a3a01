"""Messages a second to Postfix's `smtp-sink`, beside `smtp-source` on the same sink in the same run.

The sender keeps every promise while measured: addresses sealed, a mark on disk before each body,
group commit, PostgreSQL with fsync. Needs Debian's postfix package (see `make test-system`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.journeys.service import Service, free_port, until
from tests.journeys.test_crash_while_sending import fill
from tests.postgres import running
from tests.sending import TEXT
from tests.servers import smtp

SINK, SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"
CONNECTIONS = 10
BYTES = 8192
POLL = 0.1  # seconds between looks at the issue
PATIENCE = 3000  # looks
FILLER = "Een alinea met wat meer tekst, zodat de mail ongeveer acht kilobyte weegt. "
REPEAT = 24  # of the filler, in text and HTML: about 8 KB in all


def _source(port: int, count: int) -> float:
    """Messages a second of smtp-source, without keeping any state."""
    words = [SOURCE, "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(BYTES)]
    begun = time.perf_counter()
    subprocess.run([*words, f"inet:127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - begun)


def _processor(pid: int) -> float:
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """The most memory a process had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def _bode(service: Service, count: int) -> None:
    fill(service, count)
    worker = service.worker()
    until(lambda: "worker.ready" in service.log, "the worker is ready")
    issue_id = service.issue(TEXT + "\n\n" + "\n\n".join([FILLER] * REPEAT))
    before = _processor(worker.pid)
    service.bode("issue", "send", issue_id)
    begun = time.perf_counter()
    for _ in range(PATIENCE):
        if service.state(issue_id) == "sent":
            break
        time.sleep(POLL)
    report = service.report(issue_id)
    took = time.perf_counter() - begun
    rate, cost = count / took, (_processor(worker.pid) - before) / count * 1e6
    assert report["accepted"] == count, report
    print(f"bode          {rate:8.0f} messages/s   {cost:5.0f} µs CPU   {_resident(worker.pid)} MB")


def main() -> None:
    """Measure both, in turn."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--readers", type=int, default=30_000)
    options = words.parse_args()
    if not shutil.which(SINK):
        raise SystemExit("smtp-sink is not here; it comes with: make test-system")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, running(durable=True) as server, smtp.Process() as mail:
        sink = subprocess.Popen([SINK, "-u", "nobody", f"127.0.0.1:{port}", "1000"])
        urls = {which: server.create_database() for which in ("main", "ledger")}
        to = {"BODE_SMTP_URL": f"smtp://127.0.0.1:{port}", "BODE_SMTP_CONNECTIONS": str(CONNECTIONS)}
        service = Service(Path(folder), mail, urls, BODE_LEASE_SECONDS="60", **to)
        try:
            service.prepare()
            before = [_source(port, options.readers) for _ in range(3)]
            spread = f"({min(before):.0f} to {max(before):.0f})"
            print(f"smtp-source   {statistics.median(before):8.0f} messages/s   {spread}")
            _bode(service, options.readers)
        finally:
            service.close()
            sink.terminate()
            sink.wait()


if __name__ == "__main__":
    main()
