"""Where calls stood in line, as the desk's tables have it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from ivr.reports.facts import Stay
from ivr.store.desk_tables import line, promises, wrapups

COLUMNS: Final = ("id", "kind", "queue", "language", "matter", "joined_at", "answered_at", "ended_at", "agent")


def of_calls(connection: Connection, found: Sequence[str]) -> dict[str, list[Stay]]:
    """Return the stays of each of these calls, in order."""
    stays: dict[str, list[Stay]] = {}
    told = _promised(connection, found)
    for row in connection.execute(_query().where(line.c.call_id.in_(found)).order_by(line.c.joined_at, line.c.id)):
        stays.setdefault(row.call_id, []).append(_stay(row, told.get(row.id)))
    return stays


def _query() -> Select[Any]:
    theirs = and_(wrapups.c.line == line.c.id, wrapups.c.agent == line.c.agent)
    columns = (line.c.call_id, line.c.state, line.c.missed_by, *(line.c[name] for name in COLUMNS))
    wrap = (func.coalesce(wrapups.c.code, "").label("code"), wrapups.c.note, wrapups.c.at)
    return select(*columns, *wrap).select_from(line.outerjoin(wrapups, theirs))


def _stay(row: Any, promised: tuple[datetime, int, int] | None) -> Stay:
    # Whoever left was not talked with, though a talk may have been given back before.
    answered = row.answered_at if row.state in ("talking", "done") else None
    return Stay(
        line=row.id,
        kind=row.kind,
        queue=row.queue,
        language=row.language,
        matter=row.matter,
        joined_at=row.joined_at,
        answered_at=answered,
        ended_at=row.ended_at,
        agent=(answered and row.agent) or "",
        code=row.code,
        note=row.note or "",
        wrapped_at=row.at,
        missed=len(json.loads(row.missed_by)) if row.missed_by else 0,
        promised=promised,
    )


def _promised(connection: Connection, found: Sequence[str]) -> dict[str, tuple[datetime, int, int]]:
    """Return the first range told in each place in line of these calls."""
    columns = (promises.c.line, promises.c.at, promises.c.low, promises.c.high)
    query = select(*columns).join(line, line.c.id == promises.c.line).where(line.c.call_id.in_(found))
    rows = connection.execute(query.order_by(promises.c.at.desc()))
    return {row.line: (row.at, row.low, row.high) for row in rows}
