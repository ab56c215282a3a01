"""The entry for the register of processing says what the tables hold, in Dutch and English."""

from __future__ import annotations

from app.core.register import Kind
from app.domain import LEDGER, MAIN
from tests.cli.desk import NEWSLETTER, Desk


def personal() -> set[str]:
    """Every column that says something about somebody, whoever it is."""
    about = {Kind.ADDRESS, Kind.PSEUDONYM, Kind.READER, Kind.STAFF, Kind.PARTNER}
    return {
        f"{table.name}.{column.name}"
        for metadata in (MAIN, LEDGER)
        for table in metadata.tables.values()
        for column in table.columns
        if column.info["held"].kind in about
    }


def test_every_column_about_somebody_is_in_it_once(desk: Desk) -> None:
    desk.bode(*NEWSLETTER)
    (entry,) = desk.told("register")
    found = [field["column"] for each in entry["data"] for field in each["fields"]]
    assert len(found) == len(set(found))
    assert set(found) == personal()
    assert all(each["what"] and each["why"] and each["until"] for each in entry["data"])


def test_it_is_dutch_and_english_on_request(desk: Desk) -> None:
    desk.bode(*NEWSLETTER)
    dutch = desk.bode("register").stdout
    english = desk.bode("register", "--language", "en").stdout
    assert "Verwerkingsregister: Weerbaar Bestuur" in dutch
    assert "Register of processing: Weerbaar Bestuur" in english
    assert "subscriber.address: " in dutch
    shared = set(dutch.splitlines()) & set(english.splitlines())
    assert shared <= {"", "- weerbaar-bestuur"}, shared


def test_the_assessment_has_the_same_data_and_blanks_for_what_only_people_know(desk: Desk) -> None:
    desk.bode(*NEWSLETTER, "--controller", "Ministerie van Voorbeelden")
    (entry,), (sheet,) = desk.told("register"), desk.told("register", "--dpia")
    assert sheet["data"] == entry["data"]
    assert [each["known"] for each in sheet["blanks"] if each["known"]] == ["Ministerie van Voorbeelden"]
    assert all(each["measures"] and each["left"] for each in sheet["risks"])
    text = desk.bode("register", "--dpia", "--language", "en").stdout
    assert (
        text.index("A. What is done") < text.index("C. Risks for readers") < text.index("E. To be filled in")
    )
    assert "- read every address" in text


def test_terms_are_those_of_the_settings(desk: Desk) -> None:
    desk.bode(*NEWSLETTER)
    desk.environment["BODE_BACKUP_DAYS"] = "90"
    assert "(97 days)" in desk.bode("register", "--language", "en").stdout  # and a week's margin


def test_what_nobody_filled_in_is_named_and_what_is_filled_in_stands_there(desk: Desk) -> None:
    desk.bode(*NEWSLETTER, "--controller", "Ministerie van Voorbeelden", "--processor", "Hosting Voorbeeld")
    done = desk.bode("register", "--language", "en")
    assert "does not say yet: dpo, privacy_contact, postal_address" in done.stderr
    assert "- Ministerie van Voorbeelden" in done.stdout
    assert "- Hosting Voorbeeld" in done.stdout
    assert "no such newsletter" in desk.refused("register", "--newsletter", "elders")
