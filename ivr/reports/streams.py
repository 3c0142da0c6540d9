"""The orders in which calls can be read, newest first, each by an index: one for every way of narrowing them down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, literal, literal_column, select, true, tuple_
from sqlalchemy.sql.selectable import NamedFromClause

from ivr.reports.digest import mark
from ivr.reports.facts import words
from ivr.reports.wanted import EQUAL, Wanted
from ivr.store.crypto import Cipher
from ivr.store.fact_tables import LONG, STEPS, facts, marks

Place = tuple[datetime, str]
BY_TIME: Final = "ix_facts_started_at_call_id_seconds_waited"
LENGTHS: Final = frozenset({BY_TIME, *LONG})  # The indexes that know how long calls are.


@dataclass(frozen=True, slots=True)
class Stream:
    """Calls in the order of their start and id: those of `table` that meet `where`, read by an index.

    SQLite, which counts on no column's most frequent values, is told which index; "" where there is no other.
    """

    table: NamedFromClause[Any]
    where: ColumnElement[bool]
    index: str = ""

    @property
    def at(self) -> ColumnElement[Any]:
        """When a call began."""
        at: ColumnElement[Any] = self.table.c.started_at
        return at

    @property
    def key(self) -> ColumnElement[Any]:
        """A call's id."""
        key: ColumnElement[Any] = self.table.c.call_id
        return key

    def hinted(self, query: Select[Any]) -> Select[Any]:
        """Return the query so that it is read by this stream's index."""
        return query.with_hint(self.table, f"INDEXED BY {self.index}", "sqlite") if self.index else query

    def between(self, wanted: Wanted, after: Place | None, last: Place | None = None) -> ColumnElement[bool]:
        """Return what calls of it meet that are of the wanted times, come after a place, and not after the last one.

        With one bound at either end: of two, SQLite may begin at the farther one, and pass all that is between them.
        """
        conditions = [self.where]
        if after and not (wanted.until and wanted.until <= after[0]):
            conditions.append(tuple_(self.at, self.key) < tuple_(*after))
        elif wanted.until:
            conditions.append(self.at < wanted.until)
        if last and not (wanted.since and wanted.since > last[0]):
            conditions.append(tuple_(self.at, self.key) >= tuple_(*last))
        elif wanted.since:
            conditions.append(self.at >= wanted.since)
        return and_(*conditions)

    def holds(self, at: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return what a call that began then, with this id, meets if it is in this stream."""
        return exists(self.hinted(select(literal(1)).where(self.where, self.at == at, self.key == key)))

    def reach(self, connection: Connection, wanted: Wanted, after: Place | None, many: int) -> Place | None:
        """Return the place of the call that is the so-manieth after a place; None where there are not so many."""
        query = select(self.at, self.key).where(self.between(wanted, after))
        query = query.order_by(self.at.desc(), self.key.desc()).offset(many - 1).limit(1)
        row = connection.execute(self.hinted(query)).first()
        return (row[0], row[1]) if row else None


TIME: Final = Stream(facts, true(), BY_TIME)


def streams(wanted: Wanted, cipher: Cipher) -> list[Stream]:
    """Return the streams that all wanted calls are in, at least one."""
    found = [*signed(wanted, cipher), *_equal(wanted, cipher), *_least(wanted)]
    return found or [replace(TIME, table=facts.alias("by_time"))]


def exact(wanted: Wanted, way: Stream) -> list[ColumnElement[bool]]:
    """Return what calls of a stream meet that last as long as they must, or wait; nothing if its index cannot tell."""
    return _least_of(wanted, way.table) if way.index in LENGTHS else []


def lasting(wanted: Wanted, way: Stream) -> list[Stream]:
    """Return the stream of calls that last as long as they must, or wait, if another's index cannot tell."""
    table = facts.alias("lasting")
    least = _least_of(wanted, table)
    return [] if way.index in LENGTHS or not least else [replace(TIME, table=table, where=and_(*least))]


def _least_of(wanted: Wanted, table: NamedFromClause[Any]) -> list[ColumnElement[bool]]:
    least = {"seconds": wanted.seconds, "waited": wanted.waited}
    return [table.c[name] >= value for name, value in least.items() if value is not None]


def signs(wanted: Wanted) -> list[str]:
    """Return the signs whose marks wanted calls have."""
    named = [f"number:{wanted.number}"] if wanted.number else []
    named += [f"word:{word}" for word in sorted(words(wanted.text))]
    return named + ([f"agent:{wanted.agent}"] if wanted.agent else [])


def signed(wanted: Wanted, cipher: Cipher) -> Iterator[Stream]:
    """Yield the streams of calls with a mark, for each that wanted calls have."""
    for number, sign in enumerate(signs(wanted)):
        table = marks.alias(f"mark_{number}")
        yield Stream(table, table.c.mark.in_([mark(one) for one in cipher.hashes(sign)]))


def _equal(wanted: Wanted, cipher: Cipher) -> Iterator[Stream]:
    for name in EQUAL:
        if (value := getattr(wanted, name)) not in ("", None):
            yield _by(name, [value])
    if wanted.caller:
        yield _by("caller_hash", cipher.hashes(wanted.caller), "caller")
    if wanted.last4:
        yield _by("caller_last4", [wanted.last4])


def _by(name: str, values: Sequence[Any], alias: str = "") -> Stream:
    """Return the stream of calls with one of these values; a database reads it in order where there is but one."""
    table = facts.alias(f"by_{alias or name}")
    return Stream(table, table.c[name].in_(values), f"ix_facts_{name}_started_at_call_id")


def _least(wanted: Wanted) -> Iterator[Stream]:
    """Yield those of the next lower step: few calls are so long, and an index holds these alone."""
    for name, steps in STEPS.items():
        if lower := [step for step in steps if step <= (getattr(wanted, name) or 0)]:
            # Word for word as the index has it, else no index holds what may be any number.
            table = facts.alias(f"by_{name}")
            step = table.c[name] >= literal_column(str(lower[-1]))
            yield Stream(table, step, f"ix_facts_{name}_{lower[-1]}")
