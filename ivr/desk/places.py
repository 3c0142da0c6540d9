"""A place in the line as the desk reads it, and how rows are moved from state to state."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select, update

from ivr.desk.line import NOBODY, Entry
from ivr.store.desk_tables import line
from ivr.store.tables import calls

OPEN: Final = ("waiting", "offered", "talking")
# What the order asks of a place, in the order in which `entry` takes it: the line may be long, so no more is read.
STANDING: Final = (
    *("id", "kind", "since", "rank", "joined_at", "front", "missed_by"),
    *("queue", "language", "wants", "owner", "level"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody in the line, on the phone, to be rung back or to be listened to; also when it is over.

    `mark` is the place in the menus of the words for what the caller is in, "" for nothing that agents are told of.
    `last4` are the last digits of the number that called, "" where that is withheld.
    """

    id: str
    kind: str
    call_id: str
    caller_hash: str
    queue: str
    language: str
    matter: str
    mark: str
    rank: int
    since: datetime
    joined_at: datetime
    state: str
    agent: str | None
    offer: str | None
    leg: str | None
    offered_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wants: str | None
    level: int
    router: str
    number: str | None
    tries: int
    not_before: datetime | None
    answered_back: bool
    recording: str | None
    held: bool
    record: str
    paused_until: datetime | None
    owner: str | None
    due_at: datetime | None
    done_by: str | None
    closed_code: str | None
    last4: str


def places() -> Select[Any]:
    """Return the query for places."""
    columns = (line.c[one.name] for one in fields(Place) if one.name != "last4")
    last4 = func.coalesce(calls.c.caller_last4, "").label("last4")
    return select(*columns, last4).select_from(line.outerjoin(calls, calls.c.id == line.c.call_id))


def standings() -> Select[Any]:
    """Return the query for how places stand in the line."""
    return select(*(line.c[name] for name in STANDING))


def entry(row: Sequence[Any]) -> Entry:
    """Return how somebody stands in the line, from a row of `standings`."""
    name, kind, since, rank, joined, front, missed_by, *wanted = row
    missed = frozenset(json.loads(missed_by)) if missed_by else NOBODY
    return Entry(name, kind, since, rank, _needs(*wanted), joined, front, missed)


@lru_cache(maxsize=1024)
def _needs(queue: str, language: str, wants: str | None, owner: str | None, level: int) -> frozenset[str]:
    if owner:  # Whoever took it knows why.
        return frozenset({f"owner:{owner}"})
    named = {f"agent:{wants}"} if wants else set()
    high = {f"level:{level}"} if level > 1 else set()
    # A message may be left before it is known whose it is: then it is anybody's.
    ours = [f"queue:{queue}"] if queue else []
    return frozenset({*ours, f"language:{language}", *named, *high})


def one(connection: Connection, table: Table, where: Any) -> Any:
    """Return the one row there is, or None."""
    return connection.execute(select(table).where(where)).mappings().first()


def call_first(connection: Connection, place: str) -> None:
    """Hold the call of a place before the place, in the order in which turns are written.

    Else, in PostgreSQL, either could wait for what the other holds.
    """
    theirs = select(line.c.call_id).where(line.c.id == place).scalar_subquery()
    connection.execute(select(calls.c.id).where(calls.c.id == theirs).with_for_update())


def move(connection: Connection, table: Table, key: str, before: str, after: str, **told: Any) -> bool:
    """Move a row from one state to another; False where it is in another state by now."""
    changed = update(table).where(table.c.id == key, table.c.state == before).values(state=after, **told)
    return connection.execute(changed).rowcount == 1
