"""A person at the command line: types words, reads the answer, sees how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from app.cli import build

BODE = str(Path(sys.executable).with_name("bode"))
ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "sample" / "weerbaar-bestuur.md"
SENDER = "Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>"
NEWSLETTER = (
    *("newsletter", "add", "--slug", "weerbaar-bestuur", "--title", "Weerbaar Bestuur"),
    *("--sender", SENDER, "--language", "nl", "--cadence", "first tuesday 10:00"),
)


class Desk:
    """One folder of data, and the environment that leads to it."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.environment = {"BODE_DATA_DIR": str(folder), **more}

    def bode(self, *words: str, given: str = "", code: int = 0) -> Result:
        """Run a command in this process; nothing it says holds an address or a traceback."""
        clean = {key: None for key in os.environ if key.startswith("BODE_")}
        environment = {**clean, **self.environment}
        done = CliRunner().invoke(build(words), words, input=given, env=environment, prog_name="bode")
        assert done.exit_code == code, f"{words}: {done.output}"
        assert "Traceback" not in done.output
        assert "@" not in done.output
        return done

    def told(self, *words: str) -> Any:
        """The answer for a script."""
        return json.loads(self.bode(*words, "--json").stdout)

    def refused(self, *words: str, given: str = "", code: int = 1) -> str:
        """The reason, which stands on standard error; nothing else is answered."""
        done = self.bode(*words, given=given, code=code)
        assert not done.stdout
        return done.stderr

    def popen(self, *words: str) -> subprocess.Popen[str]:
        """Start `bode` as a process of its own."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("BODE_")}
        return subprocess.Popen(
            [BODE, *words],
            env={**ours, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

    def staff(self, name: str, *roles: str) -> None:
        """Open an account."""
        chosen = [word for role in roles for word in ("--role", role)]
        self.bode("staff", "add", "--name", name, "--email", f"{name}@example.org", *chosen)

    def furnish(self) -> None:
        """A newsletter and the people who make it."""
        self.bode(*NEWSLETTER)
        self.staff("dana", "editor", "approver")
        self.staff("emre", "approver")
        self.staff("fatima", "officer")

    def draft(self) -> str:
        """An issue that dana wrote; returns its id."""
        words = ("issue", "import", str(SAMPLE), "--newsletter", "weerbaar-bestuur", "--author", "dana")
        return str(self.told(*words)["id"])

    def approved(self) -> str:
        """An issue that emre approved."""
        issue_id = self.draft()
        self.bode("issue", "approve", issue_id, "--approver", "emre")
        return issue_id


def line_with(process: subprocess.Popen[str], word: str) -> str:
    """Read a process's log until a line has this word."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(f"it ended without saying {word}")


@contextlib.contextmanager
def working(desk: Desk) -> Iterator[None]:
    """A worker beside the test; it ends as at SIGTERM."""
    with desk.popen("worker") as process:
        line_with(process, "worker.ready")
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
