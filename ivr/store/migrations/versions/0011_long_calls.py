"""Long calls and long waits are few, and are found by indexes of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STEPS = {"seconds": (600, 1200, 2400), "waited": (120, 300, 900)}


def upgrade() -> None:
    for name, steps in STEPS.items():
        for step in steps:
            where = sa.text(f"{name} >= {step}")
            op.create_index(
                f"ix_facts_{name}_{step}",
                "facts",
                ["started_at", "call_id"],
                sqlite_where=where,
                postgresql_where=where,
            )
