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
    whose = func.coalesce(line.c.agent, line.c.done_by)
    theirs = and_(wrapups.c.line == line.c.id, wrapups.c.agent == whose)
    columns = (
        line.c.call_id,
        line.c.state,
        line.c.missed_by,
        line.c.answered_back,
        line.c.done_by,
        *(line.c[name] for name in COLUMNS),
    )
    wrap = (func.coalesce(wrapups.c.code, "").label("code"), wrapups.c.note, wrapups.c.at)
    return select(*columns, *wrap).select_from(line.outerjoin(wrapups, theirs))


def _stay(row: Any, promised: tuple[datetime, int, int] | None) -> Stay:
    answered = _answered(row)
    # What becomes of work that is not done yet, or in vain, nobody tells.
    over = row.kind == "call" or answered
    return Stay(
        line=row.id,
        kind=row.kind,
        queue=row.queue,
        language=row.language,
        matter=row.matter,
        joined_at=row.joined_at,
        answered_at=answered,
        ended_at=row.ended_at if over else None,
        agent=(answered and (row.done_by if row.kind == "message" else row.agent)) or "",
        code=row.code,
        note=row.note or "",
        wrapped_at=row.at,
        missed=len(json.loads(row.missed_by)) if over and row.missed_by else 0,
        promised=promised,
    )


def _answered(row: Any) -> datetime | None:
    """Return when somebody talked with who stood there, or turned to their message; None where that is not over.

    Whoever left was not talked with, though a talk may have been given back before. A customer who was rung back
    pressed a key; a message may be done with by hand.
    """
    done = row.state == "done" and (row.answered_back if row.kind == "callback" else True)
    at: datetime | None = row.answered_at or (row.ended_at if row.kind == "message" else None)
    return at if done else None


def _promised(connection: Connection, found: Sequence[str]) -> dict[str, tuple[datetime, int, int]]:
    """Return the first range told in each place in line of these calls."""
    columns = (promises.c.line, promises.c.at, promises.c.low, promises.c.high)
    query = select(*columns).join(line, line.c.id == promises.c.line).where(line.c.call_id.in_(found))
    rows = connection.execute(query.order_by(promises.c.at.desc()))
    return {row.line: (row.at, row.low, row.high) for row in rows}
