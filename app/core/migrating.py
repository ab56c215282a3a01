"""Brings the tables of a database to this version, and says when that has not been done yet."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, pool
from sqlalchemy.engine import URL

from app.core.database import normal

if TYPE_CHECKING:
    from sqlalchemy import MetaData

ROOT = Path(__file__).parents[2]
CONNECT_SECONDS = 5
VERSION = "schema_version"  # the table that says at which version the others are
MAIN, LEDGER = "alembic", "ledger"  # the two sections of alembic.ini


def plain_url(url: str) -> URL:
    """The URL for a connection without asyncio, which migrations use."""
    parsed = normal(url)
    return parsed.set(drivername=parsed.drivername.replace("+aiosqlite", ""))


def metadata_of(which: str, domain: ModuleType) -> MetaData:
    """The tables that a section of alembic.ini is about."""
    metadata: MetaData = domain.LEDGER if which == LEDGER else domain.MAIN
    return metadata


def engine(url: str) -> Engine:
    """One plain connection; a server that does not answer is not waited for long."""
    plain = plain_url(url)
    postgres = plain.get_backend_name() == "postgresql"
    wait = {"connect_timeout": CONNECT_SECONDS} if postgres else {}
    return create_engine(plain, poolclass=pool.NullPool, connect_args=wait)


def configured(url: str, which: str) -> Config:
    """Alembic's configuration for one of the two databases."""
    config = Config(str(ROOT / "alembic.ini"), ini_section=which)
    config.attributes["url"] = url
    return config


def upgrade(url: str, which: str, to: str = "head") -> None:
    """Run what is pending."""
    path = plain_url(url).database
    if plain_url(url).get_backend_name() == "sqlite" and path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(configured(url, which), to)


def downgrade(url: str, which: str, to: str = "base") -> None:
    """Run migrations backwards."""
    command.downgrade(configured(url, which), to)


def remove(url: str, which: str) -> None:
    """Leave nothing in a database of what migrations made."""
    downgrade(url, which)
    with engine(url).begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {VERSION}")


def tables(url: str) -> list[str]:
    """What tables a database has, whoever made them."""
    with engine(url).connect() as connection:
        return inspect(connection).get_table_names()


def started(url: str) -> bool:
    """Whether a service ever ran on this main database; then a missing ledger is a loss, not a start."""
    with engine(url).connect() as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM service").scalar_one())


def pending(url: str, which: str) -> bool:
    """Whether the database is not at this version; an SQLite file that is not there is not made."""
    place = plain_url(url)
    if place.get_backend_name() == "sqlite" and not Path(str(place.database)).exists():
        return True
    wanted = ScriptDirectory.from_config(configured(url, which)).get_current_head()
    with engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION})
        return context.get_current_revision() != wanted
