"""What people did that must not go unseen: entries that are only added, chained so that no change stays hidden."""

import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Index, Integer, String, Table, Text, func, insert, select, update

from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.sealing_keys import audit_key, audit_keys
from ivr.store.tables import Moment, meta

NOBODY: Final = "0" * 64  # What stands before the first entry.
BATCH: Final = 500

entries = Table(
    "audit",
    meta,
    # Counted by us, without a gap.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("remote", String(64), nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
    Index(None, "at"),
    Index(None, "who", "id"),
    Index(None, "act", "id"),
)

# One row: the last entry, which tells when the last ones are gone, and lets one process add at a time.
head = Table(
    "audit_head",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to what, when, and from where; `detail` is JSON; its hash covers all of it and the one before."""

    id: int
    at: datetime
    who: str
    act: str
    subject: str
    detail: str
    remote: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: how many entries are whole, the hash of the last, and what is wrong ("" for nothing)."""

    count: int
    head: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Trail:
    """The audit log; the first of the `secrets` keys new hashes, so that a database alone cannot be made to agree."""

    engine: Engine
    secrets: Sequence[str]
    now: Callable[[], datetime]

    def add(self, who: str, act: str, subject: str, remote: str, **detail: Any) -> Entry:
        """Write one entry, durably; raise StoreError where it cannot be written, so that the act must not be done."""
        with self.beside() as (_, tell):
            return tell(who, act, subject, remote, **detail)

    @contextmanager
    def beside(self) -> Iterator[tuple[Connection, Callable[..., Entry]]]:
        """Give a transaction, and what adds an entry in it, once, as `add` does: what is done and told is one."""
        with begun(self.engine) as connection:
            last, previous = _locked(connection)

            def tell(who: str, act: str, subject: str, remote: str, **detail: Any) -> Entry:
                told, at = json.dumps(detail, ensure_ascii=False, sort_keys=True), self.now().astimezone(UTC)
                bare = Entry(last + 1, at, who[:64], act, subject, told, remote[:64], previous, "")
                entry = replace(bare, hash=_hash(audit_key(self.secrets[0]), bare))
                connection.execute(insert(entries).values(asdict(entry)))
                connection.execute(update(head).values(last=entry.id, hash=entry.hash))
                return entry

            yield connection, tell

    def check(self, noted: str = "") -> Found:
        """Walk the chain in constant memory and find the first entry that is not as it was written.

        `noted` is a head that was printed earlier and kept elsewhere: it must still be one of the chain.
        """
        with opened(self.engine) as connection:
            keys = [*map(audit_key, self.secrets), *audit_keys(connection)]
        count, previous, met, wrong = 0, NOBODY, not noted, ""
        while True:
            for entry in self._after(count):
                if wrong := _wrong(entry, count + 1, previous, keys):
                    return Found(count, previous, wrong)
                count, previous, met = count + 1, entry.hash, met or entry.hash == noted
            last, kept, newest = self._ends()
            if newest <= count:  # Otherwise others were added meanwhile.
                wrong = _end_wrong(count, previous, last, kept)
                break
        return Found(count, previous, wrong or ("" if met else f"the noted head {noted} is not in the chain any more"))

    def _after(self, after: int) -> Iterator[Entry]:
        while True:
            query = select(entries).order_by(entries.c.id).limit(BATCH)
            with opened(self.engine) as connection:
                # The very first are asked for whatever their number is: one below 1 was put in.
                found = connection.execute(query.where(entries.c.id > after) if after else query).all()
            yield from (Entry(*row) for row in found)
            if len(found) < BATCH:
                return
            after = found[-1].id

    def _ends(self) -> tuple[int, str, int]:
        """Return the last entry's id and hash as noted beside, and the last that there is."""
        newest = select(func.coalesce(func.max(entries.c.id), 0)).scalar_subquery()
        with opened(self.engine) as connection:
            row = connection.execute(select(head.c.last, head.c.hash, newest)).one_or_none()
        return (row[0], row[1], row[2]) if row else (0, "", 0)

    def page(self, most: int, before: int | None = None, **wanted: Any) -> list[Entry]:
        """Return the newest entries below this id, newest first; `wanted` are who, act, since and until (moments)."""
        query = select(entries).order_by(entries.c.id.desc()).limit(most)
        if before is not None:
            query = query.where(entries.c.id < before)
        for name in ("who", "act"):
            query = query.where(entries.c[name] == wanted[name]) if wanted.get(name) else query
        if since := wanted.get("since"):
            query = query.where(entries.c.at >= since)
        if until := wanted.get("until"):
            query = query.where(entries.c.at < until)
        with opened(self.engine) as connection:
            return [Entry(*row) for row in connection.execute(query)]


def _locked(connection: Connection) -> tuple[int, str]:
    """Return the last entry's id and hash, which no other process changes until this transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    row = connection.execute(select(head.c.last, head.c.hash).with_for_update()).one_or_none()
    if row is None:
        raise StoreError("the audit log has lost its head: see what `audit verify` says")
    return row[0], row[1]


def _end_wrong(count: int, previous: str, last: int, kept: str) -> str:
    """Return what is wrong with the last entry, when so many are whole; it should be the one noted beside."""
    if last > count:
        return f"entry {count + 1} was removed, and all after it"
    if last < count:
        return f"entry {last + 1} was put in behind the last, or the note of the last is not true"
    return "" if kept == previous else f"entry {count} is not the last that was written, or the note of it is not true"


def _wrong(entry: Entry, number: int, previous: str, keys: Sequence[bytes]) -> str:
    """Return what is wrong with an entry that should have this number and come after this hash."""
    if entry.id > number:
        return f"entry {number} was removed"
    if entry.id < number:
        return f"entry {entry.id} was inserted before the first"
    if entry.previous != previous:
        return f"entry {number} does not follow the one before it: one of them was moved or put in"
    if not any(hmac.compare_digest(entry.hash, _hash(key, entry)) for key in keys):
        return f"entry {number} was changed, or its SECRET_KEY is gone"
    return ""


def _hash(key: bytes, entry: Entry) -> str:
    told = [value.isoformat() if isinstance(value, datetime) else value for value in astuple(entry)[:-1]]
    return hmac.new(key, json.dumps(told, ensure_ascii=True).encode(), sha256).hexdigest()
