"""Numbers whose calls are not taken: why, until when, and who said so."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "blocked",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("number_hash", sa.String(64), nullable=False),
        sa.Column("number_last4", sa.String(4), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_blocked"),
    )
    op.create_index("ix_blocked_number_hash", "blocked", ["number_hash"])
