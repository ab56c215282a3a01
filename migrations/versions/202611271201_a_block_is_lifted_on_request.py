"""Somebody can ask that the block on their address is lifted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d94f02b8c6e1"
down_revision = "c3e81f60a7d5"
branch_labels = None
depends_on = None

CHECK = "ck_request_kind"
KINDS = "'access', 'correction', 'erasure', 'restriction', 'portability', 'objection'"
REQUEST = sa.table("request", sa.column("kind"))


def upgrade() -> None:
    _checked(f"kind IN ({KINDS}, 'lift')")


def downgrade() -> None:
    op.execute(REQUEST.delete().where(REQUEST.c.kind == "lift"))  # the older version cannot show it
    _checked(f"kind IN ({KINDS})")


def _checked(words: str) -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), words)
