"""Partners send in copy by a link of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.database import UtcTime

revision = "5d3f8a2c71be"
down_revision = "b7d20c5a91e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contributor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("newsletter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.String(length=100), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.Column("gone_at", UtcTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_contributor_newsletter_id_newsletter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributor")),
        sa.UniqueConstraint("hash", name=op.f("uq_contributor_hash")),
    )
    with op.batch_alter_table("contributor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contributor_newsletter_id"), ["newsletter_id"], unique=False)
    op.create_table(
        "contribution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("newsletter_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.String(length=100), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("received_at", UtcTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=60), nullable=True),
        sa.Column("issue_id", sa.Uuid(), nullable=True),
        sa.Column("gone_at", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_contribution_newsletter_id_newsletter")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_contribution_issue_id_issue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
    )
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_newsletter_id"), ["newsletter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contribution_issue_id"), ["issue_id"], unique=False)


def downgrade() -> None:
    op.drop_table("contribution")
    op.drop_table("contributor")
