"""The outlook of somebody in line: how long it still takes, told from how long others really waited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import Engine, or_, select

from ivr.desk.estimate import Case, Longer, Promise, Range, Standing, estimate, hit_rate, slot, told
from ivr.desk.kept import Kept
from ivr.desk.line import Rules
from ivr.desk.standings import joined, read
from ivr.flow.call import Promised
from ivr.store.desk_tables import line, promises
from ivr.store.engine import opened

DAYS: Final = 28
RECENT: Final = 1000  # So many of the last answered tell of today, and as many of this hour in the weeks before.
FRESH: Final = timedelta(seconds=30)  # How old what we know of the past may be,
STANDS: Final = timedelta(seconds=1)  # and how the line stands.
COARSE: Final = 10  # Seconds: who waited for much the same time is told the same.


@dataclass(frozen=True, slots=True)
class Outlook:
    """How somebody in line stands, and the minutes to tell, 0 to 0 for none; `longer` says why they are more."""

    low: int
    high: int
    longer: str
    ahead: int
    agents: int


@dataclass(frozen=True, slots=True)
class Past:
    """How long those of one queue waited, and what that was found to mean."""

    cases: Sequence[Case]
    found: dict[tuple[int, int, int, int], Range | None] = field(default_factory=dict)


class Outlooks:
    """Looks ahead for whoever waits; how the line stands, and how long others waited, is kept between two looks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], rules: Rules, zone: tzinfo) -> None:
        """Look at the line in this database, by these rules, at the hours of this zone."""
        self._engine, self._now, self._rules, self._zone = engine, now, rules, zone
        self._standings = Kept(lambda: read(engine, rules, now), now, STANDS)
        self._pasts: dict[str, Kept[Past]] = {}

    def of(self, asked: Sequence[tuple[str, Promised | None]]) -> list[Outlook | None]:
        """Return how callers stand at these places who were told this before; None for who is not in line."""
        line = self._standings.get()
        if new := [place for place, _ in asked if place not in line.callers]:
            line.callers.update(joined(self._engine, self._rules, new))
        return [
            self._outlook(self._past(caller.queue).get(), Standing(line.ahead(caller), line.on(caller)), told)
            if (caller := line.callers.get(place))
            else None
            for place, told in asked
        ]

    @property
    def due(self) -> bool:
        """Whether the next call of `of` reads how the line stands."""
        return self._standings.at_hand() is None

    def at_hand(self, place: str, told: Promised | None) -> Outlook | None:
        """Return what `of` returns where memory tells it, of a line that may just be `due` to be read; else None."""
        line = self._standings.at_hand(2)
        caller = line.callers.get(place) if line else None
        past = self._past(caller.queue).at_hand() if caller else None
        if line is None or caller is None or past is None:
            return None
        return self._outlook(past, Standing(line.ahead(caller), line.on(caller)), told)

    def promised(self, days: int = DAYS) -> tuple[int, int]:
        """Return how many ranges came true, and how many were told, to who was answered in the last so many days."""
        answered = line.c.answered_at.is_not(None), line.c.kind == "call"
        columns = promises.c.low, promises.c.high, promises.c.at, line.c.answered_at
        query = select(*columns).join(line, line.c.id == promises.c.line).where(*answered)
        query = query.where(promises.c.at >= self._now() - timedelta(days=days), promises.c.at <= line.c.answered_at)
        with opened(self._engine) as connection:
            kept = [
                Promise(Range(low, high), (answer - at).total_seconds())
                for low, high, at, answer in connection.execute(query)
            ]
        return round((hit_rate(kept) or 0) * len(kept)), len(kept)

    def _outlook(self, past: Past, stands: Standing, before: Promised | None) -> Outlook:
        """Look from when as many stood ahead as now, so far as that was told: it says more than the joining."""
        same = before is not None and before.ahead == stands.ahead
        waited = int((self._now() - before.since).total_seconds()) // COARSE * COARSE if before and same else 0
        span = self._estimate(past, stands, waited)
        if span is None:
            return Outlook(0, 0, "", stands.ahead, stands.agents)
        said = Range(before.low, before.high) if before else None
        span, why = told(said, span, Standing(before.ahead, before.agents) if before else None, stands)
        return Outlook(span.low, span.high, _word(why), stands.ahead, stands.agents)

    def _estimate(self, past: Past, stands: Standing, waited: int) -> Range | None:
        hour = slot(self._now().astimezone(self._zone))
        asked = stands.ahead, stands.agents, waited, hour
        if asked not in past.found:
            past.found[asked] = estimate(past.cases, *asked)
        return past.found[asked]

    def _past(self, queue: str) -> Kept[Past]:
        if (known := self._pasts.get(queue)) is None:
            known = self._pasts.setdefault(queue, Kept(lambda: Past(self._cases(queue)), self._now, FRESH))
        return known

    def _cases(self, queue: str) -> list[Case]:
        """Return the last answered callers, and those who were answered about this hour in the weeks before."""
        now = self._now()
        hours = [now - timedelta(weeks=weeks) for weeks in range(1, DAYS // 7 + 1)]
        then = or_(
            *(line.c.answered_at.between(hour - timedelta(hours=1), hour + timedelta(hours=1)) for hour in hours)
        )
        columns = line.c.id, line.c.joined_at, line.c.answered_at, line.c.ahead, line.c.agents_on
        query = select(*columns).where(line.c.queue == queue, line.c.kind == "call", line.c.agents_on > 0)
        recent = query.where(line.c.answered_at.between(now - timedelta(days=DAYS), now))
        with opened(self._engine) as connection:
            rows = [
                row
                for part in (recent, query.where(then))
                for row in connection.execute(part.order_by(line.c.answered_at.desc()).limit(RECENT))
            ]
        return [self._case(row) for row in {row.id: row for row in rows}.values()]

    def _case(self, row: Any) -> Case:
        waited, hour = (row.answered_at - row.joined_at).total_seconds(), slot(row.joined_at.astimezone(self._zone))
        return Case(waited, row.ahead, row.agents_on, hour)


def _word(why: Longer | None) -> str:
    return why.name.lower() if why else ""
