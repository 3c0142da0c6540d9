"""What the calls of each day come to together, kept current as calls end, so that no report reads the calls."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, bindparam, case, delete, func, insert, select

from ivr.reports import states, ways
from ivr.reports.measures import CUTS, MEASURES
from ivr.store.desk_tables import agent_states
from ivr.store.engine import alone, begun, opened
from ivr.store.fact_tables import facts, stale, stays, tallies
from ivr.store.tables import Moment

LOCK: Final = 0x1F14  # The key of the lock under which PostgreSQL's servers tally; ours for ever.
DAY: Final = timedelta(days=1)
# A busy day is not counted anew for each call: calls are told this much later.
REST: Final = timedelta(seconds=5)
MINUTE: Final = timedelta(minutes=1)
MOST: Final = 10_000  # Reasons read at once.
MOMENTS: Final = (facts.c.started_at, stays.c.joined_at, agent_states.c.at, tallies.c.at)
Sums = Mapping[str, int]
Key = TypeVar("Key")
Made = dict[tuple[str, str, datetime, str], Sums]  # by span, cut, moment, key


@dataclass(frozen=True, slots=True)
class Tally:
    """What the calls of a half-hour or day that began `at` come to, of one queue, matter, agent: only what is not 0."""

    at: datetime
    key: str
    sums: Sums


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
        since, until = self.start(date.fromisoformat(day)), self.start(date.fromisoformat(day) + DAY)
        with begun(self.engine) as connection:
            alone(connection, LOCK)
            # Whoever writes more of this day meanwhile leaves a row that is not seen here yet: it is counted again.
            connection.execute(delete(stale).where(stale.c.of >= since, stale.c.of < until))
            made, now = _counted(connection, since, until), self.now()
            worked = list(states.counted(connection, since, min(until, now)))
            made |= {("day", "state", since, agent): sums for agent, sums, _ in worked}
            if any(on for _, _, on in worked):
                # Time goes on for who is there: of this day each minute, and after it the next one's begins.
                soon = {"of": until, "at": until} if now >= until else {"of": since, "at": min(until, now + MINUTE)}
                connection.execute(insert(stale), [soon])
            return _kept(connection, since, until, made)

    def anew(self) -> Iterator[tuple[str, bool]]:
        """Count all days anew, also those of which there are but tallies; yield each, and whether it differed."""
        with opened(self.engine) as connection:
            ends = [
                at for one in MOMENTS for at in connection.execute(select(func.min(one), func.max(one))).one() if at
            ]
        if not ends:
            return
        day, last = (at.astimezone(self.zone).date() for at in (min(ends), max(ends)))
        while day <= last:
            yield day.isoformat(), self.take(day.isoformat())
            day += DAY

    def read(self, cut: str, since: date, until: date, span: str = "day", key: str | None = None) -> list[Tally]:
        """Return the tallies by day, or by `half` hour, of these days (both included), in order."""
        query = select(tallies.c.at, tallies.c.key, tallies.c.sums).where(tallies.c.span == span, tallies.c.cut == cut)
        query = query.where(tallies.c.at >= self.start(since), tallies.c.at < self.start(until + DAY))
        if key is not None:
            query = query.where(tallies.c.key == key)
        with opened(self.engine) as connection:
            rows = connection.execute(query.order_by(tallies.c.at, tallies.c.key))
            return [Tally(row.at, row.key, json.loads(row.sums)) for row in rows]

    def pending(self, since: date, until: date) -> bool:
        """Return whether calls of these days are yet to be counted."""
        theirs = stale.c.of >= self.start(since), stale.c.of < self.start(until + DAY), stale.c.at <= self.now()
        query = select(stale.c.id).where(*theirs).limit(1)
        with opened(self.engine) as connection:
            return connection.scalar(query) is not None

    def start(self, day: date) -> datetime:
        """Return the moment at which a day begins."""
        return datetime.combine(day, time(), self.zone)


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
    return {key: Counter(sums) for key, sums in added.items()}


def _counted(connection: Connection, since: datetime, until: datetime) -> Made:
    made: Made = {}
    for name, cut in CUTS.items():
        for key, at, sums in _summed(connection, name, since, until):
            if cut.halves:
                made["half", name, at, key] = sums
            made["day", name, since, key] = Counter(made.get(("day", name, since, key), {})) + Counter(sums)
    for name, key, ways_taken in ways.counted(connection, since, until):
        made["day", name, since, key] = ways_taken
    return made


def _summed(
    connection: Connection, name: str, since: datetime, until: datetime
) -> Iterator[tuple[str, datetime, dict[str, int]]]:
    cut = CUTS[name]
    first = 2 if cut.halves else 1
    for row in connection.execute(_sums(name), {"since": since, "until": until}):
        found = dict(zip(MEASURES[cut.table.name], map(int, row[first:]), strict=True))
        yield row[0], row[1] if cut.halves else since, {name: number for name, number in found.items() if number}


@cache  # It takes longer to build than a quiet day takes to count.
def _sums(name: str) -> Select[Any]:
    """Return the query for the sums of a cut: by its key, and by half-hour where it has them."""
    cut = CUTS[name]
    sums = (func.sum(case((one.where, one.of), else_=0)) for one in MEASURES[cut.table.name].values())
    by = (cut.key, cut.table.c.half) if cut.halves else (cut.key,)
    since, until = (bindparam(one, type_=Moment) for one in ("since", "until"))
    return select(*by, *sums).where(cut.at >= since, cut.at < until).group_by(*by)


def _kept(connection: Connection, since: datetime, until: datetime, made: Made) -> bool:
    """Have these tallies in place of what was there; return whether anything differs."""
    theirs = (tallies.c.at >= since) & (tallies.c.at < until) & tallies.c.span.in_(("half", "day"))
    rows = connection.execute(select(tallies).where(theirs)).mappings().all()
    there = {(row["span"], row["cut"], row["at"], row["key"]): json.loads(row["sums"]) for row in rows}
    if there == made:
        return False
    connection.execute(delete(tallies).where(theirs))
    if made:
        connection.execute(insert(tallies), [_row(*one, sums) for one, sums in made.items()])
    return True


def _row(span: str, cut: str, at: datetime, key: str, sums: Sums) -> dict[str, Any]:
    return {"span": span, "cut": cut, "at": at, "key": key, "sums": json.dumps(sums, sort_keys=True)}
