"""The statements that write down turns: several calls' turns in one transaction, each turn at most once."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Dialect,
    Select,
    Table,
    Update,
    case,
    false,
    func,
    literal_column,
    select,
    update,
)

from ivr.flow import record
from ivr.flow.events import Heard
from ivr.flow.inputs import Recorded
from ivr.store import line_statements, queueing, texts
from ivr.store.crypto import Cipher, last4
from ivr.store.entries import Entry, Start
from ivr.store.messages import left, upsert
from ivr.store.prepared import Joint, Many, Prepared, given_row, given_rows, moment, prepare, prepare_many
from ivr.store.tables import INSERT, Insert, calls, turns
from ivr.value import value

Row = dict[str, Any]
UNCHANGED: Final = queueing.Change(None, None, None, None, None)
STATE: Final = ("turn", "place", "language", "matter", "queue", "outcome", "ended_at", "score")
STATES: Final = [calls.c.id, *(calls.c[name] for name in STATE)]


@value
class Rows:
    """One turn as rows: the turn itself, the call's new row or its changes, and what was left or is to be sent."""

    call_id: str
    turn: Row
    start: Row | None
    state: Row
    messages: tuple[Row, ...]
    texts: tuple[Row, ...]
    line: queueing.Change


def rows(entry: Entry, cipher: Cipher) -> Rows:
    """Return the rows that write down this entry; raise ValueError where no event says when it happened."""
    at = entry.call.at
    if at is None:
        raise ValueError("a turn without a Heard has no time to be written down under")
    kept, events = moment(at), cipher.seal(record.write(entry.events))
    return Rows(
        entry.call_id,
        {"call_id": entry.call_id, "turn": entry.turn, "asked": entry.asked, "at": kept, "events": events},
        _started(entry, entry.start, kept, cipher) if entry.start else None,
        {"id": entry.call_id, **_state(entry, kept)},
        tuple(left(entry, recorded, at) for recorded in _recorded(entry)),
        texts.rows(entry, at, cipher),
        queueing.change(entry, at, cipher),
    )


def write(connection: Connection, batch: Sequence[Rows]) -> set[str]:
    """Write these turns, at most one of each call; return the ids of the calls whose turn was not yet taken.

    The caller commits; PostgreSQL's connection commits each statement by itself, so that most turns are one question.
    The order is by call in each table, so that two processes cannot wait for each other in a ring.
    """
    batch = sorted(batch, key=lambda rows: rows.call_id)
    statements = _statements(connection.dialect)
    ours = statements.turns(connection, batch)
    if left := [message for rows in ours for message in rows.messages]:
        connection.execute(statements.message, left)
    if sent := [text for rows in ours for text in rows.texts]:
        connection.execute(statements.text, sent)
    _line(connection, statements, [rows.line for rows in ours])
    return {rows.call_id for rows in ours}


@dataclass(frozen=True, slots=True)
class _OneByOne:
    """How SQLite writes turns."""

    start: Prepared
    turn: Prepared
    state: Prepared

    def __call__(self, connection: Connection, batch: Sequence[Rows]) -> Sequence[Rows]:
        """Write these turns and their calls; return those whose turn was not yet taken."""
        self._start(connection, batch)
        ours = batch
        if self.turn.run(connection, [rows.turn for rows in batch]) < len(batch):
            connection.rollback()  # Some turn is taken. Which one only shows when each is written alone.
            self._start(connection, batch)
            ours = [rows for rows in batch if self.turn.run(connection, [rows.turn])]
        if states := [rows.state for rows in ours if not rows.start]:
            self.state.run(connection, states)
        return ours

    def _start(self, connection: Connection, batch: Sequence[Rows]) -> None:
        if starts := [rows.start for rows in batch if rows.start]:
            self.start.run(connection, starts)


@dataclass(frozen=True, slots=True)
class _Jointly:
    """How PostgreSQL writes turns: all in one statement, which a server in another process is asked but once."""

    one: Joint

    def __call__(self, connection: Connection, batch: Sequence[Rows]) -> Sequence[Rows]:
        """As for SQLite."""
        if any(rows.messages or rows.texts or rows.line != UNCHANGED for rows in batch):
            connection.exec_driver_sql("BEGIN")
        taken = self.one.run(
            connection,
            starts=[rows.start for rows in batch if rows.start],
            turns=[rows.turn for rows in batch],
            states=[rows.state for rows in batch if not rows.start],
        )
        return batch if len(taken) == len(batch) else [rows for rows in batch if rows.call_id in taken]


def _line(connection: Connection, statements: "_Statements", changes: Sequence[queueing.Change]) -> None:
    if leave := [change.leave for change in changes if change.leave]:
        statements.leave.run(connection, leave)
    if join := [change.join for change in changes if change.join]:
        statements.join.run(connection, _placed(join, statements.standing.read(connection)))
    if back := [change.back for change in changes if change.back]:
        # By number, for the same reason: two processes may have the same ones to ring back.
        statements.back.run(connection, sorted(back, key=lambda row: str(row["number_hash"])))
    if heard := [change.message for change in changes if change.message]:
        statements.heard.run(connection, heard)
    if promise := [change.promise for change in changes if change.promise]:
        statements.promise.run(connection, promise)


