"""What is known of a caller from before: earlier calls, how they were wrapped up, and the cases they belong to."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, select, update

from ivr.desk.notes import Notes
from ivr.desk.places import move
from ivr.store.desk_tables import cases, line, wrapups
from ivr.store.engine import opened
from ivr.store.tables import calls


@dataclass(frozen=True, slots=True)
class Case:
    """A matter of one caller that may take many calls; `state` is open or closed."""

    id: str
    caller_hash: str = field(repr=False)
    title: str
    state: str
    by: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wrap:
    """How an agent wrapped up a talk, and to which case it belongs."""

    agent: str
    code: str
    note: str
    at: datetime
    case: str | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A call from before: when, what about, how it ended, what the caller thought of it, how it was wrapped up."""

    call_id: str
    at: datetime
    matter: str
    queue: str
    outcome: str | None
    score: int | None
    wraps: tuple[Wrap, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """Keeps cases, and finds what was before."""

    engine: Engine
    now: Callable[[], datetime]

    def history(self, caller_hash: str, before: datetime, limit: int = 10) -> list[Earlier]:
        """Return the calls of a caller before this moment, the latest first; none of who withholds the number."""
        columns = (calls.c.id, calls.c.started_at, calls.c.matter, calls.c.queue, calls.c.outcome, calls.c.score)
        theirs = (calls.c.caller_hash == caller_hash) & (calls.c.caller_last4 != "") & (calls.c.started_at < before)
        query = select(*columns).where(theirs).order_by(calls.c.started_at.desc(), calls.c.id).limit(limit)
        with opened(self.engine) as connection:
            found = connection.execute(query).all()
            wraps = _wraps(connection, [row.id for row in found])
        return [Earlier(*row, tuple(wraps.get(row.id, ()))) for row in found]

    def of(self, caller_hash: str) -> list[Case]:
        """Return the cases of a caller, the latest first."""
        query = _cases().where(cases.c.caller_hash == caller_hash, cases.c.caller_hash != "")
        with opened(self.engine) as connection:
            rows = connection.execute(query.order_by(cases.c.opened_at.desc(), cases.c.id)).mappings()
            return [Case(**row) for row in rows]

    def open(self, caller_hash: str, title: str, agent: str) -> Case:
        """Open a case for a caller."""
        case = Case(uuid4().hex, caller_hash, title, "open", agent, self.now(), None)
        with self.engine.begin() as connection:
            connection.execute(cases.insert().values({one.name: getattr(case, one.name) for one in fields(Case)}))
        return case

    def close(self, case: str) -> bool:
        """Close a case; False where it is closed, or there is none."""
        with self.engine.begin() as connection:
            return move(connection, cases, case, "open", "closed", closed_at=self.now())

    def put(self, place: str, agent: str, case: str) -> None:
        """Have a talk belong to a case, or to none (""), whether its agent has wrapped it up or not."""
        theirs = (wrapups.c.line == place) & (wrapups.c.agent == agent)
        with self.engine.begin() as connection:
            wrapped = connection.execute(update(wrapups).where(theirs).values(case=case or None)).rowcount
        if not wrapped:
            Notes(self.engine, self.now).belongs(place, agent, case)


def _wraps(connection: Connection, found: list[str]) -> dict[str, list[Wrap]]:
    """Return how each of these calls was wrapped up, in order."""
    columns = (line.c.call_id, wrapups.c.agent, wrapups.c.code, wrapups.c.note, wrapups.c.at, wrapups.c.case)
    query = select(*columns).join(line, line.c.id == wrapups.c.line).where(line.c.call_id.in_(found))
    wraps: dict[str, list[Wrap]] = {}
    for call_id, *wrap in connection.execute(query.order_by(wrapups.c.at)):
        wraps.setdefault(call_id, []).append(Wrap(*wrap))
    return wraps


def _cases() -> Any:
    return select(*(cases.c[one.name] for one in fields(Case)))
