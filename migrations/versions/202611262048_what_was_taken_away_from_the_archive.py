"""What was taken away from the archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "3157ebc7f788"
down_revision = "cb0c16aab7b0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withheld",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.Column("taken_at", app.core.database.UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('safety', 'person', 'rights', 'order', 'wrong')", name=op.f("ck_withheld_reason")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_withheld_issue_id_issue")),
        sa.PrimaryKeyConstraint("issue_id", "place", name=op.f("pk_withheld")),
    )


def downgrade() -> None:
    op.drop_table("withheld")
