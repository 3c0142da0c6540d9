"""Calls that last, and may have ended without anybody telling us."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from ivr.store.desk_tables import by_state, line
from ivr.store.engine import opened
from ivr.store.tables import calls, turns


@dataclass(frozen=True, slots=True)
class Lasting:
    """A call by the name of what it is for, and when it last showed that it goes on."""

    name: str
    call_id: str
    since: datetime


def ringing(engine: Engine, before: datetime) -> list[Lasting]:
    """Return the agents' calls that have rung since before this, each with its offer."""
    rung = select(line.c.offer, line.c.leg, line.c.offered_at)
    query = by_state(rung).where(line.c.state == "offered", line.c.leg.is_not(None), line.c.offered_at < before)
    with opened(engine) as connection:
        return [Lasting(*row) for row in connection.execute(query)]


def talking(engine: Engine, before: datetime) -> list[Lasting]:
    """Return the agents' calls that have been in talks since before this, each with its offer."""
    talks = by_state(select(line.c.offer, line.c.leg, line.c.answered_at)).where(line.c.state == "talking")
    with opened(engine) as connection:
        rows = connection.execute(talks.where(line.c.leg.is_not(None), line.c.answered_at < before))
        return [Lasting(*row) for row in rows]


def quiet(engine: Engine, before: datetime) -> list[Lasting]:
    """Return the calls of those who wait, or for whom an agent is rung, whose last turn was before this."""
    waits = (line.c.kind == "call") & line.c.state.in_(("waiting", "offered"))
    last = (turns.c.call_id == calls.c.id) & (turns.c.turn == calls.c.turn - 1)
    query = select(calls.c.id, calls.c.id, turns.c.at).join(line, line.c.call_id == calls.c.id).join(turns, last)
    with opened(engine) as connection:
        return [Lasting(*row) for row in connection.execute(by_state(query).where(waits, turns.c.at < before))]
