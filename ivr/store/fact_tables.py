"""What a call came to, a row each, and the marks by which it is found; all of it can be made anew from the journal."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from ivr.store.tables import Moment, meta

facts = Table(
    "facts",
    meta,
    Column("call_id", String(64), ForeignKey("calls.id"), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("caller_hash", String(64), nullable=False),
    Column("caller_last4", String(4), nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("outcome", String(32), nullable=False),
    # Seconds: from the first ring to the end, in all lines, with all agents.
    Column("seconds", Integer, nullable=False),
    Column("waited", Integer, nullable=False),
    Column("talked", Integer, nullable=False),
    # Who talked with the caller last, and how that was wrapped up; "" for nobody, or not yet.
    Column("agent", String(64), nullable=False),
    Column("code", String(32), nullable=False),
    Column("score", Integer),
    Index(None, "started_at", "call_id"),
    *(
        Index(None, name, "started_at", "call_id")
        for name in ("caller_hash", "caller_last4", "matter", "queue", "outcome", "code", "language", "version")
    ),
)

marks = Table(
    "marks",
    meta,
    # The beginning of a keyed hash of what a call can have many of: an agent, a number that was keyed, a word noted.
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at", Moment, primary_key=True),
    Column("call_id", String(64), primary_key=True),
    Index(None, "call_id"),
)
