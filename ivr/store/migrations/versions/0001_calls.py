"""Calls, their journal, the messages callers left, and the versions of the menus."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _calls()
    _turns()
    _messages()
    _menus()


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("caller_hash", sa.String(64), nullable=False),
        sa.Column("caller_last4", sa.String(4), nullable=False),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("greeted", sa.String(35), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("outcome", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_caller_hash", "calls", ["caller_hash"])
    op.create_index("ix_calls_started_at", "calls", ["started_at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_turns_call_id"),
        sa.PrimaryKeyConstraint("call_id", "turn", name="pk_turns"),
        sa.UniqueConstraint("call_id", "asked", name="uq_turns_call_id_asked"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("recording_sid", sa.String(64)),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("seconds", sa.Integer),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("file", sa.Text),
        sa.Column("bytes", sa.Integer),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", MOMENT),
        sa.Column("error", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("recording_sid", name="uq_messages_recording_sid"),
    )
    op.create_index("ix_messages_state_next_try_at", "messages", ["state", "next_try_at"])
    op.create_index("ix_messages_created_at", "messages", ["created_at"])
    op.create_index("ix_messages_call_id", "messages", ["call_id"])


def _menus() -> None:
    op.create_table(
        "menus",
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_menus"),
        sa.UniqueConstraint("digest", name="uq_menus_digest"),
    )
