"""How the tables of a database become those of this version; run by `bode migrate`."""

from __future__ import annotations

from alembic import context
from alembic.autogenerate import rewriter
from alembic.operations import ops

from app import domain
from app.core.migrating import engine, metadata_of

config = context.config
which = config.config_ini_section
target = metadata_of(which, domain)


writer = rewriter.Rewriter()


@writer.rewrites(ops.CreateTableOp)
def _without_register(_context: object, _revision: object, operation: ops.CreateTableOp) -> ops.CreateTableOp:
    """What is held and why stands beside the models, not in a migration."""
    operation.info = {}
    operation.kw.pop("info", None)
    return operation


def run() -> None:
    """Run inside the caller's connection if there is one, else with one of our own."""
    given = config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    with engine(config.attributes["url"]).connect() as connection:
        _migrate(connection)
        connection.commit()


def _migrate(connection: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=target,
        compare_type=True,
        render_as_batch=True,  # SQLite changes a table by making it anew
        version_table="schema_version",
        process_revision_directives=writer,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
