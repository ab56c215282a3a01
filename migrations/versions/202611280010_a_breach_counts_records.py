"""A data breach is about a number of records, beside a number of people (GDPR Art. 33(3)(a))."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3d5e81f0c927"
down_revision = "c7d2e9415ba6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breach", sa.Column("counted", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "breach", sa.Column("records", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("breach", "records")
    op.drop_column("breach", "counted")
