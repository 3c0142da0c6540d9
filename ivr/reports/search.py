"""Finds calls that are over, newest first, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, FromClause, Select, and_, func, select, tuple_

from ivr.reports.digest import mark
from ivr.reports.facts import words
from ivr.reports.story import Story, story
from ivr.store.crypto import of
from ivr.store.engine import opened
from ivr.store.fact_tables import facts, marks

COUNTED: Final = 10_000  # More are "more": to count all would take longer than to find them.
EQUAL: Final = ("caller_hash", "matter", "queue", "outcome", "code", "language", "version")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: each field that is given narrows it down.

    `caller` is a whole number in E.164, `caller_hash` as it is kept, `last4` its end; `number` is what was keyed,
    `text` words of notes; `seconds` and `waited` are least seconds.
    """

    since: datetime | None = None
    until: datetime | None = None
    caller: str = ""
    caller_hash: str = ""
    last4: str = ""
    number: str = ""
    agent: str = ""
    text: str = ""
    matter: str = ""
    queue: str = ""
    outcome: str = ""
    code: str = ""
    language: str = ""
    version: int | None = None
    seconds: int | None = None
    waited: int | None = None


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


COLUMNS: Final = tuple(facts.c[name] for name in Found.__dataclass_fields__)
After = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Search:
    """Searches the facts."""

    engine: Engine

    def page(self, wanted: Wanted, after: After | None = None, most: int = 50) -> list[Found]:
        """Return so many calls, the newest first, which come after this one (its start and its id)."""
        query, at, key = self._query(COLUMNS, wanted)
        if after:
            query = query.where(tuple_(at, key) < tuple_(*after))
        query = query.order_by(at.desc(), key.desc()).limit(most)
        with opened(self.engine) as connection:
            return [Found(*row) for row in connection.execute(query)]

    def count(self, wanted: Wanted) -> int:
        """Return how many there are; COUNTED + 1 for more than that."""
        query = self._query((facts.c.call_id,), wanted)[0]
        with opened(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(query.limit(COUNTED + 1).subquery())) or 0

    def one(self, call_id: str) -> Found | None:
        """Return the facts of one call; None while it goes on, and for a moment thereafter."""
        with opened(self.engine) as connection:
            row = connection.execute(select(*COLUMNS).where(facts.c.call_id == call_id)).first()
        return Found(*row) if row else None

    def story(self, call_id: str) -> Story | None:
        """Return one call whole, also while it goes on; None where there is none of this id."""
        return story(self.engine, call_id)

    def _query(self, columns: Any, wanted: Wanted) -> tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]]:
        """Return the query, and by which columns it is in order: of the first mark, where there is one."""
        found: FromClause = facts
        at, key = facts.c.started_at, facts.c.call_id
        conditions: list[ColumnElement[bool]] = []
        for number, sign in enumerate(_signs(wanted)):
            table = marks.alias(f"mark_{number}")
            same = and_(table.c.call_id == facts.c.call_id, table.c.started_at == facts.c.started_at)
            found = found.join(table, same)
            conditions.append(table.c.mark.in_([mark(one) for one in of(self.engine).hashes(sign)]))
            if not number:
                at, key = table.c.started_at, table.c.call_id
        conditions += [*self._fields(wanted), *_times(wanted, at)]
        return select(*columns).select_from(found).where(*conditions), at, key

    def _fields(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        given = {name: getattr(wanted, name) for name in EQUAL}
        conditions = [facts.c[name] == value for name, value in given.items() if value not in ("", None)]
        if wanted.caller:
            conditions.append(facts.c.caller_hash.in_(of(self.engine).hashes(wanted.caller)))
        if wanted.last4:
            conditions.append(facts.c.caller_last4 == wanted.last4)
        least = {"seconds": wanted.seconds, "waited": wanted.waited}
        return conditions + [facts.c[name] >= value for name, value in least.items() if value is not None]


def _times(wanted: Wanted, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    since: list[ColumnElement[bool]] = [at >= wanted.since] if wanted.since else []
    return since + ([at < wanted.until] if wanted.until else [])


def _signs(wanted: Wanted) -> list[str]:
    named = [f"number:{wanted.number}"] if wanted.number else []
    named += [f"word:{word}" for word in sorted(words(wanted.text))]
    return named + ([f"agent:{wanted.agent}"] if wanted.agent else [])
