"""An index by which texts that are over their time are found."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_texts_created_at", "texts", ["created_at"])
