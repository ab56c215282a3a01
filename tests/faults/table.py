"""Runs the fault table and writes what came of each row into docs/reliability.md.

    python -m tests.faults.table
    python -m tests.faults.table relay network      (only these files of rows)

A row is a test; its first sentence says what breaks and what becomes of the mail. A row that failed is
written down as broken, and then this ends with an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET  # of a report that pytest has just written
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- rows -->\n", "<!-- end of rows -->\n"
FILES = ("processes", "relay", "leases", "database", "network", "people")
HEAD = (
    "| What breaks | What becomes of the mail | Lost | Extra (most) | In doubt | Ends as | listmonk 6.2 |\n"
    "|---|---|---|---|---|---|---|\n"
)
LISTMONK = {
    "test_kill_at_random_moments": '500 to 700 of 4,000 lost, "finished"',
    "test_terminated": "500 of 4,000 lost",
    "test_settings_change": "600 lost",
    "test_paused_and_resumed": "0 lost, 0 twice",
    "test_down_at_the_start": '20,000 of 20,000 lost, "finished"',
    "test_down_in_the_middle": "9 of 6,000 lost",
    "test_away_for_seconds": "480 of 4,000 lost (5 s)",
    "test_a_tenth_is_deferred": "all of that tenth lost",
    "test_unknown_mailboxes": "dropped, not recorded",
    "test_dropped_after_it_was_kept": "delivered, counted as failed",
    "test_the_database_is_away": "200 of 4,000 lost, count wrong (12 s)",
}

Row = dict[str, Any]


def rows(report: Path) -> dict[str, list[Row]]:
    """What each test told, by its name without its parameters, in the order of the files."""
    found: dict[str, list[Row]] = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  (our own file)
        for told in case.iter("property"):
            row = json.loads(told.attrib["value"])
            if case.find("failure") is not None:
                row["state"] = "**broken**"
            found[case.attrib["name"].partition("[")[0]].append(row)
    return dict(sorted(found.items(), key=lambda each: _place(each[0])))


def _place(name: str) -> tuple[int, int]:
    """Where a test stands in the files."""
    for number, file in enumerate(FILES):
        at = (Path(__file__).parent / f"test_{file}.py").read_text().find(f"def {name}(")
        if at >= 0:
            return number, at
    return len(FILES), 0


def line(name: str, told: list[Row]) -> str:
    """One row of the table; where databases or variants differ, the figures stand side by side."""
    breaks, _, becomes = told[0]["row"].partition(": ")
    extra = _alike([f"{each['extra']} ({each['most']})" for each in told])
    cells = (
        breaks,
        becomes.rstrip("."),
        _alike([str(each["lost"]) for each in told]),
        extra,
        _alike([str(each["in_doubt"]) for each in told]),
        _alike([each["state"] for each in told]),
        LISTMONK.get(name, ""),
    )
    return f"| {' | '.join(cells)} |\n"


def _alike(values: list[str]) -> str:
    """Each different value once, in order."""
    return ", ".join(dict.fromkeys(values))


def main() -> int:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        files = [f"tests/faults/test_{name}.py" for name in sys.argv[1:] or FILES]
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *files]
        options = ["--junit-xml", str(report), "-o", "junit_family=xunit1"]
        code = subprocess.run([*command, *options], cwd=ROOT, check=False).returncode
        text = PAGE.read_text()
        before, _, rest = text.partition(BEGIN)
        lines = [line(name, told) for name, told in rows(report).items()]
        PAGE.write_text(before + BEGIN + "\n" + HEAD + "".join(lines) + "\n" + END + rest.partition(END)[2])
    return code


if __name__ == "__main__":
    sys.exit(main())
