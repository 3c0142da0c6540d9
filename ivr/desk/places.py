"""A place in the line as the desk reads it, and how rows are moved from state to state."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, Table, select, update

from ivr.desk.line import Entry
from ivr.store.desk_tables import line

OPEN: Final = ("waiting", "offered", "talking")
# What the order asks of a place: the line may be long, so no more is read.
STANDING: Final = ("id", "kind", "since", "rank", "queue", "language", "joined_at", "front", "missed_by", "wants")
NEEDED: Final = (*STANDING, "level", "owner", "call_id", "matter")


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody in the line, on the phone, to be rung back or to be listened to; also when it is over."""

    id: str
    kind: str
    call_id: str
    caller_hash: str
    queue: str
    language: str
    matter: str
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


def places() -> Select[Any]:
    """Return the query for places."""
    return select(*(line.c[one.name] for one in fields(Place)))


def entry(row: RowMapping) -> Entry:
    """Return how a row stands in the line."""
    needs = {f"queue:{row['queue']}", f"language:{row['language']}"}
    if row["wants"]:
        needs.add(f"agent:{row['wants']}")
    if row["owner"]:
        needs.add(f"owner:{row['owner']}")
    if row["level"] > 1:
        needs.add(f"level:{row['level']}")
    kind = row["kind"]
    missed = frozenset(json.loads(row["missed_by"])) if row["missed_by"] else frozenset[str]()
    return Entry(row["id"], kind, row["since"], row["rank"], frozenset(needs), row["joined_at"], row["front"], missed)


def one(connection: Connection, table: Table, where: Any) -> Any:
    """Return the one row there is, or None."""
    return connection.execute(select(table).where(where)).mappings().first()


def move(connection: Connection, table: Table, key: str, before: str, after: str, **told: Any) -> bool:
    """Move a row from one state to another; False where it is in another state by now."""
    changed = update(table).where(table.c.id == key, table.c.state == before).values(state=after, **told)
    return connection.execute(changed).rowcount == 1
