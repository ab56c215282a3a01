"""The keys of counters against abuse are sealed.

Those there are lie open beside their counters, so they go with them: every count begins again at nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4e0b7c93d1fa"
down_revision = "5d3f8a2c71be"
branch_labels = None
depends_on = None

BOTH = ("throttle_count", "throttle_window")  # in the order in which they refer to each other


def upgrade() -> None:
    for table in BOTH:
        op.execute(sa.delete(sa.table(table)))


def downgrade() -> None:
    upgrade()  # what is sealed says nothing to code that does not open it
