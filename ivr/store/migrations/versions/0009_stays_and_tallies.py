"""Where calls stood in line and what they come to together, for reports; calls that ended before are digested anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("facts", sa.Column("path", sa.Text, nullable=False, server_default=sa.text("''")))
    for name in ("silences", "wrongs", "stays"):
        op.add_column("facts", sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("facts", sa.Column("again", sa.Integer))
    _stays()
    op.create_table(
        "tallies",
        sa.Column("span", sa.String(8), nullable=False),
        sa.Column("cut", sa.String(16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sums", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("span", "cut", "at", "key", name="pk_tallies"),
    )
    op.create_table(
        "stale",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("of", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stale"),
    )
    op.execute("UPDATE calls SET digested = false WHERE digested = true")


def _stays() -> None:
    op.create_table(
        "stays",
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("half", MOMENT, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("waited", sa.Integer, nullable=False),
        sa.Column("talked", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.Integer, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("missed", sa.Integer, nullable=False),
        sa.Column("onward", sa.Boolean, nullable=False),
        sa.Column("promise", sa.String(8), nullable=False),
        sa.Column("score", sa.Integer),
        sa.PrimaryKeyConstraint("line", name="pk_stays"),
    )
    for names in (("call_id",), ("joined_at", "line"), *((n, "joined_at", "line") for n in ("queue", "agent", "result"))):
        op.create_index(f"ix_stays_{'_'.join(names)}", "stays", list(names))
