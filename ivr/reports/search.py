"""Finds calls that are over, newest first, a page at a time, and never looks at more calls at once than it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, FromClause, Select, and_, func, select

from ivr.reports.story import Story, story
from ivr.reports.streams import Place, Stream, alone, conditions, signed, streams
from ivr.reports.wanted import Wanted as Wanted
from ivr.store.crypto import of
from ivr.store.engine import opened
from ivr.store.fact_tables import facts

COUNTED: Final = 10_000  # More are "more", and so many calls are looked at for one page.
After = Place


@dataclass(frozen=True, slots=True)
class Found:
    """A call that is over, as the list shows it; seconds are whole ones."""

    call_id: str
    started_at: datetime
    caller_last4: str
    language: str
    matter: str
    queue: str
    agent: str
    outcome: str
    code: str
    seconds: int
    waited: int
    talked: int
    score: int | None
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls; `rest` is the place after which there may be more, None where these were the last.

    It is `cut` where we stopped there without having found as many as were asked for.
    """

    calls: Sequence[Found]
    rest: Place | None
    cut: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, or how many at least."""

    number: int
    more: bool


COLUMNS: Final = tuple(facts.c[name] for name in Found.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Search:
    """Searches the facts.

    Wanted calls are read in the order of time by an index: of all that would do, by the one whose next calls reach back
    farthest. Where even that leads past too many that are not wanted, we stop and say so.
    """

    engine: Engine

    def look(self, wanted: Wanted, after: Place | None = None, most: int = 50) -> Page:
        """Return so many calls, the newest first, which come after this place."""
        with opened(self.engine) as connection:
            way, last = self._best(connection, wanted, after, max(COUNTED, most) + 1)
            query = self._query(COLUMNS, wanted, way, after, last)
            rows = connection.execute(query.order_by(way.at.desc(), way.key.desc()).limit(most + 1))
            found = [Found(*row) for row in rows]
        if len(found) > most:
            return Page(found[:most], (found[most - 1].started_at, found[most - 1].call_id), False)
        return Page(found, last, last is not None)

    def page(self, wanted: Wanted, after: Place | None = None, most: int = 50) -> list[Found]:
        """Return so many calls, however long that takes."""
        found = self.look(wanted, after, most)
        calls = list(found.calls)
        while found.cut and len(calls) < most:
            found = self.look(wanted, found.rest, most - len(calls))
            calls += found.calls
        return calls

    def count(self, wanted: Wanted) -> Count:
        """Return how many there are, or how many among those that one page may look at."""
        with opened(self.engine) as connection:
            way, last = self._best(connection, wanted, None, COUNTED + 1)
            if last and alone(wanted, of(self.engine)):
                return Count(COUNTED, True)
            query = self._query((way.key,), wanted, way, None, last)
            number = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
        return Count(min(number, COUNTED), last is not None)

    def one(self, call_id: str) -> Found | None:
        """Return the facts of one call; None while it goes on, and for a moment thereafter."""
        with opened(self.engine) as connection:
            row = connection.execute(select(*COLUMNS).where(facts.c.call_id == call_id)).first()
        return Found(*row) if row else None

    def story(self, call_id: str) -> Story | None:
        """Return one call whole, also while it goes on; None where there is none of this id."""
        return story(self.engine, call_id)

    def _best(
        self, connection: Connection, wanted: Wanted, after: Place | None, many: int
    ) -> tuple[Stream, Place | None]:
        """Return the stream whose next calls reach back farthest, and how far; None where that is to the end."""
        found = list[tuple[Place, int, Stream]]()
        for number, stream in enumerate(streams(wanted, of(self.engine))):
            last = stream.reach(connection, wanted, after, many)
            if last is None:
                return stream, None
            found.append((last, number, stream))
        last, _, stream = min(found)
        return stream, last

    def _query(
        self, columns: Sequence[Any], wanted: Wanted, way: Stream, after: Place | None, last: Place | None
    ) -> Select[Any]:
        """Return the query for the calls of a stream that are wanted."""
        found: FromClause = way.table
        where = [way.between(wanted, after, last)]
        for other in signed(wanted, of(self.engine)):
            if other.table.name != way.table.name:
                found = found.join(other.table, and_(other.key == way.key, other.at == way.at))
                where.append(other.where)
        fields = conditions(wanted, of(self.engine), way)
        if way.table is not facts and (fields or columns is COLUMNS):
            found = found.join(facts, facts.c.call_id == way.key)
        return way.hinted(select(*columns).select_from(found).where(*where, *fields))
