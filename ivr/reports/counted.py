"""The calls behind a figure of a report: the very rows that its measure counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Select, func, select, tuple_

from ivr.reports.facts import STEP
from ivr.reports.measures import CUTS, MEASURES
from ivr.reports.report import Counted
from ivr.reports.ways import passing
from ivr.store.engine import opened
from ivr.store.fact_tables import facts, stays

PLACE: Final = "place"
VERSION: Final = re.compile(r"[0-9]{1,9}")
After = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A call, or one of its stays in line: when it began, and what it came to; seconds are whole ones."""

    at: datetime
    id: str
    call_id: str
    caller_last4: str
    matter: str
    queue: str
    agent: str
    waited: int
    talked: int
    result: str
    code: str
    score: int | None


OF: Final[dict[str, tuple[Any, ...]]] = {
    "stays": (
        *(stays.c.joined_at, stays.c.line, stays.c.call_id, facts.c.caller_last4, stays.c.matter, stays.c.queue),
        *(stays.c.agent, stays.c.waited, stays.c.talked, stays.c.result, stays.c.code, stays.c.score),
    ),
    "facts": (
        *(facts.c.started_at, facts.c.call_id, facts.c.call_id, facts.c.caller_last4, facts.c.matter, facts.c.queue),
        *(facts.c.agent, facts.c.waited, facts.c.talked, facts.c.outcome, facts.c.code, facts.c.score),
    ),
}


def known(counted: Counted) -> bool:
    """Return whether there are such a measure and such a cut, and its key may be one."""
    if counted.cut == PLACE:
        version = VERSION.fullmatch(counted.key.partition(STEP)[0])
        return counted.table == "facts" and counted.measure in passing("") and bool(version)
    cut = CUTS.get(counted.cut)
    fits = not counted.cut or (cut is not None and cut.table.name == counted.table)
    return fits and counted.measure in MEASURES.get(counted.table, {})


def page(engine: Engine, counted: Counted, after: After | None, most: int) -> list[Row]:
    """Return so many of them, the newest first, which come after this one (its moment and its id)."""
    columns = OF[counted.table]
    query = _where(select(*columns).select_from(_joined(counted.table)), counted)
    if after:
        query = query.where(tuple_(columns[0], columns[1]) < tuple_(*after))
    with opened(engine) as connection:
        rows = connection.execute(query.order_by(columns[0].desc(), columns[1].desc()).limit(most))
        return [Row(*row) for row in rows]


def count(engine: Engine, counted: Counted, most: int) -> int:
    """Return how many there are; `most` + 1 for more than that."""
    table = {"stays": stays, "facts": facts}[counted.table]
    query = _where(select(table.c.call_id), counted).limit(most + 1)
    with opened(engine) as connection:
        return connection.scalar(select(func.count()).select_from(query.subquery())) or 0


def again(engine: Engine, calls: Sequence[str]) -> dict[str, int]:
    """Return how many seconds after each of these calls the same number rang once more, where it did."""
    query = select(facts.c.call_id, facts.c.again).where(facts.c.call_id.in_(calls), facts.c.again.is_not(None))
    with opened(engine) as connection:
        return {row.call_id: row.again for row in connection.execute(query)}


def _joined(table: str) -> Any:
    return stays.outerjoin(facts, facts.c.call_id == stays.c.call_id) if table == "stays" else facts


def _where(query: Select[Any], counted: Counted) -> Select[Any]:
    at = OF[counted.table][0]
    if counted.cut == PLACE:
        version, _, place = counted.key.partition(STEP)
        query = query.where(facts.c.version == int(version), passing(place)[counted.measure])
        return query.where(at >= counted.since, at < counted.until)
    found = query.where(MEASURES[counted.table][counted.measure].where, at >= counted.since, at < counted.until)
    return found.where(CUTS[counted.cut].key == counted.key) if counted.cut else found
