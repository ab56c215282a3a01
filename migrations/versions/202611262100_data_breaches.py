"""Data breaches, and issues that are a notice of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "b7d20c5a91e4"
down_revision = "8f1c6d0e2b7a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("aware_at", app.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("recorded_at", app.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("nature", sa.String(length=12), nullable=False),
        sa.Column("keys", sa.String(length=8), nullable=False),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.Column("people", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("risk", sa.String(length=10), nullable=False),
        sa.Column("reported_at", app.core.database.UtcTime(timezone=True), nullable=True),
        sa.Column("late", sa.String(length=10), nullable=True),
        sa.Column("advice", sa.JSON(), nullable=True),
        sa.Column("writer", sa.String(length=60), nullable=True),
        sa.Column("approver", sa.String(length=60), nullable=True),
        sa.Column("approved_at", app.core.database.UtcTime(timezone=True), nullable=True),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.Column("warned", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_at", app.core.database.UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'reported', 'unreported', 'closed')", name=op.f("ck_breach_state")
        ),
        sa.CheckConstraint(
            "nature IN ('sent_wrong', 'intrusion', 'backup', 'device', 'inside', 'lost', 'other')",
            name=op.f("ck_breach_nature"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
        sa.UniqueConstraint("number", name=op.f("uq_breach_number")),
    )
    # The default is for the rows that are there; the code always says which it is.
    op.add_column("issue", sa.Column("notice", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("notice")
    op.drop_table("breach")
