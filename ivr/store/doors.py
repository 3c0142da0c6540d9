"""Wrong logins by where they come from, so that one line tries few names, and the audit log does not grow by them.

Whoever came in from a line lately is known there: what others do elsewhere, or with other names, keeps them from
nothing.

    one line, any names          20 refused logins in ten minutes; then none for their rest
      where somebody is known    100
    one who is known there       5 wrong in a row, then a pause of a minute, apart from all others' tries at the name
    all lines together           50 in ten minutes are written into the audit log, how many more when they are over
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Engine, ForeignKey, Index, Integer, String, Table, case, delete, literal, select, update

from ivr.store.audit import Trail
from ivr.store.engine import begun, opened
from ivr.store.tables import INSERT, Moment, meta

TRIES: Final = 5
PAUSE: Final = timedelta(minutes=1)
SPAN: Final = timedelta(minutes=10)
FROM_A_LINE: Final = 20
KNOWN_TIMES: Final = 5  # A house full of agents has one address.
WRITTEN: Final = 50
KNOWN_FOR: Final = timedelta(days=30)
ANYWHERE: Final = ""
WORST: Final = 5  # Lines that are named.
START: Final = datetime(2000, 1, 1, tzinfo=UTC)

refusals = Table(
    "refused_logins",
    meta,
    # An address, or an IPv6 /64; "" for all together. Since when the ten minutes run.
    Column("line", String(64), primary_key=True),
    Column("since", Moment, primary_key=True),
    Column("tries", Integer, nullable=False),
    Index(None, "since"),
)

known_lines = Table(
    "known_lines",
    meta,
    Column("person", Integer, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("line", String(64), primary_key=True),
    Column("came_at", Moment, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("barred_until", Moment),
    Index(None, "came_at"),
)


@dataclass(frozen=True, slots=True)
class Doors:
    """Keeps count of refused logins by line, and of who is known where; a person is named by their id."""

    engine: Engine
    now: Callable[[], datetime]

    def known(self, person: int, line: str) -> bool | None:
        """Tell whether somebody who is known there must pause; None for who is not known."""
        row = known_lines.c.person == person, known_lines.c.line == line, known_lines.c.came_at > self.now() - KNOWN_FOR
        with opened(self.engine) as connection:
            found = connection.execute(select(known_lines.c.barred_until).where(*row)).first()
        return None if found is None else bool(found[0] and self.now() < found[0])

    def shut(self, line: str) -> bool:
        """Tell whether so much was refused to a line that nobody is let in from there."""
        row = refusals.c.line == line, refusals.c.since == self._since()
        ours = known_lines.c.line == line, known_lines.c.came_at > self.now() - KNOWN_FOR
        with opened(self.engine) as connection:
            tries = connection.scalar(select(refusals.c.tries).where(*row)) or 0
            if tries < FROM_A_LINE:
                return False
            known = connection.scalar(select(known_lines.c.person).where(*ours).limit(1)) is not None
        return tries >= FROM_A_LINE * (KNOWN_TIMES if known else 1)

    def refused(self, line: str) -> tuple[bool, bool]:
        """Count a refused login; return whether to write it down, and whether its line is shut by it."""
        rows = [{"line": one, "since": self._since(), "tries": 1} for one in (ANYWHERE, line)]
        with begun(self.engine) as connection:
            insert = INSERT[connection.dialect.name](refusals).values(rows)
            more = {"tries": refusals.c.tries + 1}
            counted = insert.on_conflict_do_update(index_elements=["line", "since"], set_=more)
            found = connection.execute(counted.returning(refusals.c.line, refusals.c.tries)).all()
        tries = {row.line: row.tries for row in found}
        return _written(tries[line], tries[ANYWHERE]), tries[line] == FROM_A_LINE and tries[ANYWHERE] <= WRITTEN

    def came(self, person: int, line: str) -> None:
        """Note that somebody came in from there; their mistakes there are forgotten."""
        row: dict[str, Any] = {"came_at": self.now(), "misses": 0, "barred_until": None}
        with begun(self.engine) as connection:
            insert = INSERT[connection.dialect.name](known_lines).values(person=person, line=line, **row)
            connection.execute(insert.on_conflict_do_update(index_elements=["person", "line"], set_=row))

    def missed(self, person: int, line: str) -> bool:
        """Count a wrong proof of somebody who is known there; every fifth in a row makes a pause, and is True."""
        misses, until = known_lines.c.misses + 1, literal(self.now() + PAUSE, Moment)
        told = {"misses": misses, "barred_until": case((misses % TRIES == 0, until), else_=known_lines.c.barred_until)}
        row = known_lines.c.person == person, known_lines.c.line == line
        with begun(self.engine) as connection:
            found = connection.execute(update(known_lines).where(*row).values(told).returning(known_lines.c.misses))
            return bool(found.scalar_one() % TRIES == 0)

    def sweep(self, trail: Trail) -> None:
        """Write down how many refused logins were not, of all ten minutes that are over, and forget what is old."""
        with opened(self.engine) as connection:
            over = select(refusals.c.since).where(refusals.c.since < self._since()).distinct()
            spans = connection.scalars(over.order_by(refusals.c.since)).all()
        for since in spans:
            with trail.beside() as (connection, tell):
                gone = delete(refusals).where(refusals.c.since == since)
                tries = {
                    row.line: row.tries for row in connection.execute(gone.returning(refusals.c.line, refusals.c.tries))
                }
                if told := _untold(tries):
                    tell("", "login.more", "", "", since=since.isoformat(), **told)
        with begun(self.engine) as connection:
            connection.execute(delete(known_lines).where(known_lines.c.came_at < self.now() - KNOWN_FOR))

    def _since(self) -> datetime:
        now = self.now()
        return now - (now - START) % SPAN


def _written(by_line: int, by_all: int) -> bool:
    return by_line <= FROM_A_LINE and by_all <= WRITTEN


def _untold(tries: dict[str, int]) -> dict[str, Any]:
    """Return how many were refused in ten minutes, and from which lines; nothing where all of them were written."""
    anywhere = tries.pop(ANYWHERE, 0)
    if _written(max(tries.values(), default=0), anywhere):
        return {}
    worst: Iterable[tuple[str, int]] = sorted(tries.items(), key=lambda one: -one[1])[:WORST]
    return {"refused": anywhere, "lines": len(tries), "mostly": dict(worst)}
