"""An answer that did not arrive keeps its request open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.database import UtcTime

revision = "a61f3d9e0c58"
down_revision = "4e0b7c93d1fa"
branch_labels = None
depends_on = None

CHECK = "ck_request_state"
BEFORE = "state IN ('received', 'asked', 'known', 'done', 'refused', 'answered', 'unreached', 'withdrawn')"
AFTER = (
    "state IN ('received', 'asked', 'known', 'done', 'refused', 'returned', 'answered', 'unreached', "
    "'withdrawn')"
)
NEW = ("mailed_at", "told_at")
REQUEST = sa.table(
    "request", sa.column("state"), sa.column("refusal"), sa.column("decided_at"), sa.column("mailed_at")
)


def upgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        for name in NEW:
            batch_op.add_column(sa.Column(name, UtcTime(timezone=True), nullable=True))
    # What is on its way was mailed when it was decided, or was lost since; officers hear of that.
    waiting = REQUEST.c.state.in_(("done", "refused"))
    op.execute(REQUEST.update().where(waiting).values(mailed_at=REQUEST.c.decided_at))
    _checked(AFTER)


def downgrade() -> None:
    # The older version has no word for it; there it is on its way, and an officer closes it.
    before = sa.case((REQUEST.c.refusal.is_(None), "done"), else_="refused")
    op.execute(REQUEST.update().where(REQUEST.c.state == "returned").values(state=before))
    _checked(BEFORE)
    with op.batch_alter_table("request", schema=None) as batch_op:
        for name in reversed(NEW):
            batch_op.drop_column(name)


def _checked(words: str) -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), words)
