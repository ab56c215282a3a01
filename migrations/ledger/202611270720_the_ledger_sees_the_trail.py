"""The ledger sees how far the trail had come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c2d84f6a17be"
down_revision = "ebce84fb8596"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ledger_counter", schema=None) as batch_op:
        number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        batch_op.add_column(sa.Column("trail_seq", number, nullable=True))
        batch_op.add_column(sa.Column("trail_seal", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ledger_counter", schema=None) as batch_op:
        batch_op.drop_column("trail_seal")
        batch_op.drop_column("trail_seq")
