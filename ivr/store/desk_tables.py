"""The desk's tables: who waits in the line, the agents, and how their talks were wrapped up."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from ivr.store.crypto import Sealed
from ivr.store.tables import Moment, meta

line = Table(
    "line",
    meta,
    # The call and the turn at which it was queued, so that a turn written twice queues nobody twice.
    Column("id", String(80), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("caller_hash", String(64), nullable=False),
    Column("queue", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    # When the caller first joined; whoever redials soon after being cut off keeps it.
    Column("since", Moment, nullable=False),
    Column("joined_at", Moment, nullable=False),
    # waiting, offered, talking; then done (somebody talked with them) or left.
    Column("state", String(16), nullable=False),
    Column("offer", String(32)),
    Column("agent", String(64)),
    Column("leg", String(64)),
    Column("offered_at", Moment),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    Index(None, "state"),
    Index(None, "call_id"),
    Index(None, "caller_hash", "ended_at"),
    Index(None, "offer"),
)

agents = Table(
    "agents",
    meta,
    Column("id", String(64), primary_key=True),
    Column("phone", Text, nullable=False),
    Column("skills", Text, nullable=False),
    # offline, available, away, ringing, talking, wrapping.
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("line", String(80)),
    Index(None, "state"),
)

wrapups = Table(
    "wrapups",
    meta,
    Column("line", String(80), primary_key=True),
    Column("agent", String(64), nullable=False),
    Column("code", String(32), nullable=False),
    Column("note", Sealed, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "agent", "at"),
)
