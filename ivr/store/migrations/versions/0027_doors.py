"""Refused logins by where they came from, and from where people log in."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "refused_logins",
        sa.Column("line", sa.String(64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("line", "since", name="pk_refused_logins"),
    )
    op.create_index("ix_refused_logins_since", "refused_logins", ["since"])
    op.create_table(
        "known_lines",
        sa.Column("person", sa.Integer, nullable=False),
        sa.Column("line", sa.String(64), nullable=False),
        sa.Column("came_at", MOMENT, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("barred_until", MOMENT),
        sa.PrimaryKeyConstraint("person", "line", name="pk_known_lines"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], ondelete="CASCADE", name="fk_known_lines_person"),
    )
    op.create_index("ix_known_lines_came_at", "known_lines", ["came_at"])
