"""Finds calls that are over, newest first, a page at a time, and never looks at more calls at once than it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, func, literal, select

from ivr.reports.story import Story, story
from ivr.reports.streams import TIME, Place, Stream, exact, lasting, streams
from ivr.reports.wanted import Wanted as Wanted
from ivr.store.crypto import of
from ivr.store.engine import opened
from ivr.store.fact_tables import facts

# More are "more", and so many looks at calls are taken for one page: of several fields, one for each, and one more.
COUNTED: Final = 10_000
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
    notice: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls; `rest` is the place after which there may be more, None where these were the last.

    It is `cut` where we stopped there without having found as many as were asked for. `counted` is how many there are
    among all that were looked at, and whether there may be more; None where no more were looked at than are shown.
    """

    calls: Sequence[Found]
    rest: Place | None
    cut: bool
    counted: "Count | None" = None


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
            ways = streams(wanted, of(self.engine))
            many = max(_looked(ways), most) + 1
            way, last = _best(connection, ways, wanted, after, many)
            query = _keys(ways, way, wanted, after, last, many).limit(most + 1)
            rows = connection.execute(_whole(query)).all()
        found = [Found(*row[:-1]) for row in rows]
        if len(found) > most:
            counted = Count(rows[0][-1], last is not None) if rows[0][-1] else None
            return Page(found[:most], (found[most - 1].started_at, found[most - 1].call_id), False, counted)
        return Page(found, last, last is not None, Count(len(found), last is not None))

    def page(self, wanted: Wanted, after: Place | None = None, most: int = 50) -> list[Found]:
        """Return so many calls, however long that takes."""
        found = self.look(wanted, after, most)
        calls = list(found.calls)
        while found.cut and len(calls) < most:
            found = self.look(wanted, found.rest, most - len(calls))
            calls += found.calls
        return calls

    def count(self, wanted: Wanted, first: Page | None = None) -> Count:
        """Return how many there are, or how many among those that one page may look at.

        The first page may tell it by itself.
        """
        if first and first.counted:
            return first.counted
        with opened(self.engine) as connection:
            ways = streams(wanted, of(self.engine))
            many = _looked(ways) + 1
            way, last = _best(connection, ways, wanted, None, many)
            if last and len(ways) == 1 and wanted.seconds is None and wanted.waited is None:
                return Count(COUNTED, True)
            query = select(func.count()).select_from(
                _keys(ways, way, wanted, None, last, many).order_by(None).subquery()
            )
            number = connection.scalar(query) or 0
        return Count(min(number, COUNTED), last is not None)

    def one(self, call_id: str) -> Found | None:
        """Return the facts of one call; None while it goes on, and for a moment thereafter."""
        with opened(self.engine) as connection:
            row = connection.execute(select(*COLUMNS).where(facts.c.call_id == call_id)).first()
        return Found(*row) if row else None

    def story(self, call_id: str) -> Story | None:
        """Return one call whole, also while it goes on; None where there is none of this id."""
        return story(self.engine, call_id)


def _looked(ways: Sequence[Stream]) -> int:
    return COUNTED // (len(ways) + 1) if len(ways) > 1 else COUNTED


def _best(
    connection: Connection, ways: Sequence[Stream], wanted: Wanted, after: Place | None, many: int
) -> tuple[Stream, Place | None]:
    """Return the stream whose next calls reach back farthest, and how far; None where that is to the end."""
    found = list[tuple[Place, int]]()
    for number, way in enumerate(ways):
        last = way.reach(connection, wanted, after, many)
        if last is None:
            return way, None
        found.append((last, number))
    last, number = min(found)
    return ways[number], last


def _keys(
    ways: Sequence[Stream], way: Stream, wanted: Wanted, after: Place | None, last: Place | None, many: int
) -> Select[tuple[datetime, str, int]]:
    """Return the query for the places of the next so many calls of a stream that are in all others, newest first.

    With how many of them there are, 0 where that is not counted. By their indexes alone: those of the stream come
    first, in a query of their own, so that PostgreSQL knows how few they are, and makes no one condition of several.
    """
    others = [*(other for other in ways if other is not way), *lasting(wanted, way)]
    where = [way.between(wanted, after, last), *exact(wanted, way)]
    query = way.hinted(select(way.at.label("at"), way.key.label("key")).where(*where))
    query = query.order_by(way.at.desc(), way.key.desc())
    if not others:
        return query.add_columns(literal(0).label("counted"))
    passed = query.limit(many).subquery()
    found = select(passed.c.at, passed.c.key, func.count().over().label("counted"))
    held = found.where(*(other.holds(passed.c.at, passed.c.key) for other in others))
    return held.order_by(passed.c.at.desc(), passed.c.key.desc())


def _whole(places: Select[tuple[datetime, str, int]]) -> Select[Any]:
    """Return the query for the facts of calls at these places, in their order."""
    found = places.subquery()
    # By the index in the order of time, as the calls of a page stand near each other there.
    theirs = (facts.c.started_at == found.c.at) & (facts.c.call_id == found.c.key)
    query = select(*COLUMNS, found.c.counted).select_from(found.outerjoin(facts, theirs))
    return TIME.hinted(query.order_by(found.c.at.desc(), found.c.key.desc()))
