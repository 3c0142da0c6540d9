"""What was tried to prove who one is, and which numbers have proven which accounts; numbers as keyed hashes only."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TOLD = ("who_hash", "caller_hash", "standing")


def upgrade() -> None:
    # The release before asks the wallet nothing.
    op.create_table(
        "guesses",
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("question", sa.String(16), nullable=False),
        sa.Column("who_hash", sa.String(64), nullable=False),
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allowed", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_guesses"),
    )
    for name in TOLD:
        op.create_index(f"ix_guesses_question_counts_{name}_at", "guesses", ["question", "counts", name, "at"])
    op.create_index("ix_guesses_at", "guesses", ["at"])
    op.create_table(
        "proofs",
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("who_hash", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_hash", "who_hash", name="pk_proofs"),
    )
    op.create_index("ix_proofs_at", "proofs", ["at"])
