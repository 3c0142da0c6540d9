"""Call backs, messages and talks as work in the line; guests in talks, promises, cases."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('waiting', 'offered', 'talking')")
PLAIN = sa.text(
    "state = 'waiting' AND front IS NULL AND missed_by IS NULL AND wants IS NULL AND owner IS NULL AND level < 2"
)
SPECIAL = sa.text(
    "state = 'waiting' AND (front IS NOT NULL OR missed_by IS NOT NULL OR wants IS NOT NULL OR owner IS NOT NULL"
    " OR level > 1)"
)


def upgrade() -> None:
    _line()
    op.add_column("agents", sa.Column("level", sa.Integer, nullable=False, server_default="1"))
    op.add_column("calls", sa.Column("score", sa.Integer))
    op.add_column("messages", sa.Column("kind", sa.String(16), nullable=False, server_default="message"))
    _talks()
    _notes()


def _line() -> None:
    for column in (
        sa.Column("front", MOMENT),
        sa.Column("missed_by", sa.Text),
        sa.Column("ahead", sa.Integer),
        sa.Column("agents_on", sa.Integer),
        sa.Column("wants", sa.String(64)),
        sa.Column("level", sa.Integer, nullable=False, server_default="0"),
        sa.Column("router", sa.String(16), nullable=False, server_default=sa.text("''")),
        sa.Column("number", sa.Text),
        sa.Column("number_hash", sa.String(64)),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("not_before", MOMENT),
        sa.Column("answered_back", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("recording", sa.String(64)),
        sa.Column("held", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("record", sa.String(16), nullable=False, server_default=sa.text("''")),
        sa.Column("paused_until", MOMENT),
        sa.Column("owner", sa.String(64)),
        sa.Column("due_at", MOMENT),
        sa.Column("done_by", sa.String(64)),
        sa.Column("closed_code", sa.String(32)),
    ):
        op.add_column("line", column)
    op.create_index("ix_line_queue_answered_at", "line", ["queue", "answered_at"])
    alike = ["queue", "language", "kind", "rank", "since"]
    op.create_index("ix_line_plain", "line", alike, sqlite_where=PLAIN, postgresql_where=PLAIN)
    op.create_index("ix_line_special", "line", ["state"], sqlite_where=SPECIAL, postgresql_where=SPECIAL)
    op.create_index(
        "uq_line_number_hash", "line", ["number_hash"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _talks() -> None:
    op.create_table(
        "promises",
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("low", sa.Integer, nullable=False),
        sa.Column("high", sa.Integer, nullable=False),
        sa.Column("ahead", sa.Integer, nullable=False),
        sa.Column("agents", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("line", "at", name="pk_promises"),
    )
    op.create_index("ix_promises_at", "promises", ["at"])
    op.create_table(
        "guests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64)),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("leg", sa.String(64)),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guests"),
    )
    op.create_index("ix_guests_line", "guests", ["line"])
    op.create_index("ix_guests_state", "guests", ["state"])


def _notes() -> None:
    # The previous release inserts whatever is not there already, by whichever key.
    with op.batch_alter_table("wrapups") as wrapups:
        wrapups.add_column(sa.Column("case", sa.String(32)))
        wrapups.drop_constraint("pk_wrapups", type_="primary")
        wrapups.create_primary_key("pk_wrapups", ["line", "agent"])
        wrapups.create_index("ix_wrapups_case", ["case"])
    op.create_table(
        "drafts",
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("case", sa.String(32)),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("line", "agent", name="pk_drafts"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_caller_hash_opened_at", "cases", ["caller_hash", "opened_at"])
