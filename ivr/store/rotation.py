"""Sealing anew, under the current secret, whatever older ones sealed, and hashing anew; while calls go on.

A row changes only if it is still as it was read, so that no change of anybody else is lost, and whoever dies in the
middle begins again where something is left. Every server must know the new secret first, or it could not read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Row,
    Table,
    TableClause,
    and_,
    column,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy import table as bare_table
from sqlalchemy.exc import IntegrityError

from ivr.store import guesses, sealing_keys
from ivr.store.blocked import NOBODY, blocked
from ivr.store.crypto import Cipher, Sealed, of
from ivr.store.desk_tables import cases, line
from ivr.store.engine import begun, undecided, unhurried
from ivr.store.errors import StoreError
from ivr.store.known_tables import known_tables
from ivr.store.tables import UNDIGESTED, calls

BATCH: Final = 200  # Few enough that no turn waits for them.
# Hashes of numbers that stand nowhere beside them: of those who called they are made anew, as calls tell their numbers.
OF_CALLERS: Final = (
    cases.c.caller_hash,
    guesses.guesses.c.caller_hash,
    guesses.guesses.c.who_hash,
    guesses.proofs.c.caller_hash,
    guesses.proofs.c.who_hash,
)
# Those of others go by themselves, as they are of some days only.
FADING: Final = (guesses.guesses, guesses.proofs)
BLOCKED: Final = blocked.name  # Of who was erased the number stands nowhere.
BEHIND: Final = (line.c.caller_hash != "") & exists().where(
    calls.c.id == line.c.call_id, calls.c.caller_hash != line.c.caller_hash
)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A sealed column of a table, and the column of its hash, if there is one."""

    table: Table
    sealed: str
    hashed: str = ""

    def __str__(self) -> str:
        return f"{self.table.name}.{self.sealed}"


def places() -> Iterator[Place]:
    """Yield all that is sealed."""
    for table in known_tables().sorted_tables:
        for one in table.columns:
            if isinstance(one.type, Sealed):
                hashed = f"{one.name}_hash"
                yield Place(table, one.name, hashed if hashed in table.columns else "")


