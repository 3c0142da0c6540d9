"""The history of agents' states, which begins with what each does now; and today's places in the line by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_states",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("line", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_agent_states"),
    )
    op.create_index("ix_agent_states_agent_at", "agent_states", ["agent", "at"])
    op.create_index("ix_agent_states_at", "agent_states", ["at"])
    # What the previous release changes while it still serves is missing; the next change of each agent is not.
    op.execute(
        "INSERT INTO agent_states (agent, at, state, reason, line) SELECT id, since, state, reason, line FROM agents"
    )
    op.create_index("ix_line_joined_at", "line", ["joined_at"])
