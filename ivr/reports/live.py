"""How the hotline stands now, and what today has come to so far, as the wallboard shows it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, case, exists, func, select

from ivr.flow.flow import Flow
from ivr.reports.counting import rests
from ivr.reports.today import Day, today
from ivr.store.desk_tables import OPEN, agents, line
from ivr.store.engine import snapshot
from ivr.store.tables import calls

CERTAIN: Final = timedelta(seconds=5)  # Today is counted anew by then, even where nothing that we look at has changed.
LASTS: Final = timedelta(hours=4)  # The carrier ends a call by then.


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who is in a queue now: callers who wait, since when the longest; call backs and messages to be done, and late.

    `marks` are the callers among them whom the menus marked: the place of the words, how many, since when the longest.
    """

    callers: int = 0
    since: datetime | None = None
    talking: int = 0
    callbacks: int = 0
    late_callbacks: int = 0
    messages: int = 0
    late_messages: int = 0
    marks: tuple[tuple[str, int, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Working:
    """An agent who is there: what they do, why, and since when."""

    id: str
    state: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """All of it as of one moment: by queue who waits and what today came to; agents; callers in the menus."""

    waiting: Mapping[str, Waiting]
    today: Mapping[str, Day]
    agents: tuple[Working, ...]
    offline: int
    menus: int


@dataclass(frozen=True, slots=True)
class _Counted:
    seen: tuple[datetime, datetime | None, Live]
    at: datetime
    rests: datetime  # Until when it is not counted anew.
    today: Mapping[str, Day]

    def stands(self, seen: tuple[datetime, datetime | None, Live], at: datetime) -> bool:
        """Does it still say what today came to, or is it too soon to count again?"""
        if self.seen[0] != seen[0] or at < self.at:
            return False  # Another day began, or the clock was put back.
        return at < self.rests or (self.seen == seen and at < self.at + CERTAIN)


class Looks:
    """Looks at the database; today's places are counted anew only where something has happened since the last look.

    Nor for more than about a tenth of the time: the more places there were today, the longer that takes.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], flow: Callable[[], Flow]) -> None:
        """Look at this database, by the clock and the queues of these menus."""
        self._engine, self._now, self._flow = engine, now, flow
        self._last: _Counted | None = None

    def take(self) -> Live:
        """Return how things stand; to be asked by one thread at a time. Raise StoreError where it cannot be known."""
        at, flow = self._now(), self._flow()
        began = datetime.combine(at.astimezone(flow.zone).date(), time(), flow.zone).astimezone(UTC)
        with snapshot(self._engine) as connection:
            live = Live(_waiting(connection, at), {}, *_agents(connection), _menus(connection, at))
            seen = (began, connection.scalar(select(func.max(line.c.joined_at))), replace(live, menus=0))
            last = self._last
            if last is None or not last.stands(seen, at):
                found = today(connection, began, flow.queues)
                last = self._last = _Counted(seen, at, rests(at, self._now()), found)
            return replace(live, today=last.today)


def _waiting(connection: Connection, at: datetime) -> dict[str, Waiting]:
    talks = (line.c.state == "talking").label("talks")
    late = func.sum(case((line.c.due_at < at, 1), else_=0)).label("late")
    columns = (line.c.queue, line.c.kind, talks, func.count().label("many"), func.min(line.c.joined_at).label("first"))
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(select(*columns, late).where(OPEN).group_by(line.c.queue, line.c.kind, talks)):
        told = found.setdefault(row.queue, {})
        match row.kind:
            case "call" if row.talks:
                told["talking"] = row.many
            case "call":
                told |= {"callers": row.many, "since": row.first}
            case kind if not row.talks:
                told |= {f"{kind}s": row.many, f"late_{kind}s": row.late}
    for queue, mark in _marks(connection):
        found[queue]["marks"] = (*found[queue].get("marks", ()), mark)
    return {queue: Waiting(**told) for queue, told in found.items()}


def _marks(connection: Connection) -> Iterator[tuple[str, tuple[str, int, datetime]]]:
    """Yield by queue how many wait whom the menus marked so."""
    columns = (line.c.queue, line.c.mark, func.count(), func.min(line.c.joined_at))
    waits = OPEN & (line.c.state != "talking") & (line.c.kind == "call") & (line.c.mark != "")
    marked = select(*columns).where(waits).group_by(line.c.queue, line.c.mark).order_by(line.c.queue, line.c.mark)
    for queue, mark, many, first in connection.execute(marked):
        yield queue, (mark, many, first)


def _agents(connection: Connection) -> tuple[tuple[Working, ...], int]:
    columns = (agents.c.id, agents.c.state, agents.c.reason, agents.c.since)
    rows = [Working(*row) for row in connection.execute(select(*columns).order_by(agents.c.id))]
    there = tuple(one for one in rows if one.state != "offline")
    return there, len(rows) - len(there)


def _menus(connection: Connection, at: datetime) -> int:
    """Count the calls under way whose caller neither waits nor talks."""
    inside = exists().where(and_(line.c.call_id == calls.c.id, line.c.kind == "call", OPEN))
    going = (calls.c.started_at > at - LASTS) & calls.c.ended_at.is_(None)
    return connection.scalar(select(func.count()).select_from(calls).where(going, ~inside)) or 0
