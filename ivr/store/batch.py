"""The statements that write down turns: several calls' turns in one transaction, each turn at most once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, update

from ivr.flow import record
from ivr.flow.events import Heard
from ivr.flow.inputs import Recorded
from ivr.store import queueing
from ivr.store.crypto import Cipher, last4
from ivr.store.entries import Entry, Start
from ivr.store.messages import left, upsert
from ivr.store.tables import INSERT, calls, turns

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """One turn as rows: the turn itself, the call's new row or its changes, and the message left, if any."""

    call_id: str
    turn: Row
    start: Row | None
    state: Row
    messages: tuple[Row, ...]
    line: tuple[queueing.Change, ...] = ()


def rows(entry: Entry, cipher: Cipher) -> Rows:
    """Return the rows that write down this entry; raise ValueError where no event says when it happened."""
    at = entry.call.at
    if at is None:
        raise ValueError("a turn without a Heard has no time to be written down under")
    turn = {"call_id": entry.call_id, "turn": entry.turn, "asked": entry.asked, "at": at}
    state = _state(entry, at)
    return Rows(
        entry.call_id,
        turn | {"events": record.write(entry.events)},
        _started(entry.call_id, entry.start, at, cipher) | state if entry.start else None,
        {f"new_{name}": value for name, value in state.items()} | {"call_id": entry.call_id},
        tuple(left(entry, recorded, at) for recorded in _recorded(entry)),
        queueing.changes(entry, at),
    )


def write(connection: Connection, batch: Sequence[Rows]) -> set[str]:
    """Write these turns, at most one of each call; return the ids of the calls whose turn was not yet taken.

    The caller commits. The order is by call in each table, so that two processes cannot wait for each other in a ring.
    """
    batch = sorted(batch, key=lambda rows: rows.call_id)
    statements = _statements(connection.dialect.name)
    if starts := [rows.start for rows in batch if rows.start]:
        connection.execute(statements.start, starts)
    taken = set(connection.scalars(statements.turn, [rows.turn for rows in batch]))
    ours = [rows for rows in batch if rows.call_id in taken]
    if states := [rows.state for rows in ours if not rows.start]:
        connection.execute(statements.state, states)
    if left := [message for rows in ours for message in rows.messages]:
        connection.execute(statements.message, left)
    for change in (change for rows in ours for change in rows.line):
        connection.execute(*change)
    return taken


@dataclass(frozen=True, slots=True)
class _Statements:
    start: Any
    turn: Any
    state: Any
    message: Any


@cache
def _statements(dialect: str) -> _Statements:
    insert = INSERT[dialect]
    return _Statements(
        start=insert(calls).on_conflict_do_nothing(),
        turn=insert(turns).on_conflict_do_nothing().returning(turns.c.call_id),
        state=_change(),
        message=upsert(dialect),
    )


def _change() -> Any:
    # A call ends once: what comes after its end may move its turn on, but neither its outcome nor its time.
    once = {name: func.coalesce(calls.c[name], bindparam(f"new_{name}")) for name in ("outcome", "ended_at")}
    moved: dict[str, Any] = {
        name: bindparam(f"new_{name}") for name in ("turn", "place", "language", "matter", "queue")
    }
    return update(calls).where(calls.c.id == bindparam("call_id")).values(moved | once)


def _state(entry: Entry, at: datetime) -> Row:
    call = entry.call
    return {
        "turn": call.turn,
        "place": call.node,
        "language": call.language,
        "matter": call.facts.get("matter", ""),
        "queue": call.facts.get("queue", ""),
        "outcome": call.ended or None,
        "ended_at": at if call.ended else None,
    }


def _started(call_id: str, start: Start, at: datetime, cipher: Cipher) -> Row:
    return {
        "id": call_id,
        "version": start.version,
        "caller": start.caller,
        "caller_hash": cipher.hash(start.caller),
        "caller_last4": last4(start.caller),
        "called": "".join(letter for letter in start.called if letter.isprintable()),
        "greeted": start.language,
        "started_at": at,
    }


def _recorded(entry: Entry) -> list[Recorded]:
    heard = [event.input for event in entry.events if isinstance(event, Heard)]
    return [told for told in heard if isinstance(told, Recorded)]
