"""`bode supervision`: the file is printed, checked, and a drill is put on record."""

from __future__ import annotations

import json

from tests.cli.desk import Desk


def test_a_file_is_made_and_checked_and_a_change_is_seen(office: Desk) -> None:
    office.bode("supervision", "drill", "passed")
    quarter = office.bode("supervision", "make").stdout
    path = office.folder / "dossier.json"
    path.write_text(quarter)
    assert office.told("supervision", "verify", str(path))["genuine"] is True
    content = json.loads(quarter)
    content["access"]["accounts"] += 1
    path.write_text(json.dumps(content))
    assert "something in it was changed" in office.bode("supervision", "verify", str(path), code=1).stdout
    path.write_text("{}")
    assert "no supervision file" in office.refused("supervision", "verify", str(path))
    assert "2026-Q4" in office.refused("supervision", "make", "--quarter", "4e kwartaal")
    office.bode("audit", "verify")
