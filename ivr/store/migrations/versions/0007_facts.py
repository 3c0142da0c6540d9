"""What each call came to, for search and reports; calls that ended before are digested by and by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNDIGESTED = sa.text("digested = false AND ended_at IS NOT NULL")
FOUND_BY = ("caller_hash", "caller_last4", "matter", "queue", "outcome", "code", "language", "version")


def upgrade() -> None:
    op.add_column("calls", sa.Column("digested", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_index(
        "ix_calls_undigested", "calls", ["ended_at"], sqlite_where=UNDIGESTED, postgresql_where=UNDIGESTED
    )
    _facts()
    op.create_table(
        "marks",
        sa.Column("mark", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("mark", "started_at", "call_id", name="pk_marks"),
    )
    op.create_index("ix_marks_call_id", "marks", ["call_id"])


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("caller_last4", sa.String(4), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("waited", sa.Integer, nullable=False),
        sa.Column("talked", sa.Integer, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("score", sa.Integer),
        sa.PrimaryKeyConstraint("call_id", name="pk_facts"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_facts_call_id_calls"),
    )
    for names in (("started_at", "call_id"), *((name, "started_at", "call_id") for name in FOUND_BY)):
        op.create_index(f"ix_facts_{'_'.join(names)}", "facts", list(names))
