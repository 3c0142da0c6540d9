"""What calls came to, the marks by which they are found, their tallies; all of it can be made anew from the journal."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from ivr.store.tables import Moment, meta

# Seconds from which on calls are few: those have an index of their own, in the order of time.
STEPS: Final[Mapping[str, tuple[int, ...]]] = {"seconds": (600, 1200, 2400), "waited": (120, 300, 900)}
LONG: Final = {f"ix_facts_{name}_{step}": text(f"{name} >= {step}") for name, steps in STEPS.items() for step in steps}

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
    # The places in the menus that the call came to, in order, with ">" between; how often the caller was silent there,
    # and keyed what led nowhere; how often they stood in line.
    Column("path", Text, nullable=False, server_default=text("''")),
    Column("silences", Integer, nullable=False, server_default=text("0")),
    Column("wrongs", Integer, nullable=False, server_default=text("0")),
    Column("stays", Integer, nullable=False, server_default=text("0")),
    # Seconds from its end to the next call of the same number; null while there is none, or the number is withheld.
    Column("again", Integer),
    # In which words the caller was told that the talk is recorded, as `ivr.reports.facts.notice` names them.
    Column("notice", Text, nullable=False, server_default=text("''")),
    Index(None, "started_at", "call_id", "seconds", "waited"),
    *(
        Index(None, name, "started_at", "call_id")
        for name in ("caller_hash", "caller_last4", "matter", "queue", "outcome", "code", "language", "version")
    ),
    *(
        Index(name, "started_at", "call_id", "seconds", "waited", sqlite_where=long, postgresql_where=long)
        for name, long in LONG.items()
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

stays = Table(
    "stays",
    meta,
    # Each place in line of a call that is over: on the phone, to be rung back, to be heard.
    Column("line", String(80), primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("joined_at", Moment, nullable=False),
    # When the half-hour began in which they joined, by the clock of the hotline's zone.
    Column("half", Moment, nullable=False),
    Column("queue", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    # answered; abandoned (hung up waiting); message, callback (left the line for it); else away.
    Column("result", String(16), nullable=False),
    # Seconds until an agent or the end; with the agent; until that agent had wrapped it up.
    Column("waited", Integer, nullable=False),
    Column("talked", Integer, nullable=False),
    Column("wrapped", Integer, nullable=False),
    Column("agent", String(64), nullable=False),
    Column("code", String(32), nullable=False),
    # How many agents let it ring in vain; whether the agent sent the caller on.
    Column("missed", Integer, nullable=False),
    Column("onward", Boolean, nullable=False),
    # Of the first range of minutes told to the caller: kept, early, late; "" where none was told, or nobody answered.
    Column("promise", String(8), nullable=False),
    Column("score", Integer),
    Index(None, "call_id"),
    Index(None, "joined_at", "line"),
    *(Index(None, name, "joined_at", "line") for name in ("queue", "agent", "result")),
)

tallies = Table(
    "tallies",
    meta,
    # What the calls of a day or month come to, by queue, matter, agent and so on: as JSON, by name a sum, or one for
    # each half-hour of the clock.
    Column("span", String(8), primary_key=True),
    Column("cut", String(16), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sums", Text, nullable=False),
)

stale = Table(
    "stale",
    meta,
    # Whose day's tallies are to be made anew, a row for each reason, and from when on.
    Column("id", Integer, primary_key=True),
    Column("of", Moment, nullable=False),
    Column("at", Moment, nullable=False),
)
