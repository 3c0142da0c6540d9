"""The statements that change the line as calls go on: run for each turn, so each is prepared once."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Select, String, Table, and_, bindparam, case, func, literal_column, select, update

from ivr.store.desk_tables import ON, agents, by_state, line, promises
from ivr.store.queueing import URGENT
from ivr.store.tables import Insert, Moment, calls

NORMAL: Final = 3
Maker = Callable[[Table], Insert]


def joining() -> Any:
    """Return the statement to join the line, which notes how many stand before and how many agents are on.

    Whoever left it without having talked to anybody in the last ten minutes has the old place; whom somebody who
    talked with them sent on stands where they stood.
    """
    talked = _states("done", "talking")
    before = (line.c.call_id == bindparam("call")) & (line.c.kind == "call") & line.c.state.in_(talked)
    front = select(func.min(func.coalesce(line.c.front, line.c.since))).where(before).scalar_subquery()
    return line.insert().values(
        **_standing("call"),
        rank=bindparam("rank"),
        since=func.coalesce(_redialled(), _now()),
        wants=bindparam("wants", type_=String),
        level=bindparam("level"),
        router=bindparam("router"),
        front=front,
        ahead=_count(
            line,
            line.c.state == "waiting",
            line.c.kind != "message",
            line.c.queue == bindparam("queue"),
            line.c.rank <= _rank(),
        ),
        agents_on=_count(
            agents,
            agents.c.state.in_(_states(*ON)),
            agents.c.skills.like(bindparam("serves")),
            agents.c.skills.like(bindparam("speaks")),
        ),
    )


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
    values = _standing("callback") | told | {"rank": _ranked(), "since": func.coalesce(place, _now())}
    return insert(line).values(**values, due_at=bindparam("due", type_=Moment)).on_conflict_do_nothing()


def messaging(insert: Maker) -> Any:
    """Return the statement that puts a message in the line, where it counts as having come when it is due."""
    due = bindparam("due", type_=Moment)
    told: dict[str, Any] = {name: bindparam(name) for name in ("recording", "level")}
    values = _standing("message") | told | {"rank": func.coalesce(_rank(), _heard()), "since": due}
    return insert(line).values(**values, due_at=due).on_conflict_do_nothing()


def promising(insert: Maker) -> Any:
    """Return the statement that writes down what somebody in line was told."""
    return insert(promises).on_conflict_do_nothing()


def _standing(kind: str) -> dict[str, Any]:
    """Return what every place in the line has."""
    named: dict[str, Any] = {name: bindparam(name) for name in ("queue", "language", "matter", "mark")}
    hashed = func.coalesce(_hashed(), "")
    about = {"id": bindparam("line_id"), "kind": kind, "call_id": bindparam("call"), "caller_hash": hashed}
    return about | named | {"joined_at": _now(), "state": "waiting"}


def _hashed() -> Any:
    # Who withholds the number has none by which to be known again.
    known = calls.c.caller_last4 != ""
    return select(calls.c.caller_hash).where(calls.c.id == bindparam("call"), known).scalar_subquery()


def _redialled() -> Any:
    theirs = and_(line.c.caller_hash == _hashed(), line.c.caller_hash != "", line.c.kind == "call")
    left = and_(line.c.state == "left", line.c.queue == bindparam("queue"))
    lately = line.c.ended_at >= bindparam("lately", type_=Moment)
    return select(func.min(line.c.since)).where(theirs, left, lately).scalar_subquery()


def _had() -> Any:
    mine = (line.c.call_id == bindparam("call")) & (line.c.kind == "call")
    return mine & (line.c.queue == bindparam("queue"))


def _ranked() -> Any:
    """Return the rank that the call had in line, or the normal one."""
    return func.coalesce(select(func.min(line.c.rank)).where(_had()).scalar_subquery(), literal_column(str(NORMAL)))


def _heard() -> Any:
    # Nobody waits on the phone until a message is heard, so it never goes before everybody who does.
    return case((_ranked() < URGENT, literal_column(str(URGENT))), else_=_ranked())


def _count(table: Table, *where: Any) -> Any:
    counted: Select[Any] = select(func.count()).select_from(table).where(*where)
    return (by_state(counted) if table is line else counted).scalar_subquery()


def _now() -> Any:
    return bindparam("now", type_=Moment)


def _rank() -> Any:
    return bindparam("rank", type_=line.c.rank.type)


def _states(*states: str) -> list[Any]:
    # Words of the statement itself: a list of values would be counted out only when it runs.
    return [literal_column(f"'{state}'", String) for state in states]
