"""Calls that last, and may have ended without anybody telling us."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, exists, or_, select

from ivr.store.desk_tables import by_state, line
from ivr.store.engine import opened
from ivr.store.tables import calls, turns

LAST: Final = (turns.c.call_id == calls.c.id) & (turns.c.turn == calls.c.turn - 1)


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


def unheard(engine: Engine, before: datetime) -> list[Lasting]:
    """Return the calls that go on without a turn since before this, but those that are asked about for their place."""
    elsewhere = or_(line.c.state.in_(("waiting", "offered")), (line.c.state == "talking") & line.c.leg.is_not(None))
    placed = exists().where(line.c.call_id == calls.c.id, line.c.kind == "call", elsewhere)
    query = select(calls.c.id, calls.c.id, turns.c.at).join(turns, LAST).where(calls.c.ended_at.is_(None))
    # For the same reason as in `by_state`: of all calls that ever were, only these few are to be read.
    query = query.with_hint(calls, "INDEXED BY ix_calls_going_on", "sqlite")
    with opened(engine) as connection:
        return [Lasting(*row) for row in connection.execute(query.where(turns.c.at < before, ~placed))]


def quiet(engine: Engine, before: datetime) -> list[Lasting]:
    """Return the calls of those who wait, or for whom an agent is rung, whose last turn was before this."""
    waits = (line.c.kind == "call") & line.c.state.in_(("waiting", "offered"))
    query = select(calls.c.id, calls.c.id, turns.c.at).join(line, line.c.call_id == calls.c.id).join(turns, LAST)
    with opened(engine) as connection:
        return [Lasting(*row) for row in connection.execute(by_state(query).where(waits, turns.c.at < before))]
