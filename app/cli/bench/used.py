"""What a process has used so far, where the system tells it (Linux)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

KB = 1024


def processor(pid: int) -> float | None:
    """Seconds of the processor, itself and the system for it; None where nobody says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int | None:
    """The most memory that it had, in MB; None where nobody says."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // KB
    return None
