"""Writes down what calls came to, soon after they ended, and anew when they are wrapped up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, update

from ivr.flow.call import Call
from ivr.reports.facts import Stay, signs, sums
from ivr.store.crypto import Cipher, of
from ivr.store.desk_tables import line, wrapups
from ivr.store.engine import opened
from ivr.store.entries import Stored
from ivr.store.fact_tables import facts, marks
from ivr.store.tables import UNDIGESTED, calls

BATCH: Final = 100
COPIED: Final = ("started_at", "ended_at", "version", "caller_hash", "caller_last4")
COPIED_TOO: Final = ("language", "matter", "queue", "outcome", "score")


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

    def take(self, batch: Sequence[str]) -> None:
        """Write down the facts of these calls, as far as no other process did, in one transaction."""
        known = {one: found.call for one in batch if (found := self.call(one))}
        with self.engine.begin() as connection:
            # First, so that a wrap-up that comes meanwhile waits, and has the call digested once more.
            ours = update(calls).where(calls.c.id.in_(batch), UNDIGESTED).values(digested=True)
            taken = connection.execute(ours.returning(calls.c.id, *(calls.c[one] for one in COPIED + COPIED_TOO)))
            rows = taken.mappings().all()
            stays = _stays(connection, [row["id"] for row in rows])
            _write(connection, [(row, known.get(row["id"]), stays.get(row["id"], [])) for row in rows], of(self.engine))

    def rebuild(self) -> int:
        """Have all ended calls digested anew by and by; return how many."""
        with self.engine.begin() as connection:
            return connection.execute(
                update(calls).where(calls.c.ended_at.is_not(None)).values(digested=False)
            ).rowcount


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


def _write(connection: Connection, found: Iterable[tuple[Any, Call | None, list[Stay]]], cipher: Cipher) -> None:
    made, marked = [], []
    for row, call, stays in found:
        told = {one: row[one] for one in COPIED + COPIED_TOO}
        seconds = round((row["ended_at"] - row["started_at"]).total_seconds())
        made.append({"call_id": row["id"], "seconds": seconds, **told, **asdict(sums(stays, row["ended_at"]))})
        hashes = {mark(cipher.hash(sign)) for sign in signs(call.facts if call else {}, stays)}
        marked += [{"mark": one, "started_at": row["started_at"], "call_id": row["id"]} for one in sorted(hashes)]
    anew = [one["call_id"] for one in made]
    for table in (facts, marks):
        connection.execute(delete(table).where(table.c.call_id.in_(anew)))
    if made:
        connection.execute(insert(facts), made)
    if marked:
        connection.execute(insert(marks), marked)
