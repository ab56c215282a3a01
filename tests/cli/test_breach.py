"""`bode breach`: a breach is put on record and reported when the console is away, and the trail says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.desk import Desk


def test_a_breach_is_recorded_and_reported_by_command(office: Desk) -> None:
    known = office.told("breach", "facts")
    assert known["people"] == {"weerbaar-bestuur": 0}
    assert {"subscriber", "consent"} <= set(known["data"])
    assert set(known["records"]) == set(known["data"])
    assert known["records"]["subscriber"] == 0
    aware = f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M+00:00}"
    words = ("--nature", "backup", "--keys", "no", "--risk", "likely", "--newsletter", "weerbaar-bestuur")
    office.bode("breach", "record", "--aware", aware, *words, "--data", "subscriber")
    (found,) = office.told("breach", "list")
    assert (found["state"], found["hours_left"]) == ("open", 69)
    assert (found["records"], found["records_by_kind"]) == (0, {"subscriber": 0})
    with office.popen("breach", "text", found["number"]) as said:  # it ends with where people can ask
        text = said.communicate()[0]
    assert "De sleutels om ze te lezen zijn niet gelekt" in text
    assert "nieuwsbrief@example.org" in text
    office.bode("breach", "report", found["number"], "--at", f"{datetime.now(UTC):%Y-%m-%dT%H:%M+00:00}")
    assert office.told("breach", "list")[0]["state"] == "reported"
    assert "kind of data" in office.refused("breach", "record", "--aware", aware, *words, "--data", "x")
    office.bode("audit", "verify")
