"""When agents' pages last asked for news."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_pages",
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("agent", name="pk_agent_pages"),
    )
