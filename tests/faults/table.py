"""Runs the fault table and writes what came of each row into docs/reliability.md.

    python -m tests.faults.table
    python -m tests.faults.table relay network      (only the tables of these files, with their rows alone)
    python -m tests.faults.table hosts disk clock

A row is a test; its first sentence says what breaks and what becomes of the mail. A row that failed is
written down as broken, and then this ends with an error. The rows of a whole machine are made as root only,
with the packages of `make test-system`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET  # of a report that pytest has just written
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
HEAD = (
    "What breaks",
    "What becomes of the mail",
    "Lost",
    "Extra (most)",
    "In doubt",
    "Ends as",
    "listmonk 6.2",
)
PROGRAMS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
WHOLE = ("ip", "mount", "faketime")  # programs that rows of a whole machine need, as root


class Table(NamedTuple):
    """A table of the page: between which marks it stands, and the files of its rows."""

    name: str
    folder: str
    files: tuple[str, ...]
    columns: int

    def path(self, file: str) -> Path:
        """A file of rows."""
        return ROOT / "tests" / self.folder / f"test_{file}.py"

    def written(self, text: str, lines: list[str]) -> str:
        """The page with these rows."""
        begin, end = f"<!-- {self.name} -->\n", f"<!-- end of {self.name} -->\n"
        before, _, rest = text.partition(begin)
        head = [_row(HEAD[: self.columns]), f"|{'---|' * self.columns}\n"]
        return before + begin + "\n" + "".join([*head, *lines]) + "\n" + end + rest.partition(end)[2]


TABLES = (
    Table("rows", "faults", ("processes", "relay", "leases", "database", "network", "people"), 7),
    Table("rows of a whole machine", "system", ("hosts", "disk", "clock"), 6),
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

BROKEN = {"state": "**broken**"}
UNTOLD = {**dict.fromkeys(("lost", "extra", "most", "in_doubt"), "?"), **BROKEN}

Row = dict[str, Any]


def rows(report: Path, table: Table) -> dict[str, list[Row]]:
    """What each test of a table told, by its name without its parameters, in the order of the files."""
    found: dict[str, list[Row]] = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  (our own file)
        if f"tests.{table.folder}." not in case.attrib["classname"]:
            continue
        name, failed = case.attrib["name"].partition("[")[0], case.find("failure") is not None
        for told in case.iter("property"):
            found[name].append({**json.loads(told.attrib["value"]), **(BROKEN if failed else {})})
        if failed and case.find(".//property") is None:  # it did not come as far as to its figures
            found[name].append({"row": name, **UNTOLD})
    return dict(sorted(found.items(), key=lambda each: _place(table, each[0])))


def _place(table: Table, name: str) -> tuple[int, int]:
    """Where a test stands in the files."""
    for number, file in enumerate(table.files):
        at = table.path(file).read_text().find(f"def {name}(")
        if at >= 0:
            return number, at
    return len(table.files), 0


def line(name: str, told: list[Row], columns: int) -> str:
    """One row of a table; where databases or variants differ, the figures stand side by side."""
    breaks, _, becomes = next((each["row"] for each in told if ": " in each["row"]), name).partition(": ")
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
    return _row(cells[:columns])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _alike(values: list[str]) -> str:
    """Each different value once, in order."""
    return ", ".join(dict.fromkeys(values))


def _chosen(names: list[str]) -> list[Path]:
    """The files of rows that were asked for; of all, those that can be run here."""
    if names:
        return [table.path(name) for table in TABLES for name in table.files if name in names]
    able = os.geteuid() == 0 and all(shutil.which(each, path=PROGRAMS) for each in WHOLE)
    if not able:
        sys.stderr.write(
            "The rows of a whole machine stay as they are: they need root and make test-system.\n"
        )
    return [table.path(name) for table in (TABLES if able else TABLES[:1]) for name in table.files]


def main() -> int:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *map(str, _chosen(sys.argv[1:]))]
        options = ["--junit-xml", str(report), "-o", "junit_family=xunit1"]
        code = subprocess.run([*command, *options], cwd=ROOT, check=False).returncode
        text = PAGE.read_text()
        for table in TABLES:
            lines = [line(name, told, table.columns) for name, told in rows(report, table).items()]
            text = table.written(text, lines) if lines else text
        PAGE.write_text(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
