"""A browser looks whether everybody can read a mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "d7a20c94e1b5"
down_revision = "e80f4a1b6d37"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sight",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("looked_at", app.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_sight_issue_id_issue")),
        sa.PrimaryKeyConstraint("issue_id", "language", name=op.f("pk_sight")),
    )
    op.create_index(op.f("ix_sight_looked_at"), "sight", ["looked_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sight_looked_at"), table_name="sight")
    op.drop_table("sight")
