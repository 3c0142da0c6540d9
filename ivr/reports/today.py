"""What the places in line of callers who joined today have come to so far, by queue."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, func, select

from ivr.flow.flow import Queue
from ivr.store.desk_tables import line, wrapups
from ivr.store.tables import calls


@dataclass(frozen=True, slots=True)
class Day:
    """What today came to: offered are answered, abandoned, short, elsewhere, and who waits still.

    `within` are those answered within the queue's target, `short` those who hung up sooner than counts, `elsewhere`
    those who left for a message, a call back or another way. `waited` are the seconds until the answer; `handled` the
    talks that are over, `busy` their seconds of talk and wrap-up.
    """

    offered: int = 0
    answered: int = 0
    within: int = 0
    abandoned: int = 0
    short: int = 0
    elsewhere: int = 0
    waited: int = 0
    handled: int = 0
    busy: int = 0

    def __add__(self, other: "Day") -> "Day":
        """Return what both come to."""
        return Day(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Day)))

    @property
    def service(self) -> int | None:
        """How many percent of those offered were answered within the target, rounded down; None where nobody came."""
        return 100 * self.within // self.offered if self.offered else None

    @property
    def speed(self) -> int | None:
        """The seconds until the answer on average; None where nobody was answered."""
        return round(self.waited / self.answered) if self.answered else None

    @property
    def handle(self) -> int | None:
        """The seconds of talk and wrap-up on average; None where no talk is over."""
        return round(self.busy / self.handled) if self.handled else None


DEFAULT: Final = Queue(name="-")


def today(connection: Connection, began: datetime, queues: Mapping[str, Queue]) -> dict[str, Day]:
    """Return what became of those who have joined the line since the day began, by queue."""
    dialect = connection.dialect.name
    elapsed = _seconds(dialect, line.c.joined_at, func.coalesce(line.c.answered_at, line.c.ended_at))
    answered = line.c.state.in_(("talking", "done")) & line.c.answered_at.is_not(None)
    # Who only left the line, and hung up later in the menus, did not hang up waiting.
    gone = (line.c.state == "left") & (calls.c.outcome == "hung-up") & (line.c.ended_at >= calls.c.ended_at)
    left = _seconds(dialect, line.c.joined_at, line.c.ended_at)
    soon = left <= _by_queue(queues, "short_seconds")
    over = answered & (line.c.state == "done")
    busy = _seconds(dialect, line.c.answered_at, line.c.ended_at)
    busy = busy + func.coalesce(_seconds(dialect, line.c.ended_at, wrapups.c.at), 0)
    sums = {
        "answered": _sum(answered),
        "within": _sum(answered & (elapsed <= _by_queue(queues, "service_seconds"))),
        "abandoned": _sum(gone & ~soon),
        "short": _sum(gone & soon),
        "elsewhere": _sum((line.c.state == "left") & ~func.coalesce(gone, False)),
        "waited": _sum(answered, elapsed),
        "handled": _sum(over),
        "busy": _sum(over, busy),
    }
    mine = and_(wrapups.c.line == line.c.id, wrapups.c.agent == line.c.agent)
    tables = line.outerjoin(calls, calls.c.id == line.c.call_id).outerjoin(wrapups, mine)
    columns = [line.c.queue, func.count().label("offered"), *(one.label(name) for name, one in sums.items())]
    query = select(*columns).select_from(tables).where(line.c.kind == "call", line.c.joined_at >= began)
    return {row.queue: Day(*row[1:]) for row in connection.execute(query.group_by(line.c.queue))}


def _sum(where: ColumnElement[bool], of: Any = 1) -> ColumnElement[int]:
    return func.sum(case((where, of), else_=0))


def _by_queue(queues: Mapping[str, Queue], name: str) -> ColumnElement[int]:
    """Return a queue's setting, as the menus have it; the default of a queue that they no longer have."""
    known = {queue: getattr(told, name) for queue, told in queues.items()}
    return case(known, value=line.c.queue, else_=getattr(DEFAULT, name))


def _seconds(dialect: str, before: Any, after: Any) -> ColumnElement[int]:
    """Return the seconds between two moments, rounded as in reports; 0 where they are the wrong way round."""
    if dialect == "sqlite":
        return cast(func.max(func.round((func.julianday(after) - func.julianday(before)) * 86400), 0), Integer)
    # Not `extract`, whose exact numbers cost ten times as much.
    return cast(func.greatest(func.round(func.date_part("epoch", after - before)), 0), Integer)
