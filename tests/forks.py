"""Runs `bode` as a process of its own, without loading the same code again for each.

Tests start some hundred of them, and loading is most of what a start costs. Here one clean process loads
the code and forks; what is forked is a process like any other: it can be killed and stopped, and shares
nothing with the test. That the installed command works by itself is tried in tests/cli.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests import programs

COMMANDS = ("audit", "issue", "keys", "ledger", "migrate", "newsletter", "serve", "staff", "worker")
LOADED = ["uvloop", "uvicorn", "psycopg", "sqlalchemy.dialects.sqlite.aiosqlite"]
LOADED += ["tests.fluent", "app.main", *(f"app.cli.{each}" for each in COMMANDS)]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(LOADED)
PATIENCE = 120.0  # seconds for a command to end; machines are shared


class Bode:
    """One `bode` with these words, with those of `subprocess.Popen` that are used here."""

    def __init__(
        self,
        words: tuple[str, ...],
        environment: dict[str, str],
        folder: Path,
        log: Path,
        *,
        answer: Path | None = None,
        given: Path | None = None,
    ) -> None:
        """Begin; warnings go to the log, and so does the answer where no other file is named."""
        paths = tuple(map(str, (given or os.devnull, answer or log, log)))
        self._process = CONTEXT.Process(target=_run, args=(words, environment, str(folder), paths))
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
        assert code is not None, "it does not end"
        return code


def done(
    words: tuple[str, ...], environment: dict[str, str], folder: Path, given: str | None
) -> tuple[int, str, str]:
    """Run a command to its end: how it ended, its answer and what it warned of."""
    with tempfile.TemporaryDirectory() as room:
        answer, warned, typed = (Path(room, name) for name in ("answer", "warned", "typed"))
        typed.write_text(given or "")
        code = Bode(words, environment, folder, warned, answer=answer, given=typed).wait(PATIENCE)
        return code, answer.read_text(), warned.read_text()


def _run(
    words: tuple[str, ...], environment: dict[str, str], folder: str, paths: tuple[str, str, str]
) -> None:
    """What `bode` does at a prompt."""
    programs.end_with_parent()
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # asked for anew: the environment says where
    os.chdir(folder)
    for number, path in enumerate(paths):
        writes = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, writes if number else os.O_RDONLY), number)
    sys.stdin = os.fdopen(0)
    sys.argv = ["bode", *words]
    from app.cli import main  # noqa: PLC0415  (only here: loaded by the process that forks)

    main()
