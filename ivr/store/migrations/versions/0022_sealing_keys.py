"""Which keys things were sealed under, and what proves the audit log's entries of each once the key itself is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audit", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sealing_keys"),
    )
