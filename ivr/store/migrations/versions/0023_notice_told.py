"""Which words told the caller that the talk is recorded; of calls that ended before, `calls rebuild` writes it down."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("facts", sa.Column("notice", sa.Text, nullable=False, server_default=sa.text("''")))
