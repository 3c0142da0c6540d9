"""What a caller in line is in, as the menus marked them for the agents."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The release before marks nobody.
    op.add_column("line", sa.Column("mark", sa.Text, nullable=False, server_default=sa.text("''")))
