"""The clock of a worker is set back while an issue goes out: leases do not care, nobody gets two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.faults.promise import kept_its_promise
from tests.faults.scene import CALM, READERS, SLOW
from tests.journeys.service import BODE
from tests.system.test_slot import Clock

BACK = timedelta(days=1)
# While the steady clock is left alone, libfaketime answers Python's sleep (clock_nanosleep) with EINVAL, and
# who waits for a turn to write to SQLite would fail. Other ways of waiting are not touched by it.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


@pytest.mark.parametrize("lease", [CALM])
@pytest.mark.parametrize("kind", DATABASES)
def test_the_clock_is_set_back(kind: str, make, tmp_path: Path) -> None:
    """The worker's clock is set back a day (with SQLite that is the database's too): it goes on."""
    scene, clock = make(kind), Clock(tmp_path / "clock")
    clock.set(datetime.now(UTC))
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    faked = {**clock.environment, "PYTHONPATH": str(tmp_path)}
    scene.mail.behave(body_delay=SLOW)
    scene.act("send")
    worker = scene.started(BODE, "worker", **faked)
    scene.handed_over(READERS // 3)
    clock.set(datetime.now(UTC) - BACK)
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0
    assert worker.returncode == 0
