"""Lists of people who said yes elsewhere, which wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "c4e81f6b2d93"
down_revision = "a61f3d9e0c58"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> app.core.database.UtcTime:
    return app.core.database.UtcTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("newsletter_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("officer", sa.String(length=60), nullable=False),
        sa.Column("decider", sa.String(length=60), nullable=True),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("decided_at", _moment(), nullable=True),
        sa.Column("closed_at", _moment(), nullable=True),
        sa.Column("gone_at", _moment(), nullable=False),
        sa.Column("lines", _number(), nullable=False),
        sa.Column("fit", _number(), nullable=False),
        sa.Column("added", _number(), nullable=False),
        sa.Column("already", _number(), nullable=False),
        sa.Column("out", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("first_at", _moment(), nullable=True),
        sa.Column("last_at", _moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('receiving', 'waiting', 'released', 'done', 'refused', 'dropped')",
            name=op.f("ck_roster_state"),
        ),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_roster_newsletter_id_newsletter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_table(
        "candidate",
        sa.Column("seq", _number(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("newsletter_id", sa.Uuid(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletter.id"], name=op.f("fk_candidate_newsletter_id_newsletter")
        ),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name=op.f("fk_candidate_roster_id_roster")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_candidate")),
        sa.UniqueConstraint("id", name=op.f("uq_candidate_id")),
    )
    op.create_index("ix_candidate_turn", "candidate", ["roster_id", "seq"], unique=False)
    op.create_index(op.f("ix_candidate_subject"), "candidate", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_table("candidate")
    op.drop_table("roster")
