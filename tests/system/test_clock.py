"""The clock of a worker is set back while an issue goes out: leases do not care, nobody gets two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.faults.promise import kept_its_promise
from tests.faults.scene import CALM, READERS, SLOW
from tests.system.test_slot import LIBRARY

BACK = "-86400"  # seconds: a day
# While the steady clock is left alone, libfaketime answers Python's sleep (clock_nanosleep) with EINVAL, and
# who waits for a turn to write to SQLite would fail. Other ways of waiting are not touched by it.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


@pytest.mark.parametrize("lease", [CALM])
@pytest.mark.parametrize("kind", DATABASES)
def test_the_clock_is_set_back(kind: str, make, tmp_path: Path) -> None:
    """The worker's clock is set back a day (with SQLite that is the database's too): it goes on."""
    scene, clock = make(kind), tmp_path / "clock"
    clock.write_text("+0")
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    faked = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",  # seconds until the file is read again
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(tmp_path),
    }
    scene.mail.behave(body_delay=SLOW)
    scene.act("send")
    worker = scene.started(**faked)
    scene.handed_over(READERS // 3)
    clock.write_text(BACK)
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0
    assert worker.returncode == 0
