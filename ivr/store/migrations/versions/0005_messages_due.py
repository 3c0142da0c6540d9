"""Messages that wait count as having come when they are due, so that nobody on the phone waits behind them."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE line SET since = due_at WHERE kind = 'message' AND state = 'waiting' AND due_at IS NOT NULL")
