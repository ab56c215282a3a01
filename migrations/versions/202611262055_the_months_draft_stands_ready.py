"""The month's draft stands ready."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.database import UtcTime

revision = "8f1c6d0e2b7a"
down_revision = "3157ebc7f788"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("prepared_at", UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_column("prepared_at")
