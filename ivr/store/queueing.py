"""How a call's turns show in the line: queued by the turn that says so, gone by the turn that ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import String, bindparam, case, func, literal_column, select, update

from ivr.flow.events import Ended, Heard, Waiting
from ivr.flow.inputs import LeftQueue
from ivr.flow.waits import Agent
from ivr.store.desk_tables import line
from ivr.store.entries import Entry
from ivr.store.prepared import moment
from ivr.store.tables import Moment, calls

REDIAL: Final = timedelta(minutes=10)
MOVED: Final = ("redirected", "redirected-from-bridged", "bridging-in-process")


@dataclass(frozen=True, slots=True)
class Change:
    """How a turn changes the line: whoever leaves it, and whoever joins it thereafter, as rows for the statements."""

    leave: dict[str, Any] | None
    join: dict[str, Any] | None


def change(entry: Entry, at: datetime) -> Change:
    """Return what keeps the line in step with this turn, in the same commit."""
    leave: dict[str, Any] | None = None
    join: dict[str, Any] | None = None
    for event in entry.events:
        match event:
            case Waiting(Agent(queue, priority), turn):
                join = _joining(entry, at, queue, priority, turn)
            case Ended() | Heard(LeftQueue()) if not _moved(event):
                leave = {"call": entry.call_id, "now": moment(at)}
    return Change(leave, join)


def _moved(event: object) -> bool:
    """Is the caller only elsewhere now? Then the line already says with whom they talk."""
    return isinstance(event, Heard) and isinstance(event.input, LeftQueue) and event.input.result in MOVED


def _joining(entry: Entry, at: datetime, queue: str, priority: int, turn: int) -> dict[str, Any]:
    return {
        "line_id": f"{entry.call_id}-{turn}",
        "call": entry.call_id,
        "queue": queue,
        "language": entry.call.language,
        "matter": entry.call.facts.get("matter", ""),
        "rank": priority,
        "now": moment(at),
        "lately": moment(at - REDIAL),
    }


def joining() -> Any:
    """Return the statement to join the line.

    Whoever left it without having talked to anybody in the last ten minutes has the old place.
    """
    # Who withholds the number has none by which to be known again.
    known = calls.c.caller_last4 != ""
    hashed = select(calls.c.caller_hash).where(calls.c.id == bindparam("call"), known).scalar_subquery()
    now = bindparam("now", type_=Moment)
    before = (
        select(func.min(line.c.since))
        .where(line.c.caller_hash == hashed, line.c.caller_hash != "", line.c.state == "left")
        .where(line.c.queue == bindparam("queue"), line.c.ended_at >= bindparam("lately", type_=Moment))
        .scalar_subquery()
    )
    return line.insert().values(
        id=bindparam("line_id"),
        kind="call",
        call_id=bindparam("call"),
        caller_hash=func.coalesce(hashed, ""),
        queue=bindparam("queue"),
        language=bindparam("language"),
        matter=bindparam("matter"),
        rank=bindparam("rank"),
        since=func.coalesce(before, now),
        joined_at=now,
        state="waiting",
    )


def leaving() -> Any:
    """Return the statement to leave the line, however far the caller came in it."""
    # Words of the statement itself: a list of values would be counted out only when it runs.
    here = [literal_column(f"'{state}'", String) for state in ("waiting", "offered", "talking")]
    return (
        update(line)
        .where(line.c.call_id == bindparam("call"), line.c.state.in_(here))
        .values(state=case((line.c.state == here[-1], "done"), else_="left"), ended_at=bindparam("now", type_=Moment))
    )
