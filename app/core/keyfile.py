"""The file the key ring lies in: written for its owner only, never over another, and followed.

It is the one thing without which no address can be read. A key is added on disk, surely, before
anything is sealed under it; a process that runs takes it in by itself.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from app.core.crypto import SECRET_BYTES, Key, KeyRing, new_key
from app.core.errors import Refused

FEWEST_DISTINCT = 12  # 32 random bytes have fewer distinct values once in 10^20 rings
OTHERS = 0o077  # what others than the owner may do with a file

Mark = tuple[int, int, int]


def load(path: Path) -> KeyRing:
    """Read a key ring, which follows its file; refuses one that others can read, or that is weak."""
    seen = _mark(path)
    return KeyRing(_read(path), added=_Follower(path, seen))


def _read(path: Path) -> list[Key]:
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        raise Refused(f"there is no key ring at {path}; make one with: bode keys new") from None
    except (OSError, ValueError):
        raise Refused(f"the key ring at {path} cannot be read") from None
    if path.stat().st_mode & OTHERS:
        raise Refused(f"others can read {path}; do: chmod 600 {path}")
    try:
        return [_parse(entry) for entry in raw["keys"]]
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{path} is not a key ring; put the right file back") from None


def _parse(entry: dict[str, str]) -> Key:
    secret = base64.b64decode(entry["secret"], validate=True)
    if len(secret) != SECRET_BYTES or len(set(secret)) < FEWEST_DISTINCT:
        raise Refused(f"key {entry['id']} is weak; make a new ring with: bode keys new")
    return Key(entry["id"], datetime.fromisoformat(entry["created_at"]), secret)


def _mark(path: Path) -> Mark | None:
    """What changes when a file does; None when it is not there."""
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return None


class _Follower:
    """Looks whether the file changed: a look costs a millionth of a second."""

    def __init__(self, path: Path, seen: Mark | None) -> None:
        self._path, self._seen = path, seen

    def __call__(self) -> list[Key]:
        """The keys of a file that changed; none of one that did not, has gone or is half written."""
        now = _mark(self._path)
        if now is None or now == self._seen:
            return []
        try:
            keys = _read(self._path)
        except Refused:
            return []
        self._seen = now
        return keys


def save(path: Path, keys: list[Key]) -> None:
    """Write a new key ring, readable by its owner only; never over an existing file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(path, keys)
    except FileExistsError:
        refusal = f"{path} exists and is not overwritten: without it no address can be read"
        raise Refused(refusal) from None


def add(path: Path, now: datetime, *, after: str) -> Key:
    """Put a new key behind the others; if one waits behind `after` already, that is the one.

    The new file is whole on disk before it takes the place of the old one, whatever breaks meanwhile.
    """
    with path.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        keys, fresh = _read(path), new_key(now)
        if keys[-1].id != after:
            return keys[-1]
        beside = path.with_name(f"{path.name}.{fresh.id}")
        _write(beside, [*keys, fresh])
        beside.replace(path)
        _sync(path.parent)
    return fresh


def _write(path: Path, keys: list[Key]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump({"version": 1, "keys": [_entry(key) for key in keys]}, out, indent=2)
        out.flush()
        os.fsync(out.fileno())
    _sync(path.parent)


def _entry(key: Key) -> dict[str, str]:
    secret = base64.b64encode(key.secret).decode()
    return {"id": key.id, "created_at": key.created_at.isoformat(), "secret": secret}


def _sync(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
