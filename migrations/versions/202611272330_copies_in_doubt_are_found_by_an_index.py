"""The few copies in doubt are found along an index, and not among all copies of an issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c7d2e9415ba6"
down_revision = "a64d0f8be213"
branch_labels = None
depends_on = None


def upgrade() -> None:
    doubted = sa.text("in_doubt > 0")
    where = {"postgresql_where": doubted, "sqlite_where": doubted}
    op.create_index("ix_delivery_doubt", "delivery", ["issue_id", "seq"], unique=False, **where)


def downgrade() -> None:
    op.drop_index("ix_delivery_doubt", table_name="delivery")
