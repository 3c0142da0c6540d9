"""How things stand in the database, for whoever watches the machines: few rows, whatever was in it before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, select

from ivr.reports.live import LASTS
from ivr.store.desk_tables import OPEN, agents, line
from ivr.store.engine import opened, snapshot
from ivr.store.level import head, level
from ivr.store.tables import GOING_ON, UNDIGESTED, calls, messages
from ivr.store.texts import OPEN as UNSENT
from ivr.store.texts import texts

Waits = tuple[int, datetime | None]  # How many, and since when the longest.
WORK: Final[Mapping[str, tuple[Table, Any, Any]]] = {
    "recordings": (messages, messages.c.state == "wanted", messages.c.created_at),
    "texts": (texts, texts.c.state.in_(UNSENT), texts.c.created_at),
    "digest": (calls, UNDIGESTED, calls.c.ended_at),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Calls going on, agents by state, who waits in line by queue and kind, and which work waits."""

    calls: int
    agents: Mapping[str, int]
    line: Mapping[tuple[str, str], Waits]
    work: Mapping[str, Waits]


def standing(engine: Engine, at: datetime) -> Standing:
    """Return how things stand at this moment; raise StoreError where that cannot be known."""
    with snapshot(engine) as connection:
        recent = calls.c.started_at > at - LASTS
        going = connection.scalar(select(func.count()).select_from(calls).where(GOING_ON, recent)) or 0
        states = connection.execute(select(agents.c.state, func.count()).group_by(agents.c.state))
        return Standing(going, dict(states.all()), _line(connection), _work(connection))


def unusable(engine: Engine) -> str:
    """Return why a database that answers is of no use, "" where it is; raise StoreError where it does not answer."""
    with opened(engine) as connection:
        if not (found := level(connection)).usable:
            return f"the database is at {found.found or 'no'} migration, this release at {head()}"
    return ""


def _line(connection: Connection) -> dict[tuple[str, str], Waits]:
    waits = OPEN & (line.c.state != "talking")
    columns = (line.c.queue, line.c.kind, func.count(), func.min(line.c.joined_at))
    rows = connection.execute(select(*columns).where(waits).group_by(line.c.queue, line.c.kind))
    return {(queue, kind): (many, first) for queue, kind, many, first in rows}


def _work(connection: Connection) -> dict[str, Waits]:
    found = {}
    for name, (table, waits, since) in WORK.items():
        many, first = connection.execute(select(func.count(), func.min(since)).select_from(table).where(waits)).one()
        found[name] = (many, first)
    return found
