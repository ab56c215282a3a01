"""An issue may correct another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "62139735a38e"
down_revision = "3369ace45dfb"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("corrects_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_issue_corrects_id_issue"), "issue", ["corrects_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_issue_corrects_id_issue"), type_="foreignkey")
        batch_op.drop_column("corrects_id")
