"""A mail before the answer may be lost: officers hear of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e80f4a1b6d37"
down_revision = "d2b61c7e5f04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lost", sa.String(length=10), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_column("lost")
