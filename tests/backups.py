"""Backups put back, with the databases' own tools: pg_dump and psql, and SQLite's backup."""

from __future__ import annotations

import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.settings import Settings
from app.domain import house as houses
from app.domain.house import House

if TYPE_CHECKING:
    from tests.postgres import Server

from tests import programs


@dataclass
class Backup:
    """What was kept of the main database and of the ledger."""

    main: Path
    ledger: Path


class Backups:
    """Takes backups of a service and puts either or both of its databases back."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self._folder = folder
        self._server = server
        self._count = 0

    def take(self, settings: Settings) -> Backup:
        """Back up both databases, while the service may be running."""
        self._count += 1
        kept = [self._folder / f"backup-{self._count}-{which}" for which in ("main", "ledger")]
        for url, path in zip((settings.database, settings.ledger), kept, strict=True):
            self._dump(url, path)
        return Backup(*kept)

    def put_back(self, settings: Settings, backup: Backup, *, main: bool, ledger: bool) -> Settings:
        """Restore; returns settings that point at what was restored."""
        changes = {}
        if main:
            changes["database_url"] = self._load(settings.database, backup.main)
        if ledger:
            changes["ledger_url"] = self._load(settings.ledger, backup.ledger)
        return settings.model_copy(update=changes)

    def _dump(self, url: str, path: Path) -> None:
        if self._server is None:
            source = sqlite3.connect(url.partition(":///")[2])
            target = sqlite3.connect(path)
            source.backup(target)
            source.close()
            target.close()
            return
        command = [self._program("pg_dump"), "--no-owner", "--dbname", _libpq(url)]
        with path.open("wb") as out:
            subprocess.run(command, stdout=out, check=True)

    def _load(self, url: str, path: Path) -> str:
        if self._server is None:
            old = Path(url.partition(":///")[2])
            for each in old.parent.glob(f"{old.name}*"):
                each.unlink()
            old.write_bytes(path.read_bytes())
            return url
        fresh = self._server.create_database()
        quiet = ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
        command = [self._program("psql"), *quiet, "--dbname", _libpq(fresh), "--file", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return fresh

    def _program(self, name: str) -> str:
        return str(programs.programs() / name)


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


async def reopen(house: House, settings: Settings) -> House:
    """Stop, and start again on what is there now."""
    await house.close()
    return await houses.open_house(settings)
