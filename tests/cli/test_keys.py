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


def test_a_change_of_keys_in_two_steps_so_that_the_new_key_can_be_backed_up_first(office: Desk) -> None:
    before = office.told("keys", "check")["keys"][0]
    prepared = office.told("keys", "rotate", "--prepare")
    assert prepared["prepared"] is True
    assert office.told("keys", "rotate", "--prepare")["key"] == prepared["key"]
    states = {each["id"]: each["state"] for each in office.told("keys", "check")["keys"]}
    assert states == {before["id"]: "active", prepared["key"]: "waiting"}
    done = office.told("keys", "rotate")
    assert done == {"key": prepared["key"], "prepared": False, "activated": True, "moved": 6, "left": 0}
    old, new = office.told("keys", "check")["keys"]
    assert (old["state"], old["used_by"]) == ("old", {})
    assert (new["state"], new["used_by"], new["days"]) == ("active", {"outbox": 3, "staff": 3}, 0)


def test_a_change_in_one_step_says_to_back_the_file_up_and_is_on_record(office: Desk) -> None:
    said = office.bode("keys", "rotate")
    assert "Back the key file up" in said.stdout
    secrets = [each["secret"] for each in json.loads((office.folder / "keys.json").read_text())["keys"]]
    assert len(secrets) == 2
    assert not any(secret in said.output for secret in secrets)
    assert "used by: outbox 3, staff 3" in office.bode("keys", "check").stdout
    office.bode("audit", "verify")


def test_a_key_that_is_missing_from_the_file_is_named(office: Desk) -> None:
    office.approved()  # its links are under the key of that moment
    path = office.folder / "keys.json"
    office.bode("keys", "rotate")
    ring = json.loads(path.read_text())
    old, new = ring["keys"]
    path.write_text(json.dumps({**ring, "keys": [new]}))
    done = office.bode("keys", "check", "--json", code=1)
    assert json.loads(done.stdout)["missing"] == [old["id"]]
    assert old["id"] in done.stderr
    path.write_text(json.dumps({**ring, "keys": [old]}))
    assert "put the right key file back" in office.refused("keys", "check")
    path.write_text(json.dumps(ring))
    assert office.told("keys", "check")["missing"] == []
