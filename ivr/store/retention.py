"""What is over its time, and its deletion: a little at once, each with a proof in the audit log, both or neither."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, exists, func, not_, or_, select, update

from ivr.store.audit import Trail
from ivr.store.blocked import blocked
from ivr.store.desk_tables import cases, drafts, guests, line, promises, wrapups
from ivr.store.engine import opened
from ivr.store.fact_tables import facts, marks, stale, stays, tallies
from ivr.store.notices import notices
from ivr.store.tables import INSERT, calls, messages, turns
from ivr.store.texts import OPEN as UNSENT
from ivr.store.texts import texts
from ivr.store.transcripts import transcripts

BATCH: Final = 100  # Rows: while they are deleted, a SQLite file takes no turns.
WAITS: Final = ("waiting", "offered", "talking")
# The moments in whose order kinds go, which have an index.
ORDER: Final[Mapping[str, str]] = {
    **dict.fromkeys(("messages", "talks", "transcripts", "texts", "notices"), "created_at"),
    "calls": "started_at",
    "cases": "closed_at",
    "blocks": "at",
}
FROZEN: Final = "frozen"  # Tallies of a day of which calls are gone, which is never counted anew.
ACT: Final = "retention."  # How the acts of proofs begin; the kind follows.
WHO: Final = "retention"


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes kinds of data; `zone` is the hotline's."""

    engine: Engine
    trail: Trail
    zone: ZoneInfo

    def count(self, kind: str, until: datetime) -> int:
        """Return how many there are of a kind that are from before this moment, and may go."""
        table, _, over = _over(kind, until)
        with opened(self.engine) as connection:
            return int(connection.scalar(select(func.count()).select_from(table).where(over)) or 0)

    def over(self, kind: str, until: datetime, but: Collection[str] = ()) -> list[str]:
        """Return the ids of some of them, the oldest first; all but some that could not be deleted."""
        table, key, over = _over(kind, until)
        column = table.c[key]
        over = and_(over, column.not_in(but)) if but else over
        with opened(self.engine) as connection:
            if kind == "calls" and connection.scalar(select(stale.c.id).where(stale.c.of < until).limit(1)):
                return []  # Those days are being counted yet.
            found = connection.scalars(
                select(column).where(over).order_by(table.c[ORDER[kind]], column).limit(BATCH)
            ).all()
        return [str(one) for one in found]

    def drop(self, kind: str, ids: Sequence[str], until: datetime) -> int:
        """Delete these and write the proof; return how many were still there, and may go."""
        with self.trail.beside() as (connection, tell):
            gone = self._gone(connection, kind, ids, until)
            if gone:
                proof = {"count": len(gone), "until": until.isoformat(), "sha256": digest(gone)}
                tell(WHO, ACT + kind, kind, "", **proof)
        return len(gone)

    def _gone(self, connection: Connection, kind: str, ids: Sequence[str], until: datetime) -> list[str]:
        table, key, over = _over(kind, until)
        theirs = and_(table.c[key].in_(ids), over)
        if kind == "transcripts":
            forgotten = update(messages).where(theirs).values(transcript=None)
            return list(connection.scalars(forgotten.returning(messages.c.id)))
        found = connection.scalars(select(table.c[key]).where(theirs)).all()
        if kind == "calls":
            self._freeze(connection, found)
        for child, column, parents in _below(kind, found):
            connection.execute(delete(child).where(child.c[column].in_(parents)))
        return [str(one) for one in connection.scalars(delete(table).where(theirs).returning(table.c[key]))]

    def _freeze(self, connection: Connection, found: Sequence[str]) -> None:
        """Have the days of these calls never counted anew, as their tallies stay."""
        moments = [
            *connection.scalars(select(calls.c.started_at).where(calls.c.id.in_(found))),
            *connection.scalars(select(stays.c.joined_at).where(stays.c.call_id.in_(found))),
        ]
        days = {at.astimezone(self.zone).date() for at in moments}
        rows = [{"at": datetime.combine(day, time(), self.zone), **_FROZEN} for day in sorted(days)]
        if rows:
            connection.execute(INSERT[connection.dialect.name](tallies).on_conflict_do_nothing(), rows)


_FROZEN: Final[Mapping[str, str]] = {"span": FROZEN, "cut": "day", "key": "", "sums": "{}"}


def digest(ids: Sequence[str]) -> str:
    """Return the SHA-256 of ids, sorted as text, one a line."""
    return sha256("\n".join(sorted(ids)).encode()).hexdigest()


def _over(kind: str, until: datetime) -> tuple[Table, str, ColumnElement[bool]]:
    """Return where a kind is, its key, and which are from before this moment and may go."""
    waits = exists().where(line.c.state.in_(WAITS))
    settled = and_(messages.c.created_at < until, not_(waits.where(line.c.call_id == messages.c.call_id)))
    match kind:
        case "messages" | "talks":
            theirs = messages.c.kind == "talk" if kind == "talks" else messages.c.kind != "talk"
            return messages, "id", and_(theirs, messages.c.state != "wanted", settled)
        case "transcripts":
            return messages, "id", and_(messages.c.transcript.is_not(None), settled)
        case "calls":
            ended = and_(calls.c.started_at < until, calls.c.ended_at < until, calls.c.digested)
            # By its call alone a recording is found, for whoever asks what there is of them, or to be erased.
            heard = exists().where(messages.c.call_id == calls.c.id)
            return calls, "id", and_(ended, not_(waits.where(line.c.call_id == calls.c.id)), not_(heard))
        case "cases":
            return cases, "id", and_(cases.c.state == "closed", cases.c.closed_at < until)
        case "texts":
            return texts, "id", and_(texts.c.created_at < until, texts.c.state.not_in(UNSENT))
        case "notices":
            return notices, "id", and_(notices.c.created_at < until, notices.c.state != "waiting")
        case "blocks":
            ended = or_(blocked.c.ended_at < until, blocked.c.until < until)
            return blocked, "id", and_(blocked.c.at < until, ended)
    raise ValueError(f"nobody knows of {kind!r}")


def _below(kind: str, found: Sequence[str]) -> list[tuple[Table, str, Any]]:
    """Return what goes with these, which tables name by which column."""
    if kind in ("messages", "talks"):
        return [(transcripts, "message_id", found)]
    if kind != "calls":
        return []
    lines = select(line.c.id).where(line.c.call_id.in_(found))
    of_lines = [(table, "line", lines) for table in (promises, guests, wrapups, drafts)]
    return [*of_lines, *((table, "call_id", found) for table in (line, facts, marks, stays, turns))]
