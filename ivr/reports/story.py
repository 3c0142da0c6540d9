"""One call whole: where it stood in line, how it was wrapped up, what was recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, select

from ivr.store.desk_tables import line, wrapups
from ivr.store.engine import opened
from ivr.store.tables import calls, messages


@dataclass(frozen=True, slots=True)
class Visit:
    """Once in line, on the phone, to be rung back or to be heard; `agent` is who has or had it, "" for nobody."""

    id: str
    kind: str
    queue: str
    state: str
    joined_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    agent: str


@dataclass(frozen=True, slots=True)
class Note:
    """How an agent wrapped up a visit."""

    agent: str
    code: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sound:
    """Something recorded: a message, a remark or a talk, of so many seconds; it can be heard once it is `fetched`.

    `transcript` is what is said in it, where that is written down.
    """

    id: str
    kind: str
    seconds: int | None
    state: str
    transcript: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A call as it stands: going on while `ended_at` is None."""

    id: str
    started_at: datetime
    ended_at: datetime | None
    caller_hash: str
    caller_last4: str
    called: str
    language: str
    matter: str
    queue: str
    outcome: str
    version: int
    score: int | None
    visits: tuple[Visit, ...]
    notes: tuple[Note, ...]
    sounds: tuple[Sound, ...]


HEAD: Final = ("id", "started_at", "ended_at", "caller_hash", "caller_last4", "called", "language", "matter", "queue")


def story(engine: Engine, call_id: str) -> Story | None:
    """Return a call whole; None where there is none of this id."""
    columns = (*(calls.c[name] for name in HEAD), calls.c.outcome, calls.c.version, calls.c.score)
    with opened(engine) as connection:
        row = connection.execute(select(*columns).where(calls.c.id == call_id)).mappings().first()
        if row is None:
            return None
        parts = (_visits(connection, call_id), _notes(connection, call_id), _sounds(connection, call_id))
    return Story(**{**row, "outcome": row["outcome"] or ""}, visits=parts[0], notes=parts[1], sounds=parts[2])


def _visits(connection: Connection, call_id: str) -> tuple[Visit, ...]:
    names = ("id", "kind", "queue", "state", "joined_at", "answered_at", "ended_at", "agent")
    query = select(*(line.c[name] for name in names)).where(line.c.call_id == call_id)
    rows = connection.execute(query.order_by(line.c.joined_at, line.c.id)).mappings()
    return tuple(Visit(**{**row, "agent": row["agent"] or ""}) for row in rows)


def _notes(connection: Connection, call_id: str) -> tuple[Note, ...]:
    columns = (wrapups.c.agent, wrapups.c.code, wrapups.c.note, wrapups.c.at)
    query = select(*columns).join(line, line.c.id == wrapups.c.line).where(line.c.call_id == call_id)
    return tuple(Note(*row) for row in connection.execute(query.order_by(wrapups.c.at)))


def _sounds(connection: Connection, call_id: str) -> tuple[Sound, ...]:
    columns: tuple[Any, ...] = (
        messages.c.id,
        messages.c.kind,
        messages.c.seconds,
        messages.c.state,
        messages.c.transcript,
    )
    heard = and_(messages.c.call_id == call_id, messages.c.state != "absent")
    query = select(*columns).where(heard).order_by(messages.c.created_at, messages.c.id)
    return tuple(Sound(*row) for row in connection.execute(query))
