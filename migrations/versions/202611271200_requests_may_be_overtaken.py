"""A request can be overtaken by an erasure, and the certificate of one may follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3e81f60a7d5"
down_revision = "c4e81f6b2d93"
branch_labels = None
depends_on = None

STATES = "'received', 'asked', 'known', 'done', 'refused', 'returned', 'answered', 'unreached', 'withdrawn'"
REQUEST = sa.table("request", sa.column("state"))


def upgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unproven", sa.JSON(none_as_null=True), nullable=True))
    _checked(f"state IN ({STATES}, 'overtaken')")


def downgrade() -> None:
    # The older version has no word for it: it called such a request withdrawn.
    op.execute(REQUEST.update().where(REQUEST.c.state == "overtaken").values(state="withdrawn"))
    _checked(f"state IN ({STATES})")
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_column("unproven")


def _checked(words: str) -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_request_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_request_state"), words)
