"""The file of the key ring: for its owner only, added to and never overwritten, followed while we run."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core import crypto, keyfile
from app.core.crypto import Unreadable
from app.core.errors import NotReady, Refused

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
OLD, NEW = crypto.new_key(NOW), crypto.new_key(NOW)


def test_a_ring_is_written_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    keyfile.save(path, [OLD])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile.load(path).active == OLD.id
    with pytest.raises(Refused, match="not overwritten"):
        keyfile.save(path, [NEW])
    assert keyfile.load(path).active == OLD.id


def test_a_ring_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keyfile.save(path, [OLD])
    path.chmod(0o640)
    with pytest.raises(Refused, match="chmod 600"):
        keyfile.load(path)


@pytest.mark.parametrize("secret", [b"\0" * 32, b"ab" * 16, b"short"], ids=["zeros", "two bytes", "short"])
def test_a_weak_key_is_refused(tmp_path: Path, secret: bytes) -> None:
    path = tmp_path / "keys.json"
    keyfile.save(path, [crypto.Key("00000000", NOW, secret)])
    with pytest.raises(Refused, match="weak"):
        keyfile.load(path)


def test_a_missing_broken_or_empty_ring_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(Refused, match="bode keys new"):
        keyfile.load(path)
    path.write_text("{")
    path.chmod(0o600)
    with pytest.raises(Refused, match="cannot be read"):
        keyfile.load(path)
    path.write_text(json.dumps({"version": 1, "keys": []}))
    with pytest.raises(Refused, match="bode keys new"):
        keyfile.load(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    keyfile.save(path, [OLD])
    return path


def test_a_key_that_is_added_stands_behind_the_others_and_is_known_to_who_runs(path: Path) -> None:
    running = keyfile.load(path)
    fresh = keyfile.add(path, NOW, after=OLD.id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]
    assert running.ids == [OLD.id, fresh.id]
    assert (running.active, running.newest) == (OLD.id, fresh.id)
    running.use(fresh.id)
    assert running.ids == [fresh.id, OLD.id]


def test_what_was_sealed_under_a_key_that_came_later_opens(path: Path) -> None:
    running = keyfile.load(path)
    keyfile.add(path, NOW, after=OLD.id)
    sealed = keyfile.load(path).seal("address", b"plain", bound_to="t")
    assert running.open("address", sealed, bound_to="t") == b"plain"


def test_a_key_that_waits_is_not_followed_by_another(path: Path) -> None:
    fresh = keyfile.add(path, NOW, after=OLD.id)
    assert keyfile.add(path, NOW, after=OLD.id) == fresh
    with ThreadPoolExecutor() as pool:
        made = set(pool.map(lambda _: keyfile.add(path, NOW, after=fresh.id).id, range(8)))
    assert keyfile.load(path).ids == [*made, OLD.id, fresh.id]


def test_a_file_that_has_gone_or_is_half_written_takes_no_key_away(path: Path) -> None:
    running = keyfile.load(path)
    whole = path.read_text()
    for text in ("", whole[:40], json.dumps({"keys": []})):
        path.write_text(text)
        assert running.ids == [OLD.id]
    path.unlink()
    assert running.ids == [OLD.id]
    with pytest.raises(Unreadable):
        running.derived("address", NEW.id)


def test_a_key_that_is_not_on_this_machine_is_not_used(path: Path) -> None:
    running = keyfile.load(path)
    with pytest.raises(NotReady, match=NEW.id):
        running.use(NEW.id)
    assert running.active == OLD.id