def _placed(joins: Sequence[Row], standing: Iterable[tuple[str, int | None, int]]) -> Sequence[Row]:
    """Return those who join, one after the other, each with how many stand before and how many agents are on."""
    waiting, agents = Counter[tuple[str, int]](), list[tuple[str, int]]()
    for name, rank, count in standing:
        if rank is None:
            agents.append((name, count))
        else:
            waiting[name, rank] += count
    placed = []
    for row in joins:
        queue, rank = row["queue"], row["rank"]
        ahead = sum(count for (other, before), count in waiting.items() if other == queue and before <= rank)
        there = sum(count for skills, count in agents if row["serves"] in skills and row["speaks"] in skills)
        placed.append({**row, "ahead": ahead, "agents_on": there})
        waiting[queue, rank] += 1
    return placed


@dataclass(frozen=True, slots=True)
class _Statements:
    turns: _OneByOne | _Jointly
    leave: Prepared
    standing: Prepared
    join: Prepared | Many
    back: Prepared
    heard: Prepared
    promise: Prepared
    message: Any
    text: Any


@lru_cache(maxsize=8)
def _statements(dialect: Dialect) -> _Statements:
    insert = INSERT[dialect.name]
    return _Statements(
        turns=_jointly(dialect) if dialect.name == "postgresql" else _one_by_one(dialect),
        leave=prepare(line_statements.leaving(), dialect),
        standing=prepare(line_statements.standing(), dialect),
        join=prepare_many(line_statements.joining, line_statements.JOINS, dialect),
        back=prepare(line_statements.backing(insert), dialect),
        heard=prepare(line_statements.messaging(insert), dialect),
        promise=prepare(line_statements.promising(insert), dialect),
        message=upsert(dialect.name),
        text=texts.adding(dialect.name),
    )


def _one_by_one(dialect: Dialect) -> _OneByOne:
    """Return the three statements, each for one row."""
    added = (_added(INSERT["sqlite"], table, given_row(table.c)) for table in (calls, turns))
    return _OneByOne(*(prepare(made, dialect) for made in (*added, _changed(given_row(STATES)))))


def _jointly(dialect: Dialect) -> _Jointly:
    """Return the statement that does as those three do; each of its parts sees the tables as they were before it."""
    insert = INSERT["postgresql"]
    started = _added(insert, calls, given_rows(calls.c, "starts")).returning(calls.c.id).cte("started")
    # Calls first, as turns refer to them, and as SQLite and the releases before do it.
    begun = select(func.count()).select_from(started).scalar_subquery() >= 0
    taken = _added(insert, turns, given_rows(turns.c, "turns").where(begun))
    written = taken.returning(turns.c.call_id).cte("written")
    states = given_rows(STATES, "states")
    moved = _changed(states.where(states.selected_columns.id.in_(select(written.c.call_id)))).cte("moved")
    return _Jointly(Joint(prepare(select(written.c.call_id).add_cte(moved), dialect)))


def _added(insert: Callable[[Table], Insert], table: Table, rows: Select[Any]) -> Insert:
    return insert(table).from_select([one.name for one in table.c], rows).on_conflict_do_nothing()


def _changed(rows: Select[Any]) -> Update:
    """Return the statement that changes calls as their turns made them."""
    new = rows.cte("new")
    # A call ends once: what comes after its end may move its turn on, but neither its outcome nor its time. But who has
    # left a message has, also where it is told after the hang-up.
    gone = calls.c.outcome == literal_column("'hung-up'")
    once = {
        "outcome": case((gone, new.c.outcome), else_=func.coalesce(calls.c.outcome, new.c.outcome)),
        "ended_at": func.coalesce(calls.c.ended_at, new.c.ended_at),
    }
    # Also a turn after the end, as a message left in our lifeboat, has the call digested, or digested anew.
    changed = {name: new.c[name] for name in STATE} | once | {"digested": false()}
    return update(calls).where(calls.c.id == new.c.id).values(changed)


def _state(entry: Entry, at: str) -> Row:
    call = entry.call
    return {
        "turn": call.turn,
        "place": call.node,
        "language": call.language,
        "matter": call.facts.get("matter", ""),
        "queue": call.facts.get("queue", ""),
        "outcome": call.ended or None,
        "ended_at": at if call.ended else None,
        "score": int(score) if (score := call.facts.get("score", "")).isdecimal() else None,
    }


def _started(entry: Entry, start: Start, at: str, cipher: Cipher) -> Row:
    return {
        "id": entry.call_id,
        "version": start.version,
        "caller": cipher.seal(start.caller),
        "caller_hash": cipher.hash(start.caller),
        "caller_last4": last4(start.caller),
        "called": "".join(letter for letter in start.called if letter.isprintable()),
        "greeted": start.language,
        "started_at": at,
        "digested": False,
        **_state(entry, at),
    }


def _recorded(entry: Entry) -> list[Recorded]:
    heard = (event.input for event in entry.events if isinstance(event, Heard))
    return [told for told in heard if isinstance(told, Recorded)]
