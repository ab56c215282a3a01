"""Whether a proof still points to a text is found along an index, also among a million proofs."""

from __future__ import annotations

from alembic import op

revision = "8f1b6c2d70e4"
down_revision = "3d5e81f0c927"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_consent_wording_id"), "consent", ["wording_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_consent_wording_id"), table_name="consent")
