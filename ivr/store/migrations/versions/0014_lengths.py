"""Indexes in the order of time know how long calls are, so that long ones are found without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STEPS = {"seconds": (600, 1200, 2400), "waited": (120, 300, 900)}
COLUMNS = ["started_at", "call_id", "seconds", "waited"]


def upgrade() -> None:
    op.drop_index("ix_facts_started_at_call_id", "facts")
    op.create_index("ix_facts_started_at_call_id_seconds_waited", "facts", COLUMNS)
    for name, steps in STEPS.items():
        for step in steps:
            where = sa.text(f"{name} >= {step}")
            op.drop_index(f"ix_facts_{name}_{step}", "facts")
            op.create_index(f"ix_facts_{name}_{step}", "facts", COLUMNS, sqlite_where=where, postgresql_where=where)
