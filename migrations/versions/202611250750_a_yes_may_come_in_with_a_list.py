"""A yes may come in with a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b52f0c1d7a94"
down_revision = "63332327782b"
branch_labels = None
depends_on = None

CHECK = "ck_consent_event"
BEFORE = "event IN ('requested', 'confirmed', 'withdrawn', 'undone')"
AFTER = "event IN ('requested', 'confirmed', 'withdrawn', 'undone', 'imported')"


def upgrade() -> None:
    _checked(AFTER)


def downgrade() -> None:
    # The older version has no word for it; the subscription stays, with the moment of its yes.
    consent = sa.table("consent", sa.column("event"))
    op.execute(consent.delete().where(consent.c.event == "imported"))
    _checked(BEFORE)


def _checked(words: str) -> None:
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), words)
