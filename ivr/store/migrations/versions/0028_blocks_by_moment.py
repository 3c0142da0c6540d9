"""An index by which blocks that are over their time are found."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_blocked_at", "blocked", ["at"])
