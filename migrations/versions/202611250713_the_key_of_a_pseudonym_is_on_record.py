"""The key of a pseudonym is on record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0afcf2904c1a"
down_revision = "5644b982b7e6"
branch_labels = None
depends_on = None

KEYED = ("block", "consent")
IN_USE = sa.select(sa.table("service", sa.column("active_key")).c.active_key).scalar_subquery()


def upgrade() -> None:
    for table in KEYED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("key_id", sa.String(length=8), nullable=True))
        # Until now no key could be changed, so every row was made with the one that there is.
        op.execute(sa.table(table, sa.column("key_id")).update().values(key_id=IN_USE))
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("key_id", existing_type=sa.String(length=8), nullable=False)


def downgrade() -> None:
    for table in reversed(KEYED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("key_id")
