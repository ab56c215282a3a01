"""A list is brought in by command: two people answer for it, and nothing of it is repeated."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import glass
from tests.cli.desk import Desk
from tests.cli.test_glass import told

LIST = """address,consented_at,evidence
dora@example.org,2024-05-31,"sign-up sheet, folder 3"
erik@example.org,2024-05-31T14:30+02:00,"sign-up sheet, folder 3"
frank@example.org,2024-05-31,
"""
SLUG = ("--newsletter", "weerbaar-bestuur")
RELEASED = (*SLUG, "--officer", "fatima", "--released-by", "emre")


def written(desk: Desk, text: str = LIST) -> str:
    path = desk.folder / "list.csv"
    path.write_text(text)
    return str(path)


def trail(desk: Desk) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(desk.folder / "bode.db")) as connection:
        query = "SELECT actor, event, reason FROM audit WHERE event LIKE 'intake.%' ORDER BY seq"
        return connection.execute(query).fetchall()


def test_a_list_comes_in_and_is_reported_by_line(office: Desk) -> None:
    done = office.bode("subscribers", "import", written(office), *RELEASED)
    first, *report = done.stdout.splitlines()
    assert first == "of 3 lines: 2 new, 0 subscribed already, 1 kept out"
    assert report == ["line 4: there is no evidence of consent"]
    assert office.told("subscribers", "count", *SLUG) == {"count": 2}
    again = office.told("subscribers", "import", written(office), *RELEASED)
    assert (again["added"], again["already"], again["refused"]) == (0, 2, 1)
    assert (again["reasons"], again["report"]) == ({"evidence": 1}, [{"line": 4, "reason": "evidence"}])


def test_a_list_of_which_nothing_can_be_taken_ends_with_1(office: Desk) -> None:
    path = written(office, LIST.splitlines()[0] + "\nfrank@example.org,2024-05-31,\n")
    done = office.bode("subscribers", "import", path, *RELEASED, "--json", code=1)
    assert json.loads(done.stdout)["report"] == [{"line": 2, "reason": "evidence"}]


def test_no_file_and_no_output_has_an_address_afterwards(office: Desk) -> None:
    path = Path(written(office))
    office.bode("subscribers", "import", str(path), *RELEASED)
    path.unlink()
    for each in office.folder.rglob("*"):
        if each.is_file():
            assert b"dora" not in each.read_bytes().lower(), each.name


def test_who_answers_for_it_is_on_record(office: Desk) -> None:
    office.bode("subscribers", "import", written(office), *RELEASED)
    assert trail(office) == [
        (glass.actor(), "intake.begun", "3 lines"),
        ("fatima", "intake.begun", "3 lines"),
        ("emre", "intake.released", "3 lines"),
        (glass.actor(), "intake.ended", "added 2, already 0, kept out 1"),
    ]
    office.bode("audit", "verify")


def test_a_dry_run_changes_nothing_and_is_on_record_because_it_looks_people_up(office: Desk) -> None:
    said = office.bode("subscribers", "import", written(office), *RELEASED, "--dry-run").stdout
    assert said.startswith("nothing was changed; of 3 lines: 2 new")
    assert office.told("subscribers", "count", *SLUG) == {"count": 0}
    assert [reason for _, _, reason in trail(office)][:1] == ["3 lines, dry run"]


@pytest.mark.parametrize(
    ("officer", "second", "said"),
    [
        ("dana", "emre", "does not have the role 'officer'"),
        ("fatima", "fatima", "a second person"),
        ("fatima", "greta", "there is no account"),
        ("greta", "emre", "there is no account"),
        ("fatima", "joost", "cannot release a list"),
        ("fatima", "henk", "cannot release a list"),
    ],
)
def test_it_takes_an_officer_and_a_second_person(office: Desk, officer: str, second: str, said: str) -> None:
    office.staff("joost", "supervisor")
    office.staff("henk", "approver")
    office.bode("staff", "disable", "henk")
    words = (*SLUG, "--officer", officer, "--released-by", second)
    assert said in office.refused("subscribers", "import", written(office), *words)
    assert trail(office) == []
    assert office.told("subscribers", "count", *SLUG) == {"count": 0}


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"email\ndora@example.org\n", "the first line must be"),
        (LIST.encode() + b"\xff\xfe,2024-05-31,x\n", "not UTF-8"),
        (LIST.encode() + b'gerda@example.org,2024-05-31,"open\n', "not CSV"),
    ],
)
def test_what_is_no_list_is_refused_with_the_line_and_without_its_words(
    office: Desk, octets: bytes, said: str
) -> None:
    path = office.folder / "list.csv"
    path.write_bytes(octets)
    assert said in office.refused("subscribers", "import", str(path), *RELEASED)


def test_in_production_colleagues_are_told_before_anybody_is_brought_in(production: Desk) -> None:
    production.furnish()
    production.bode("subscribers", "import", written(production), *RELEASED, "--dry-run")
    assert told(production) == []
    production.bode("subscribers", "import", written(production), *RELEASED)
    assert told(production) == [(name, "intake") for name in ("dana", "emre", "fatima")]
