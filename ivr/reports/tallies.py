"""What the calls of each day and month come to, kept current as calls end, so that no report reads the calls."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Engine, Row, Select, delete, func, insert, literal, select, true, union_all

from ivr.reports import months, states
from ivr.reports.counting import Sums, counted
from ivr.reports.shapes import Shape, negative
from ivr.reports.spans import DAY, following, parts
from ivr.store.desk_tables import agent_states
from ivr.store.engine import alone, begun, opened, snapshot, undecided, unhurried
from ivr.store.fact_tables import facts, stale, stays, tallies
from ivr.store.retention import FROZEN

LOCK: Final = 0x1F14  # The key of the lock under which PostgreSQL's servers tally; ours for ever.
# A busy day is not counted anew for each call: calls are told this much later.
REST: Final = timedelta(seconds=5)
MINUTE: Final = timedelta(minutes=1)
MOST: Final = 10_000  # Reasons read at once.
MOMENTS: Final = (facts.c.started_at, stays.c.joined_at, agent_states.c.at, tallies.c.at)
WEEKDAYS: Final = range(1, 8)
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Tally:
    """What the calls of the day or month that began `at` come to, of one queue, matter, agent: only what is not 0.

    A day that is to be taken away from its month is negative.
    """

    at: datetime
    key: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Halves:
    """What the calls of a day, or of some days of a month, come to by half-hour: those in which anybody rang."""

    key: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Tallies:
    """Keeps the tallies of days in the hotline's zone; any number of processes may."""

    engine: Engine
    zone: ZoneInfo
    now: Callable[[], datetime]

    def due(self) -> list[str]:
        """Return the days to be counted anew, the longest waiting first."""
        query = select(stale.c.of).where(stale.c.at <= self.now() - REST).order_by(stale.c.at).limit(MOST)
        with opened(self.engine) as connection:
            moments = connection.scalars(query).all()
        return list(dict.fromkeys(at.astimezone(self.zone).date().isoformat() for at in moments))

    def take(self, day: str) -> bool:
        """Count a day (2026-11-26) anew; return whether anything differs from what was there."""
        on = date.fromisoformat(day)
        # In UTC, as moments of an hour that the clock shows twice equal none of another zone.
        since, until, month = (self.start(one).astimezone(UTC) for one in (on, on + DAY, on.replace(day=1)))
        kept: bool | None = None
        while kept is None:  # Else somebody else kept it since we began to count.
            kept = self._take(months.Day(since, until, month, on.isoweekday()))
        return kept

    def _take(self, day: months.Day) -> bool | None:
        """Count a day, which keeps nobody from writing, and then keep it; None where others did so meanwhile."""
        with begun(self.engine) as connection:
            if connection.scalar(select(tallies.c.at).where(tallies.c.span == FROZEN, tallies.c.at == day.since)):
                connection.execute(delete(stale).where(stale.c.of >= day.since, stale.c.of < day.until))
                return False  # Calls of it are gone, as they were over their time.
        with snapshot(self.engine) as connection:
            theirs = select(stale.c.id).where(stale.c.of >= day.since, stale.c.of < day.until).limit(MOST)
            told, there = connection.scalars(theirs).all(), months.there(connection, day)
            made, now = counted(connection, day.since, day.until, self.zone), self.now()
            worked = list(states.counted(connection, day.since, min(day.until, now)))
        made |= {("day", "state", day.since, agent): sums for agent, sums, _ in worked}
        with undecided(self.engine) as connection:
            alone(connection, LOCK)
            unhurried(connection)
            # Whoever wrote more of this day since then left a row that is not among these: it is counted again.
            connection.execute(delete(stale).where(stale.c.id.in_(told)))
            if months.there(connection, day) != there:
                connection.rollback()
                return None
            if any(on for _, _, on in worked):
                connection.execute(insert(stale), [_soon(day, now)])
            differs = months.keep(connection, day, there, made)
            connection.commit()
            return differs

    def anew(self) -> Iterator[tuple[str, bool]]:
        """Count all days anew, also those of which there are but tallies, and then their months.

        Yield each (2026-11-26, 2026-11), and whether it differed.
        """
        with opened(self.engine) as connection:
            ends = [
                at for one in MOMENTS for at in connection.execute(select(func.min(one), func.max(one))).one() if at
            ]
        if not ends:
            return
        first, last = (at.astimezone(self.zone).date() for at in (min(ends), max(ends)))
        days = [first + number * DAY for number in range((last - first).days + 1)]
        yield from ((day.isoformat(), self.take(day.isoformat())) for day in days)
        for month in dict.fromkeys(day.replace(day=1) for day in days):
            with begun(self.engine) as connection:
                alone(connection, LOCK)
                since, until = (self.start(one).astimezone(UTC) for one in (month, following(month)))
                yield f"{month:%Y-%m}", months.anew(connection, since, until, self.zone)

    def read(self, cut: str, since: date, until: date, key: str | None = None, begins: str = "") -> list[Tally]:
        """Return the tallies that come to these days (both included), in order; of many days some are of months.

        Of one key, or of all that begin so. What is taken away is of the same month as what it is taken from.
        """
        wanted = tallies.c.key.startswith(begins, autoescape=True) if key is None else tallies.c.key == key
        rows = self._rows(cut, since, until, wanted, "day", ("month",))
        return [
            Tally(row.at, row.key, sums if row.sign > 0 else {name: -number for name, number in sums.items()})
            for row in rows
            for sums in [orjson.loads(row.sums)]
        ]

    def halves(
        self, cut: str, since: date, until: date, key: str | None = None, weekdays: Collection[int] = WEEKDAYS
    ) -> tuple[list[Halves], int]:
        """Return the half-hours of these days (both included) that fall on such weekdays (1 is Monday).

        And on how many of them anybody rang.
        """
        wholes = [f"halves{one}" for one in weekdays] if len(weekdays) < len(WEEKDAYS) else [f"halves{months.EVERY}"]
        wanted = true() if key is None else tallies.c.key == key
        found = [
            Halves(row.key, shape if row.sign > 0 else negative(shape))
            for row in self._rows(cut, since, until, wanted, "halves", wholes)
            if row.span != "halves" or self._on(row.at, weekdays)
            for shape in [orjson.loads(row.sums)]
        ]
        query = _of("halves", cut, self.start(since), self.start(until + DAY), wanted).with_only_columns(tallies.c.at)
        with opened(self.engine) as connection:
            days = connection.scalars(query.distinct()).all()
        return found, sum(self._on(at, weekdays) for at in days)

    def pending(self, since: date, until: date) -> bool:
        """Return whether calls of these days are yet to be counted."""
        theirs = stale.c.of >= self.start(since), stale.c.of < self.start(until + DAY), stale.c.at <= self.now()
        query = select(stale.c.id).where(*theirs).limit(1)
        with opened(self.engine) as connection:
            return connection.scalar(query) is not None

    def start(self, day: date) -> datetime:
        """Return the moment at which a day begins."""
        return datetime.combine(day, time(), self.zone)

    def _on(self, at: datetime, weekdays: Collection[int]) -> bool:
        return at.astimezone(self.zone).isoweekday() in weekdays

    def _rows(
        self, cut: str, since: date, until: date, wanted: ColumnElement[bool], span: str, wholes: Sequence[str]
    ) -> Sequence[Row[Any]]:
        """Return the rows that come to these days, in order, each with its sign."""
        queries = [
            _of(one, cut, self.start(part.since), self.start(part.until), wanted, part.sign)
            for part in parts(since, until)
            for one in (wholes if part.whole else (span,))
        ]
        query = union_all(*queries) if len(queries) > 1 else queries[0]
        with opened(self.engine) as connection:
            return connection.execute(query.order_by("at", "key")).all()


