"""The SMS that callers are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("id", sa.String(96), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("number_hash", sa.String(64), nullable=False),
        sa.Column("number_last4", sa.String(4), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("sid", sa.String(64)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sa.UniqueConstraint("sid", name="uq_texts_sid"),
    )
    op.create_index("ix_texts_state_next_try_at", "texts", ["state", "next_try_at"])
    op.create_index("ix_texts_number_hash_created_at", "texts", ["number_hash", "created_at"])
    op.create_index("ix_texts_call_id", "texts", ["call_id"])
