"""An issue keeps the answers with which it was refused, when its rows per reader are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f3b95c0e7a42"
down_revision = "d7a20c94e1b5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issue", sa.Column("answers", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("issue", "answers")
