"""The desk's tables: who waits in the line, the agents, who else is in their talks, and how those were wrapped up."""

from typing import Any, Final

from sqlalchemy import Boolean, Column, Index, Integer, Select, String, Table, Text, text

from ivr.store.crypto import Sealed
from ivr.store.tables import Moment, meta

ON: Final = ("available", "ringing", "talking", "wrapping", "working")  # The states of agents who are there to serve.
OPEN: Final = text("state IN ('waiting', 'offered', 'talking')")
# Who waits with nothing special: of those who need the same, whoever came first is the next. And all the others.
PLAIN: Final = text(
    "state = 'waiting' AND front IS NULL AND missed_by IS NULL AND wants IS NULL AND owner IS NULL AND level < 2"
)
SPECIAL: Final = text(
    "state = 'waiting' AND (front IS NOT NULL OR missed_by IS NOT NULL OR wants IS NOT NULL OR owner IS NOT NULL"
    " OR level > 1)"
)

line = Table(
    "line",
    meta,
    # The call and the turn at which it was queued, so that a turn written twice queues nobody twice.
    Column("id", String(80), primary_key=True),
    # call, callback, message.
    Column("kind", String(16), nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("caller_hash", String(64), nullable=False),
    Column("queue", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    # The place in the menus of the words that tell agents what the caller is in, "" for none.
    Column("mark", Text, nullable=False, server_default=text("''")),
    # The lower, the sooner; 0 goes before everybody.
    Column("rank", Integer, nullable=False),
    # When the caller first joined; whoever redials soon after being cut off keeps it. Of a message, when it is due.
    Column("since", Moment, nullable=False),
    Column("joined_at", Moment, nullable=False),
    # waiting, offered, talking; then done (somebody talked with them), left, or failed (tried in vain).
    Column("state", String(16), nullable=False),
    Column("offer", String(32)),
    Column("agent", String(64)),
    Column("leg", String(64)),
    Column("offered_at", Moment),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    # The place given to whom an agent missed or sent on, and which agents missed them, as JSON.
    Column("front", Moment),
    Column("missed_by", Text),
    # How many stood before, and how many agents were on, as they joined.
    Column("ahead", Integer),
    Column("agents_on", Integer),
    # The one agent and the least level that are wanted; who finds the agent, where it is not us.
    Column("wants", String(64)),
    Column("level", Integer, nullable=False, server_default="0"),
    Column("router", String(16), nullable=False, server_default=text("''")),
    # A call back: whom to ring, how often it was tried in vain, when to try again.
    Column("number", Sealed),
    Column("number_hash", String(64)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("not_before", Moment),
    # Whether who is talked to has come: the customer who is rung back, or the caller who was fetched.
    Column("answered_back", Boolean, nullable=False, server_default=text("false")),
    # A message: the recording.
    Column("recording", String(64)),
    # A talk: held with music; recorded ('', on, paused), and until when that is paused.
    Column("held", Boolean, nullable=False, server_default=text("false")),
    Column("record", String(16), nullable=False, server_default=text("''")),
    Column("paused_until", Moment),
    # Messages and call backs are work: whose, until when, who did it.
    Column("owner", String(64)),
    Column("due_at", Moment),
    Column("done_by", String(64)),
    Column("closed_code", String(32)),
    Index(None, "state"),
    Index(None, "call_id"),
    Index(None, "caller_hash", "ended_at"),
    Index(None, "joined_at"),
    Index(None, "offer"),
    Index(None, "queue", "answered_at"),
    Index("ix_line_plain", "queue", "language", "kind", "rank", "since", sqlite_where=PLAIN, postgresql_where=PLAIN),
    Index("ix_line_special", "state", sqlite_where=SPECIAL, postgresql_where=SPECIAL),
    # One open call back a number.
    Index("uq_line_number_hash", "number_hash", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
)

promises = Table(
    "promises",
    meta,
    # The minutes that somebody in line was told, and how things stood.
    Column("line", String(80), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("low", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("ahead", Integer, nullable=False),
    Column("agents", Integer, nullable=False),
    Index(None, "at"),
)

agents = Table(
    "agents",
    meta,
    Column("id", String(64), primary_key=True),
    Column("phone", Text, nullable=False),
    Column("skills", Text, nullable=False),
    # offline, available, away, ringing, talking, wrapping, working.
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("line", String(80)),
    Column("level", Integer, nullable=False, server_default="1"),
    Index(None, "state"),
)

agent_states = Table(
    "agent_states",
    meta,
    # Each change of an agent's state or reason, in the order of the ids; `line` is the place they are busy with.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agent", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    # Why they are away; or why what they did before is over: missed, failed, denied, left, unanswered, unreached.
    Column("reason", Text, nullable=False),
    Column("line", String(80)),
    Index(None, "agent", "at"),
    Index(None, "at"),
)

guests = Table(
    "guests",
    meta,
    # Who else is in a talk: an agent or outside number consulted, a supervisor who listens.
    Column("id", String(32), primary_key=True),
    Column("line", String(80), nullable=False),
    # consult, monitor.
    Column("kind", String(16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("agent", String(64)),
    Column("phone", Sealed, nullable=False),
    # talk, listen, coach, join.
    Column("mode", String(16), nullable=False),
    # ringing, talking; host (took the talk over); gone.
    Column("state", String(16), nullable=False),
    Column("leg", String(64)),
    Column("at", Moment, nullable=False),
    Index(None, "line"),
    Index(None, "state"),
)

wrapups = Table(
    "wrapups",
    meta,
    # Where a talk was handed over, each of its agents wraps it up.
    Column("line", String(80), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Column("code", String(32), nullable=False),
    Column("note", Sealed, nullable=False),
    Column("at", Moment, nullable=False),
    Column("case", String(32)),
    Index(None, "agent", "at"),
    Index(None, "case"),
)

# When the page of an agent last asked for news, by any server; and whether it says when they end a talk.
pages = Table(
    "agent_pages",
    meta,
    Column("agent", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("ends", Boolean, nullable=False),
)

drafts = Table(
    "drafts",
    meta,
    Column("line", String(80), primary_key=True),
    Column("agent", String(64), primary_key=True),
    Column("note", Sealed, nullable=False),
    Column("case", String(32)),
    Column("at", Moment, nullable=False),
)

cases = Table(
    "cases",
    meta,
    Column("id", String(32), primary_key=True),
    Column("caller_hash", String(64), nullable=False),
    Column("title", Sealed, nullable=False),
    # open, closed.
    Column("state", String(16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(None, "caller_hash", "opened_at"),
)


def by_state(query: Select[Any]) -> Select[Any]:
    """Return a query of the few places in line that are in some state, so that SQLite does not read all that ever were.

    It counts on no column's seldom values, and where its figures are of a quiet hour, it takes any other index.
    """
    return query.with_hint(line, "INDEXED BY ix_line_state", "sqlite")
