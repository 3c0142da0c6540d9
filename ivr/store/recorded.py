"""What was told in calls that are over, many of them at once: to do them again in other menus."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Engine, Text, and_, select, type_coerce

from ivr.flow import record
from ivr.flow.inputs import Input
from ivr.store.crypto import Cipher, of
from ivr.store.engine import opened, undecided
from ivr.store.errors import StoreError
from ivr.store.tables import calls, turns

Told = tuple[tuple[Input, datetime], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The calls that began from one moment on and before another: so many."""

    since: datetime
    until: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Past:
    """A call that is over: the menus that it began with, and what was told at which moment; None: it cannot be read."""

    id: str
    version: int
    started_at: datetime
    told: Told | None


def spans(engine: Engine, since: datetime, until: datetime, size: int) -> list[Span]:
    """Return spans of all calls of this time that are over, about so many each; what began at once is in one."""
    query = select(calls.c.started_at).where(_over(since, until)).order_by(calls.c.started_at)
    begun, last, number, found = since, since, 0, list[Span]()
    with undecided(engine) as connection:  # In which PostgreSQL gives them bit by bit.
        for at in connection.execution_options(yield_per=5_000).scalars(query):
            if number >= size and at > last:
                found.append(Span(begun, at, number))
                begun, number = at, 0
            last, number = at, number + 1
    return [*found, Span(begun, until, number)] if number else found


def recorded(engine: Engine, span: Span) -> Iterator[Past]:
    """Yield the calls of a span, the earliest first."""
    return _past(engine, _over(span.since, span.until))


def call(engine: Engine, call_id: str) -> Past | None:
    """Return one call; None where there never was such a call."""
    return next(_past(engine, calls.c.id == call_id), None)


def _past(engine: Engine, wanted: ColumnElement[bool]) -> Iterator[Past]:
    events = type_coerce(turns.c.events, Text).label("events")  # What another secret sealed spoils its own call only.
    query = select(calls.c.id, calls.c.version, calls.c.started_at, events).join(turns, turns.c.call_id == calls.c.id)
    with opened(engine) as connection:
        found = connection.execute(query.where(wanted).order_by(calls.c.started_at, calls.c.id, turns.c.turn)).all()
    for (id_, version, at), rows in groupby(found, key=lambda row: row[:3]):
        yield Past(id_, version, at, _told(of(engine), [row.events for row in rows]))


def _over(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(calls.c.started_at >= since, calls.c.started_at < until, calls.c.ended_at.is_not(None))


def _told(cipher: Cipher, sealed: Sequence[Any]) -> Told | None:
    try:
        heard = [record.heard(cipher.open(one)) for one in sealed]
    except (StoreError, record.UnknownRecordError):
        return None
    return tuple((one.input, one.at) for one in heard)
