"""The database knows how the ledger ended where it was replayed last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d2b61c7e5f04"
down_revision = "d94f02b8c6e1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replayed_hash", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.drop_column("replayed_hash")
