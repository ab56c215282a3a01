"""Starts `bode worker` as a process of its own, without loading the same code again for each.

The fault table starts some hundred workers, and loading is most of what a start costs. Here one clean
process loads the code and forks; what is forked is a process like any other: it can be killed and
stopped, and shares nothing with the test.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from tests import programs

LOADED = ["uvloop", "app.cli.worker", "sqlalchemy.dialects.sqlite.aiosqlite", "psycopg"]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(LOADED)


class Worker:
    """One worker process, with the words of `subprocess.Popen` that are used here."""

    def __init__(self, environment: dict[str, str], folder: Path, log: Path) -> None:
        self._process = CONTEXT.Process(target=_work, args=(environment, str(folder), str(log)))
        self._process.start()
        self.pid = int(self._process.pid or 0)

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, sign: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sign)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, patience: float | None = None) -> int:
        self._process.join(patience)
        code = self._process.exitcode
        assert code is not None, "the worker does not end"
        return code


def _work(environment: dict[str, str], folder: str, log: str) -> None:
    """What `bode worker` does at a prompt."""
    programs.end_with_parent()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, sys.stdout.fileno())
    os.dup2(out, sys.stderr.fileno())
    sys.argv = ["bode", "worker"]
    from app.cli import main  # noqa: PLC0415  (only here: loaded by the process that forks)

    main()
