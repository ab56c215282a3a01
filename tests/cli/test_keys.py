"""The key ring is made once, for its owner's eyes only, and never overwritten."""

from __future__ import annotations

import json

from tests.cli.desk import Desk


def test_a_new_ring_is_for_its_owner_only_and_shows_no_secret(empty: Desk) -> None:
    path = empty.folder / "safe" / "keys.json"
    empty.environment["BODE_KEYS_FILE"] = str(path)
    said = empty.bode("keys", "new").stdout
    assert path.stat().st_mode & 0o777 == 0o600
    (key,) = json.loads(path.read_text())["keys"]
    assert key["id"] in said
    assert key["secret"] not in said
    assert key["secret"] not in empty.bode("keys", "check", "--json").stdout


def test_an_existing_ring_is_not_overwritten(empty: Desk) -> None:
    empty.bode("keys", "new")
    before = (empty.folder / "keys.json").read_bytes()
    assert "not overwritten" in empty.refused("keys", "new")
    assert (empty.folder / "keys.json").read_bytes() == before


def test_in_production_the_ring_is_made_before_the_rest_is_set_but_in_a_named_place(
    empty: Desk,
) -> None:
    empty.environment["BODE_ENVIRONMENT"] = "production"
    assert "set BODE_KEYS_FILE" in empty.refused("keys", "new")
    empty.environment["BODE_KEYS_FILE"] = str(empty.folder / "keys.json")
    empty.bode("keys", "new")


def test_check_refuses_a_ring_that_others_can_read(empty: Desk) -> None:
    empty.bode("keys", "new")
    (empty.folder / "keys.json").chmod(0o644)
    assert "chmod 600" in empty.refused("keys", "check")


def test_check_refuses_what_is_no_ring(empty: Desk) -> None:
    path = empty.folder / "keys.json"
    path.touch(mode=0o600)
    for text in ("", "[]", '{"keys": [{"id": "00000000"}]}', '{"keys": []}'):
        path.write_text(text)
        assert "key ring" in empty.refused("keys", "check")


def test_check_compares_the_ring_with_the_database(office: Desk) -> None:
    checked = office.told("keys", "check")
    assert checked["compared"] is True
    assert [each["state"] for each in checked["keys"]] == ["active"]
    (office.folder / "keys.json").unlink()
    office.bode("keys", "new")
    assert "put the right key file back" in office.refused("keys", "check")


def test_a_ring_that_is_not_there_says_how_to_make_one(empty: Desk) -> None:
    assert "bode keys new" in empty.refused("keys", "check")
