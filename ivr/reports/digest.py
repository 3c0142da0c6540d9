"""Writes down what calls came to, soon after they ended, and anew when they are wrapped up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, and_, delete, func, insert, select, update

from ivr.flow.call import Call
from ivr.reports.facts import Stay, signs, sums
from ivr.store.crypto import Cipher, of
from ivr.store.desk_tables import line, wrapups
from ivr.store.engine import opened
from ivr.store.entries import Stored
from ivr.store.fact_tables import facts, marks
from ivr.store.tables import UNDIGESTED, calls

BATCH: Final = 100
COPIED: Final = (
    *("started_at", "ended_at", "version", "caller_hash", "caller_last4"),
    *("language", "matter", "queue", "outcome", "score"),
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Digest:
    """Keeps the facts of ended calls; `call` gives a call as the journal has it.

    Any number of processes may run it on one database: each call is in one hand at a time.
    """

    engine: Engine
    call: Callable[[str], Stored | None]

    def due(self) -> list[tuple[str, ...]]:
        """Return the calls whose facts are not, or no longer, written down: the longest ended first, in batches."""
        query = select(calls.c.id).where(UNDIGESTED).order_by(calls.c.ended_at).limit(BATCH)
        with opened(self.engine) as connection:
            found = tuple(connection.scalars(query))
        return [found] if found else []

    def take(self, batch: Sequence[str], anew: bool = False) -> int:
        """Write down the facts of these calls in one transaction, of those that are due, or `anew` of all.

        Return how many of them had other facts before.
        """
        known = {one: stored.call for one in batch if (stored := self.call(one))}
        theirs = calls.c.id.in_(batch) & calls.c.ended_at.is_not(None)
        with self.engine.begin() as connection:
            # First, so that a wrap-up that comes meanwhile waits, and has the call digested once more.
            ours = update(calls).where(theirs if anew else theirs & UNDIGESTED).values(digested=True)
            taken = connection.execute(ours.returning(calls.c.id, *(calls.c[one] for one in COPIED)))
            rows = taken.mappings().all()
            stays = _stays(connection, [row["id"] for row in rows])
            found = [(row, known.get(row["id"]), stays.get(row["id"], [])) for row in rows]
            return _write(connection, *_made(found, of(self.engine)))

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


def mark(cipher_hash: str) -> int:
    """Return the mark of a keyed hash: its first eight bytes as a signed number."""
    return int.from_bytes(bytes.fromhex(cipher_hash[:16]), signed=True)


def _stays(connection: Connection, found: Sequence[str]) -> dict[str, list[Stay]]:
    """Return where each of these calls stood in line, in order."""
    theirs = and_(wrapups.c.line == line.c.id, wrapups.c.agent == line.c.agent)
    told = (func.coalesce(wrapups.c.code, "").label("code"), wrapups.c.note)
    columns = (line.c.call_id, line.c.joined_at, line.c.answered_at, line.c.ended_at, line.c.agent, line.c.state, *told)
    query = select(*columns).select_from(line.outerjoin(wrapups, theirs))
    stays: dict[str, list[Stay]] = {}
    asked = query.where(line.c.call_id.in_(found), line.c.kind == "call").order_by(line.c.joined_at, line.c.id)
    for row in connection.execute(asked):
        # Whoever left was not talked with, though a talk may have been given back before.
        answered = row.answered_at if row.state in ("talking", "done") else None
        stay = Stay(row.joined_at, answered, row.ended_at, row.agent or "", row.code, row.note or "")
        stays.setdefault(row.call_id, []).append(stay)
    return stays


def _made(found: Iterable[tuple[Any, Call | None, list[Stay]]], cipher: Cipher) -> tuple[list[Row], list[Row]]:
    """Return the rows of facts and of marks for these calls."""
    made, marked = list[Row](), list[Row]()
    for row, call, stays in found:
        key = {"call_id": row["id"], "started_at": row["started_at"]}
        seconds = round((row["ended_at"] - row["started_at"]).total_seconds())
        told = {one: row[one] for one in COPIED} | asdict(sums(stays, row["ended_at"]))
        made.append({**key, "seconds": seconds, **told})
        hashes = {mark(cipher.hash(sign)) for sign in signs(call.facts if call else {}, stays)}
        marked += [{"mark": one, **key} for one in sorted(hashes)]
    return made, marked


def _write(connection: Connection, made: list[Row], marked: list[Row]) -> int:
    """Write these rows in place of what was there; return how many calls had something else before."""
    anew = [row["call_id"] for row in made]
    new, old = _by_call(made, marked), _by_call(_there(connection, facts, anew), _there(connection, marks, anew))
    for table in (facts, marks):
        connection.execute(delete(table).where(table.c.call_id.in_(anew)))
    for table, rows in ((facts, made), (marks, marked)):
        if rows:
            connection.execute(insert(table), rows)
    return sum(one in old and old[one] != new[one] for one in new)


def _there(connection: Connection, table: Table, found: list[str]) -> list[Row]:
    query = select(table).where(table.c.call_id.in_(found))
    return [dict(row) for row in connection.execute(query).mappings()]


def _by_call(made: Iterable[Row], marked: Iterable[Row]) -> dict[str, tuple[Row, set[int]]]:
    told = {row["call_id"]: (row, set[int]()) for row in made}
    for row in marked:
        if row["call_id"] in told:
            told[row["call_id"]][1].add(row["mark"])
    return told
