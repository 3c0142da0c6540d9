"""The statements that change the line as calls go on: run for each turn, so each is prepared once."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    Executable,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    case,
    column,
    func,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from ivr.store.desk_tables import ON, PLAIN, SPECIAL, agents, line, promises
from ivr.store.queueing import URGENT
from ivr.store.tables import Insert, Moment, calls

NORMAL: Final = 3
# What is told of whoever joins.
JOINS: Final[Sequence[ColumnClause[Any]]] = (
    *(column(name, String) for name in ("line_id", "call", "queue", "language", "matter", "mark")),
    *(column(name, Moment()) for name in ("now", "lately")),
    *(column(name, String) for name in ("wants", "router")),
    *(column(name, Integer) for name in ("rank", "level", "ahead", "agents_on")),
)
Maker = Callable[[Table], Insert]


def standing() -> Any:
    """Return the query of how many wait at each rank of a queue, and how many agents have the same skills.

    The latter have no rank. It is asked once for all who join at one moment. Of all who wait, SQLite reads only the few
    that have anything special about them and counts the rest in an index, as the line may be long; PostgreSQL chooses.
    """
    many = select(line.c.queue, line.c.rank, func.count()).where(line.c.kind != "message")
    waiting = [
        many.where(here).with_hint(line, f"INDEXED BY {index}", "sqlite").group_by(line.c.queue, line.c.rank)
        for index, here in (("ix_line_plain", PLAIN), ("ix_line_special", SPECIAL))
    ]
    there = select(agents.c.skills, null(), func.count()).where(agents.c.state.in_(_states(*ON)))
    return union_all(*waiting, there.group_by(agents.c.skills))


def joining(told: Select[Any]) -> Executable:
    """Return the statement to join the line.

    Whoever left it without having talked to anybody in the last ten minutes has the old place; whom somebody who
    talked with them sent on stands where they stood.
    """
    new = told.subquery("new")
    talked = (line.c.call_id == new.c.call) & (line.c.kind == "call") & line.c.state.in_(_states("done", "talking"))
    values = _standing("call", new.c.__getitem__) | {
        "since": func.coalesce(_redialled(new), new.c.now),
        "front": select(func.min(func.coalesce(line.c.front, line.c.since))).where(talked).scalar_subquery(),
        **{name: new.c[name] for name in ("rank", "wants", "level", "router", "ahead", "agents_on")},
    }
    return line.insert().from_select(list(values), select(*values.values()))


def leaving() -> Any:
    """Return the statement to leave the line, however far the caller came in it."""
    here = _states("waiting", "offered", "talking")
    talked = line.c.state == here[-1]
    return (
        update(line)
        .where(line.c.call_id == bindparam("call"), line.c.kind == "call", line.c.state.in_(here))
        .values(
            state=case((talked, "done"), else_="left"),
            ended_at=_now(),
            done_by=case((talked, line.c.agent), else_=None),
        )
    )


def backing(insert: Maker) -> Any:
    """Return the statement to be rung back: from the place the caller had; once a number, as long as it is open."""
    place = select(func.min(line.c.since)).where(_had()).scalar_subquery()
    told = {name: bindparam(name, type_=String) for name in ("number", "number_hash")}
    values = _standing("callback", bindparam) | told | {"rank": _ranked(), "since": func.coalesce(place, _now())}
    return insert(line).values(**values, due_at=bindparam("due", type_=Moment)).on_conflict_do_nothing()


def messaging(insert: Maker) -> Any:
    """Return the statement that puts a message in the line, where it counts as having come when it is due."""
    due = bindparam("due", type_=Moment)
    told: dict[str, Any] = {name: bindparam(name) for name in ("recording", "level")}
    rank = bindparam("rank", type_=line.c.rank.type)
    values = _standing("message", bindparam) | told | {"rank": func.coalesce(rank, _heard()), "since": due}
    return insert(line).values(**values, due_at=due).on_conflict_do_nothing()


def promising(insert: Maker) -> Any:
    """Return the statement that writes down what somebody in line was told."""
    return insert(promises).on_conflict_do_nothing()


def _standing(kind: str, told: Callable[[str], Any]) -> dict[str, Any]:
    """Return what every place in the line has."""
    named = {name: told(name) for name in ("queue", "language", "matter", "mark")}
    about = {"id": told("line_id"), "kind": literal_column(f"'{kind}'", String), "call_id": told("call")}
    begun = {"joined_at": told("now"), "state": literal_column("'waiting'", String)}
    return about | named | begun | {"caller_hash": func.coalesce(_hashed(told("call")), "")}


def _hashed(call: Any) -> Any:
    # Who withholds the number has none by which to be known again.
    known = select(calls.c.caller_hash).where(calls.c.id == call, calls.c.caller_last4 != "")
    return known.correlate_except(calls).scalar_subquery()


def _redialled(new: FromClause) -> Any:
    theirs = line.c.caller_hash == _hashed(new.c.call), line.c.caller_hash != "", line.c.kind == "call"
    # To what nothing is added there is an index: in a young database, PostgreSQL takes that of all who ever left.
    left = line.c.state.concat("") == "left", line.c.queue.concat("") == new.c.queue
    return select(func.min(line.c.since)).where(*theirs, *left, line.c.ended_at >= new.c.lately).scalar_subquery()


def _had() -> Any:
    mine = (line.c.call_id == bindparam("call")) & (line.c.kind == "call")
    return mine & (line.c.queue == bindparam("queue"))


def _ranked() -> Any:
    """Return the rank that the call had in line, or the normal one."""
    return func.coalesce(select(func.min(line.c.rank)).where(_had()).scalar_subquery(), literal_column(str(NORMAL)))


def _heard() -> Any:
    # Nobody waits on the phone until a message is heard, so it never goes before everybody who does.
    return case((_ranked() < URGENT, literal_column(str(URGENT))), else_=_ranked())


def _now() -> Any:
    return bindparam("now", type_=Moment)


def _states(*states: str) -> list[Any]:
    # Words of the statement itself: a list of values would be counted out only when it runs.
    return [literal_column(f"'{state}'", String) for state in states]
