"""Who came and who went between two issues is counted along an index, and not over all proofs."""

from __future__ import annotations

from alembic import op

revision = "a64d0f8be213"
down_revision = "f3b95c0e7a42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_consent_moved", "consent", ["newsletter_id", "at", "event"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_consent_moved", table_name="consent")
