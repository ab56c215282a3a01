"""Issues that went out are in the archive, those of before as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "cb0c16aab7b0"
down_revision = "62139735a38e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("published_at", app.core.database.UtcTime(timezone=True), nullable=True)
        )
    op.execute("UPDATE issue SET published_at = closed_at WHERE state = 'sent'")


def downgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("published_at")