def _soon(day: months.Day, now: datetime) -> dict[str, datetime]:
    """Return when time has gone on for who is there: of this day each minute, and after it the next one's begins."""
    if now >= day.until:
        return {"of": day.until, "at": day.until}
    return {"of": day.since, "at": min(day.until, now + MINUTE)}


def _of(
    span: str, cut: str, since: datetime, until: datetime, wanted: ColumnElement[bool], sign: int = 1
) -> Select[Any]:
    query = select(tallies.c.span, tallies.c.at, tallies.c.key, tallies.c.sums, literal(sign).label("sign"))
    theirs = tallies.c.span == span, tallies.c.cut == cut, tallies.c.at >= since, tallies.c.at < until
    return query.where(*theirs, wanted)


def together(found: Sequence[Tally]) -> dict[str, Counter[str]]:
    """Return what these tallies come to by key."""
    return added(found, lambda one: one.key)


def added(found: Iterable[Tally], by: Callable[[Tally], Key]) -> dict[Key, Counter[str]]:
    """Return what these tallies come to by whatever is asked of each."""
    added: dict[Key, dict[str, int]] = {}
    for one in found:
        sums = added.setdefault(by(one), {})
        for name, number in one.sums.items():  # A Counter would take several times as long, which a year shows.
            sums[name] = sums.get(name, 0) + number
    made = {key: Counter({name: number for name, number in sums.items() if number}) for key, sums in added.items()}
    return {key: sums for key, sums in made.items() if sums}
