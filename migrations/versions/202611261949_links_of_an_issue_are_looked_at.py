"""Links of an issue are looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "0ebc73dac94c"
down_revision = "48f79075646e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("asked_at", app.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("looked_at", app.core.database.UtcTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("leads_to", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_look_issue_id_issue")),
        sa.PrimaryKeyConstraint("issue_id", "digest", name=op.f("pk_look")),
    )
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_asked_at"), ["asked_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_asked_at"))

    op.drop_table("look")
