"""Writes down what calls came to, soon after they ended, and anew when they are wrapped up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, delete, insert, select, update

from ivr.flow.call import Call, fold
from ivr.flow.events import Event
from ivr.reports import stays as standing
from ivr.reports.again import linked
from ivr.reports.facts import Stay, half, promise, result, seconds, sent_on, signs, sums, way
from ivr.store.crypto import Cipher, of
from ivr.store.engine import alone, begun, opened
from ivr.store.fact_tables import facts, marks, stale, stays
from ivr.store.queueing import place_id
from ivr.store.tables import UNDIGESTED, calls

BATCH: Final = 8  # Calls: while they are written, a SQLite file takes no turns.
BATCHES: Final = 4  # In one look: who has nothing to do looks once a second, and more than a batch may end in that.
LOCK: Final = 0x1F15  # The key of the lock under which PostgreSQL's servers digest; ours for ever.
COPIED: Final = (
    *("started_at", "ended_at", "version", "caller_hash", "caller_last4"),
    *("language", "matter", "queue", "outcome", "score"),
)
OF_CALLS: Final = (facts, marks, stays)
Row = dict[str, Any]
Made = dict[str, dict[str, list[Row]]]  # by call, by table


@dataclass(frozen=True, slots=True)
class Digest:
    """Keeps what is known of ended calls; `events` gives all that happened in one, `zone` is the hotline's.

    Any number of processes may run it on one database: each call is in one hand at a time.
    """

    engine: Engine
    events: Callable[[str], Sequence[Event]]
    zone: ZoneInfo
    now: Callable[[], datetime]

    def due(self) -> list[tuple[str, ...]]:
        """Return the calls whose facts are not, or no longer, written down: the longest ended first, in batches."""
        query = select(calls.c.id).where(UNDIGESTED).order_by(calls.c.ended_at).limit(BATCH * BATCHES)
        with opened(self.engine) as connection:
            found = tuple(connection.scalars(query))
        return [found[begin : begin + BATCH] for begin in range(0, len(found), BATCH)]

    def take(self, batch: Sequence[str], anew: bool = False) -> int:
        """Write down the facts of these calls in one transaction, of those that are due, or `anew` of all.

        Return how many of those that had been written down were made otherwise; none unless `anew`.
        """
        told = {one: self.events(one) for one in batch}
        theirs = calls.c.id.in_(batch) & calls.c.ended_at.is_not(None)
        columns = (calls.c.id, calls.c.greeted, *(calls.c[one] for one in COPIED))
        with begun(self.engine) as connection:
            alone(connection, LOCK)  # Else two calls of one caller, digested at once, would not know of each other.
            known = _digested(connection, batch) if anew else set[str]()
            # First, so that a wrap-up that comes meanwhile waits, and has the call digested once more.
            ours = update(calls).where(theirs if anew else theirs & UNDIGESTED).values(digested=True)
            rows = connection.execute(ours.returning(*columns)).mappings().all()
            found = standing.of_calls(connection, [row["id"] for row in rows])
            made = {row["id"]: self._made(row, told[row["id"]], found.get(row["id"], [])) for row in rows}
            old = _there(connection, list(made))
            self._write(connection, made, old)
            new = _there(connection, list(made)) if anew else old
            return sum(old[one] != new[one] for one in made if one in known)

    def anew(self) -> Iterator[tuple[int, int]]:
        """Digest all calls that are over anew; yield, after each batch, how many are done and how many differed."""
        last, done, differed = "", 0, 0
        while batch := self._over(last):
            differed += self.take(batch, anew=True)
            last, done = batch[-1], done + len(batch)
            yield done, differed

    def _over(self, last: str) -> list[str]:
        query = select(calls.c.id).where(calls.c.ended_at.is_not(None), calls.c.id > last)
        with opened(self.engine) as connection:
            return list(connection.scalars(query.order_by(calls.c.id).limit(BATCH)))

    def _made(self, row: Any, events: Sequence[Event], found: list[Stay]) -> dict[str, list[Row]]:
        """Return the rows for one call, by table; `again` is added as it is written."""
        key = {"call_id": row["id"], "started_at": row["started_at"]}
        told = {one: row[one] for one in COPIED} | asdict(sums(found, row["ended_at"])) | asdict(way(events))
        fact = {**key, "seconds": round(seconds(row["started_at"], row["ended_at"])), **told}
        known = fold(Call(row["greeted"]), events).facts
        return {
            "facts": [fact],
            "marks": [{"mark": one, **key} for one in sorted(_hashes(of(self.engine), signs(known, found)))],
            "stays": list(self._stays(row, found, {place_id(row["id"], turn) for turn in sent_on(events)})),
        }

    def _stays(self, row: Any, found: list[Stay], onward: set[str]) -> Iterator[Row]:
        phoned = [one.line for one in found if one.kind == "call"]
        served = [one.line for one in found if one.kind == "call" and one.answered_at]
        for one in found:
            yield {
                **{name: getattr(one, name) for name in ("line", "kind", "joined_at", "queue", "language", "matter")},
                **{name: getattr(one, name) for name in ("agent", "code", "missed")},
                "call_id": row["id"],
                "half": half(one.joined_at, self.zone),
                "result": result(one, row["ended_at"], row["outcome"], one.line in phoned[-1:]),
                "waited": round(seconds(one.joined_at, one.answered_at or one.ended_at or row["ended_at"])),
                "talked": round(seconds(one.answered_at, one.ended_at or row["ended_at"])),
                "wrapped": round(seconds(one.ended_at, one.wrapped_at)) if one.answered_at else 0,
                "onward": bool(one.answered_at) and one.line in onward,
                "promise": promise(one),
                "score": row["score"] if one.line in served[-1:] else None,
            }

    def _write(self, connection: Connection, made: Made, old: Made) -> None:
        """Write these calls in place of what was there, and have the days of both counted anew."""
        for table in OF_CALLS:
            connection.execute(delete(table).where(table.c.call_id.in_(list(made))))
            if rows := [row for tables in made.values() for row in tables[table.name]]:
                connection.execute(insert(table), rows)
        moments = [at for tables in (*made.values(), *old.values()) for at in _moments(tables)]
        moments += linked(connection, list(made))
        if days := {at.astimezone(self.zone).date(): at for at in moments}:
            connection.execute(insert(stale), [{"of": at, "at": self.now()} for at in days.values()])


def _digested(connection: Connection, found: Sequence[str]) -> set[str]:
    return set(connection.scalars(select(calls.c.id).where(calls.c.id.in_(found), calls.c.digested)))


def mark(cipher_hash: str) -> int:
    """Return the mark of a keyed hash: its first eight bytes as a signed number."""
    return int.from_bytes(bytes.fromhex(cipher_hash[:16]), signed=True)


def _hashes(cipher: Cipher, found: Iterable[str]) -> set[int]:
    return {mark(cipher.hash(sign)) for sign in found}


def _moments(tables: dict[str, list[Row]]) -> Iterator[datetime]:
    yield from (row["started_at"] for row in tables["facts"])
    yield from (row["joined_at"] for row in tables["stays"])


def _there(connection: Connection, found: list[str]) -> Made:
    there: Made = {one: {table.name: [] for table in OF_CALLS} for one in found}
    for table in OF_CALLS:
        ordered = select(table).where(table.c.call_id.in_(found)).order_by(*table.primary_key)
        for row in connection.execute(ordered).mappings():
            there[row["call_id"]][table.name].append(dict(row))
    return there
