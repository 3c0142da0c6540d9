"""Searches of the call log that people keep: each a name for what stands in an address after the question mark."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Engine,
    Insert,
    String,
    Table,
    UniqueConstraint,
    Update,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ivr.store.crypto import Sealed
from ivr.store.engine import opened
from ivr.store.tables import Moment, meta

MOST: Final = 50

saved_filters = Table(
    "saved_filters",
    meta,
    Column("id", String(32), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("name", String(80), nullable=False),
    # It may hold the number of a caller.
    Column("query", Sealed, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("person", "name"),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A search that is kept."""

    id: str
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Keeps each person's own, of which nobody else sees or changes any."""

    engine: Engine
    now: Callable[[], datetime]

    def of(self, person: str) -> list[Filter]:
        """Return somebody's, in the order of their names."""
        kept = saved_filters.c
        query = select(kept.id, kept.name, kept.query).where(kept.person == person).order_by(kept.name)
        with opened(self.engine) as connection:
            return [Filter(*row) for row in connection.execute(query)]

    def save(self, person: str, name: str, query: str) -> bool:
        """Keep a search; False where the name is taken, or there are too many already."""
        kept = {"id": uuid4().hex, "person": person, "name": name, "query": query, "at": self.now()}
        counted = select(func.count()).where(saved_filters.c.person == person)
        with opened(self.engine) as connection:
            if (connection.scalar(counted) or 0) >= MOST:
                return False
        return self._done(insert(saved_filters).values(kept))

    def rename(self, person: str, id: str, name: str) -> bool:
        """Give a search another name; False where it is taken, or the search is gone."""
        return self._done(update(saved_filters).where(*_mine(person, id)).values(name=name))

    def drop(self, person: str, id: str) -> bool:
        """Forget a search; False where it is gone already."""
        return self._done(delete(saved_filters).where(*_mine(person, id)))

    def _done(self, statement: Insert | Update | Delete) -> bool:
        try:
            with self.engine.begin() as connection:
                done = connection.execute(statement)
                # PostgreSQL does not tell of an insert how many rows it made: it made one, or raised.
                return isinstance(statement, Insert) or done.rowcount == 1
        except IntegrityError:
            return False


def _mine(person: str, id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return saved_filters.c.person == person, saved_filters.c.id == id
