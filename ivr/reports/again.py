"""Notes which callers rang again, and how long after the end of their call."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, or_, select, update

from ivr.reports.facts import seconds
from ivr.store.fact_tables import facts
from ivr.store.tables import Moment

_other: Final = facts.alias("other")
_theirs: Final = _other.c.caller_hash == facts.c.caller_hash
_before: Final = select(func.max(_other.c.started_at)).where(_theirs, _other.c.started_at < facts.c.started_at)
_next: Final = select(func.min(_other.c.started_at)).where(
    _theirs, _other.c.started_at >= facts.c.ended_at, _other.c.call_id != facts.c.call_id
)
_at: Final = facts.c.started_at
# Made once, as making them takes longer than asking.
NEIGHBOURS: Final = select(
    facts.c.call_id,
    facts.c.caller_hash,
    facts.c.started_at,
    _before.correlate(facts).scalar_subquery().label("before"),
    _next.correlate(facts).scalar_subquery().label("next"),
).where(facts.c.caller_last4 != "", facts.c.call_id.in_(bindparam("calls", expanding=True)))
CHANGED: Final = select(
    facts.c.call_id, _at, facts.c.ended_at, facts.c.again, _next.correlate(facts).scalar_subquery().label("next")
).where(
    facts.c.caller_hash == bindparam("caller"),
    or_(
        facts.c.call_id == bindparam("call"),
        facts.c.ended_at.between(bindparam("before", type_=Moment), bindparam("at", type_=Moment)),
    ),
)
NOTED: Final = update(facts).where(facts.c.call_id == bindparam("call")).values(again=bindparam("gap"))


def linked(connection: Connection, calls: Sequence[str]) -> Iterator[datetime]:
    """Note how long after the end of these calls their callers rang again, and after which ends these were the next.

    Yield the moments at which the calls began of which that was not known. Who rings while another call of the number
    goes on, as from a company's exchange, does not ring again by that.
    """
    for one in connection.execute(NEIGHBOURS, {"calls": calls}).all():
        if one.before is None and one.next is None:
            continue  # As most are.
        # The next ringing after an end can be this only where none was between them.
        known = {"caller": one.caller_hash, "call": one.call_id, "at": one.started_at}
        for ended in connection.execute(CHANGED, known | {"before": one.before or one.started_at}).all():
            gap = round(seconds(ended.ended_at, ended.next)) if ended.next else None
            if ended.again != gap:
                connection.execute(NOTED, {"call": ended.call_id, "gap": gap})
                yield ended.started_at
