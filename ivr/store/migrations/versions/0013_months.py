"""Months, and half-hours by the day, among the tallies: all days are counted anew.

What servers of the release before count meanwhile is in no month: `calls rebuild`, once all are of this one.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO stale (of, at) SELECT DISTINCT at, at FROM tallies WHERE span = 'day'")
    op.execute("DELETE FROM tallies")
