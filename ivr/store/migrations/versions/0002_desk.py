"""The line in which callers wait, the agents who serve it, and how their talks were wrapped up."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _line()
    _agents()


def _line() -> None:
    op.create_table(
        "line",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("offer", sa.String(32)),
        sa.Column("agent", sa.String(64)),
        sa.Column("leg", sa.String(64)),
        sa.Column("offered_at", MOMENT),
        sa.Column("answered_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_line"),
    )
    for names in (["state"], ["call_id"], ["caller_hash", "ended_at"], ["offer"]):
        op.create_index(f"ix_line_{'_'.join(names)}", "line", names)


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("skills", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("line", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_index("ix_agents_state", "agents", ["state"])
    op.create_table(
        "wrapups",
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("line", name="pk_wrapups"),
    )
    op.create_index("ix_wrapups_agent_at", "wrapups", ["agent", "at"])
