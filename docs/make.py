"""Writes the pages of the documentation that are made from the code: `make docs`.

A test makes the same texts and compares, so that these pages never say something else than the code.
"""

# a program to run, not a package

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import domain
from app.core.register import Held, Kept, Kind, entries
from app.core.states import picture
from app.domain import breach, delivery, issue, request, roster, slot

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData, Table

DOCS = Path(__file__).parent
NOUNS: dict[str, Any] = {
    "issue": issue,
    "delivery": delivery,
    "slot": slot,
    "request": request,
    "breach": breach,
    "roster": roster,
}
MADE = "<!-- Made by `make docs` from the code: change it there. -->"
STATES_SAY = """\
Each noun has one table of moves in the code. Every step, the database's CHECK and these pictures are made
from it. An end has no way out; what a state means stands beside it in the enum."""
MAP_SAYS = """\
Every column of every table, from the register beside the models (`app.core.register`). The privacy page,
the Art. 30 entry and the deletion job read the same register. The tables `schema_version` hold the version
of the tables and nothing else."""
KINDS = {
    Kind.ADDRESS: "an e-mail address, always sealed",
    Kind.PSEUDONYM: "a keyed or random value that says nothing without a key or another table",
    Kind.READER: "something about one subscriber",
    Kind.STAFF: "something about a member of staff",
    Kind.PARTNER: "something about somebody at a partner who sends in copy",
    Kind.CONTENT: "what is published",
    Kind.TECHNICAL: "about no person",
}


def states() -> str:
    """The states of each noun, as pictures."""
    parts = [
        "# States",
        MADE,
        STATES_SAY,
    ]
    for name, noun in NOUNS.items():
        parts += [f"## {name.capitalize()}", f"In `app/domain/{name}.py`.", _fenced(picture(noun.MOVES))]
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    return f"```mermaid\n{text}\n```"


def data_map() -> str:
    """Every table and column of both databases: what it is, why it is held, how long."""
    parts = [
        "# Data map",
        MADE,
        MAP_SAYS,
        "\n".join(f"* **{kind}**: {meaning}" for kind, meaning in KINDS.items()),
        *_database("Main database", domain.MAIN),
        *_database("Ledger", domain.LEDGER),
    ]
    return "\n\n".join(parts) + "\n"


def _database(title: str, metadata: MetaData) -> Iterator[str]:
    yield f"## {title}"
    for table, kept, columns in entries(metadata):
        yield f"### {table.name}"
        yield _term(table, kept)
        yield _columns(columns)


def _term(table: Table, kept: Kept) -> str:
    stays = f"{kept.what}: {kept.why}.\nStays {kept.until}."
    return f"{stays}\n{_counted(table, kept)}" if kept.length is not None else stays


def _counted(table: Table, kept: Kept) -> str:
    assert kept.length is not None
    where = kept.through[1] if kept.through else table.name
    after = "as soon as" if kept.length == timedelta(0) else f"{_length(kept.length)} after"
    return f"The job `retain` deletes a row {after} `{where}.{kept.since}` has passed."


def _length(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600)
    return f"{hours // 24} days" if hours > 24 else f"{hours} hours"  # noqa: PLR2004  # a day


def _columns(columns: list[tuple[Column[Any], Held]]) -> str:
    rows = [f"| `{column.name}` | {entry.kind} | {entry.why} |" for column, entry in columns]
    return "\n".join(["| Column | Kind | Why |", "|---|---|---|", *rows])


PAGES: dict[str, Callable[[], str]] = {"states.md": states, "data-map.md": data_map}


def main() -> None:
    """Write them all."""
    for name, made in PAGES.items():
        (DOCS / name).write_text(made())


if __name__ == "__main__":
    main()
