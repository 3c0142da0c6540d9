"""Calls that go on are few among all that ever were, and are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    going_on = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_calls_going_on", "calls", ["started_at"], sqlite_where=going_on, postgresql_where=going_on
    )