@dataclass(frozen=True, slots=True)
class Rotation:
    """Says what is sealed under which of the `secrets`, the current one first, and seals anew."""

    engine: Engine
    secrets: Sequence[str]
    now: Callable[[], datetime]

    @property
    def cipher(self) -> Cipher:
        """What seals and opens with these secrets."""
        return of(self.engine)

    def show(self) -> Iterator[tuple[str, Counter[int]]]:
        """Yield how many rows of each column are under which secret (0 is the current one), what is due last."""
        for place in places():
            count, hashes = Counter[int](), Counter[int]()
            for row in self._rows(place):
                count[self.cipher.under(row.sealed)] += 1
                if place.hashed and row.hashed:
                    hashes[self._hashed_under(row)] += 1
            yield str(place), count
            if place.hashed:
                yield f"{place.table.name}.{place.hashed}", hashes
        yield "line.caller_hash", Counter({1: self._behind()})
        yield "cases.caller_hash", Counter({1: len(self._orphans(cases.c.caller_hash))})
        yield "calls to be digested", Counter({1: self._undigested()})

    def fading(self) -> Iterator[tuple[str, int]]:
        """Yield how many rows hold hashes from before the current secret that only time can take away."""
        since = sealing_keys.since(self.engine, self.secrets[0])
        for table in FADING:
            query = select(func.count()).select_from(table)
            with self._reading() as connection:
                yield table.name, connection.scalar(query if since is None else query.where(table.c.at < since)) or 0
        nobody = select(func.count()).select_from(blocked).where(blocked.c.number_last4 == NOBODY)
        with self._reading() as connection:
            yield BLOCKED, connection.scalar(nobody if since is None else nobody.where(blocked.c.at < since)) or 0

    def rotate(self) -> Iterator[tuple[str, int]]:
        """Seal and hash anew what older secrets did; yield, after each step, of what so many rows were changed."""
        sealing_keys.note(self.engine, self.secrets, self.now())
        for place in places():
            yield str(place), sum(self._again(place, some) for some in self._batches(place))
        yield "line.caller_hash", self._catch_up()
        known = self._callers()
        for one in OF_CALLERS:
            pairs = [(old, known[old]) for old in self._orphans(one) if old in known]
            yield f"{one.table.name}.{one.name}", sum(self._exchange(one, old, new) for old, new in pairs)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a connection to read as long as it takes."""
        with undecided(self.engine) as connection:
            unhurried(connection)
            yield connection

    def _rows(self, place: Place) -> Iterator[Row[Any]]:
        return (row for some in self._batches(place) for row in some)

    def _batches(self, place: Place) -> Iterator[Sequence[Row[Any]]]:
        """Yield the rows of a table with what is sealed as it is kept, in the order of their key, some at once."""
        bare, keys = _bare(place), [column(one.name, one.type) for one in place.table.primary_key]
        told = [bare.c[place.sealed].label("sealed")] + [bare.c[one].label("hashed") for one in (place.hashed,) if one]
        query = select(*keys, *told).select_from(bare).where(bare.c[place.sealed].is_not(None)).order_by(*keys)
        last: tuple[Any, ...] | None = None
        while True:
            with self._reading() as connection:
                after = query if last is None else query.where(tuple_(*keys) > last)
                found = connection.execute(after.limit(BATCH)).all()
            yield found
            if len(found) < BATCH:
                return
            last = tuple(found[-1])[: len(keys)]

    def _hashed_under(self, row: Row[Any]) -> int:
        hashes = self.cipher.hashes(plain := self.cipher.open(row.sealed))
        if not plain:
            return 0  # Of who was erased, the hash is made up.
        return hashes.index(row.hashed) if row.hashed in hashes else len(hashes)

    def _again(self, place: Place, rows: Sequence[Row[Any]]) -> int:
        """Seal those of some rows anew that are due; return how many were."""
        due = [row for row in rows if self._due(place, row)]
        try:
            return self._write(place, [(row, self._told(place, row)) for row in due])
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            return sum(self._alone(place, row) for row in due)

    def _alone(self, place: Place, row: Row[Any]) -> int:
        told = self._told(place, row)
        try:
            return self._write(place, [(row, told)])
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            # Of two that wait for the same call back, each under its own secret, one keeps its hash.
            return self._write(place, [(row, {**told, place.hashed: None})])

    def _due(self, place: Place, row: Row[Any]) -> bool:
        if self.cipher.under(row.sealed) != 0:
            return True
        return bool(place.hashed and row.hashed and self._hashed_under(row) != 0)

    def _told(self, place: Place, row: Row[Any]) -> Values:
        plain = self.cipher.open(row.sealed)
        told: dict[str, Any] = {place.sealed: self.cipher.seal(plain)}
        if place.hashed and row.hashed and plain:
            told[place.hashed] = self.cipher.hash(plain)
        if place.table is calls:
            told["digested"] = False  # Its facts and marks have hashes, too.
        return told

    def _write(self, place: Place, changes: Sequence[tuple[Row[Any], Values]]) -> int:
        """Change rows that still are as they were read; return how many."""
        bare, done = _bare(place), 0
        if not changes:
            return 0
        with begun(self.engine) as connection:
            for row, told in changes:
                same = [bare.c[one.name] == getattr(row, one.name) for one in place.table.primary_key]
                change = update(bare).where(*same, bare.c[place.sealed] == row.sealed).values(dict(told))
                done += connection.execute(change).rowcount
        return done

    def _behind(self) -> int:
        """Return how many places in line have another hash than their call."""
        with self._reading() as connection:
            return connection.scalar(select(func.count()).select_from(line).where(BEHIND)) or 0

    def _catch_up(self) -> int:
        """Give places in line the hash of their call, some at once; return how many."""
        done, theirs = 0, select(calls.c.caller_hash).where(calls.c.id == line.c.call_id).scalar_subquery()
        while True:
            with begun(self.engine) as connection:
                some = select(line.c.id).where(BEHIND).order_by(line.c.id).limit(BATCH)
                ids = connection.scalars(some).all()
                # In the order of their ids, as others change several at once, too.
                for one in ids:
                    connection.execute(update(line).where(line.c.id == one).values(caller_hash=theirs))
            done += len(ids)
            if len(ids) < BATCH:
                return done

    def _undigested(self) -> int:
        with self._reading() as connection:
            return connection.scalar(select(func.count()).select_from(calls).where(UNDIGESTED)) or 0

    def _orphans(self, of_caller: Column[str]) -> list[str]:
        """Return the hashes in a column that are of nobody who called, as far as the current secret says."""
        known = exists().where(calls.c.caller_hash == of_caller)
        query = select(of_caller).distinct().where(of_caller != "", ~known)
        with self._reading() as connection:
            return sorted(connection.scalars(query))

    def _callers(self) -> dict[str, str]:
        """Return what callers' numbers hash to now, by what older secrets made of them."""
        newest = select(func.max(calls.c.id)).group_by(calls.c.caller_hash)
        with self._reading() as connection:
            found = connection.execution_options(yield_per=BATCH).scalars(
                select(calls.c.caller).where(calls.c.id.in_(newest))
            )
            told = [self.cipher.hashes(number) for number in found]
        return {old: new for new, *older in told for old in older}

    def _exchange(self, of_caller: Column[str], old: str, new: str) -> int:
        """Put one hash in the place of another; a row that is there already takes the old one's place."""
        table, done = of_caller.table, 0
        keys = list(table.primary_key)
        with begun(self.engine) as connection:
            rows = connection.execute(select(*keys).where(of_caller == old).order_by(*keys)).all()
            for row in rows:
                mine = and_(*(key == value for key, value in zip(keys, row, strict=True)))
                try:
                    with connection.begin_nested():
                        connection.execute(update(table).where(mine).values({of_caller.name: new}))
                except IntegrityError:
                    connection.execute(delete(table).where(mine))
                done += 1
        return done


def _bare(place: Place) -> TableClause:
    """Return a table whose sealed column is told as it is kept."""
    kept = [column(one.name) if one.name == place.sealed else column(one.name, one.type) for one in place.table.columns]
    return bare_table(place.table.name, *kept)
