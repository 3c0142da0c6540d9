"""The outlook of somebody in line: how long it still takes, told from how long others really waited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from json import dumps
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, case, func, literal, or_, select

from ivr.desk.estimate import Case, Longer, Promise, Range, Standing, estimate, hit_rate, slot, told
from ivr.desk.line import Rules, virtual
from ivr.desk.places import entry, standings
from ivr.store.desk_tables import ON, agents, line, promises
from ivr.store.engine import opened

DAYS: Final = 28
RECENT: Final = 1000  # So many of the last answered tell of today, and as many of this hour in the weeks before.
FRESH: Final = timedelta(seconds=30)
COARSE: Final = 10  # Seconds: who waited for much the same time is told the same.


@dataclass(frozen=True, slots=True)
class Outlook:
    """How somebody in line stands, and the minutes to tell, 0 to 0 for none; `longer` says why they are more."""

    low: int
    high: int
    longer: str
    ahead: int
    agents: int


@dataclass(slots=True)
class Past:
    """How long those of one queue waited, read at this moment, and what that was found to mean."""

    read: datetime
    cases: Sequence[Case]
    found: dict[tuple[int, int, int, int], Range | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Looks ahead for whoever waits; `pasts` are kept from one look to the next."""

    engine: Engine
    now: Callable[[], datetime]
    rules: Rules
    zone: tzinfo
    pasts: dict[str, Past]

    def of(self, call_id: str) -> Outlook | None:
        """Return how the caller stands; None for who is not in line."""
        mine = line.c.call_id == call_id, line.c.kind == "call", line.c.state.in_(("waiting", "offered"))
        ours = line.c.router != "taskrouter"  # Whose order we do not know.
        with opened(self.engine) as connection:
            row = connection.execute(standings().where(*mine, ours)).first()
            if row is None:
                return None
            stands = Standing(self._ahead(connection, row), _on(connection, row.queue, row.language))
            before = connection.execute(_told(row.id)).all()
        return self._outlook(row.queue, stands, before)

    def promised(self, days: int = DAYS) -> tuple[int, int]:
        """Return how many ranges came true, and how many were told, to who was answered in the last so many days."""
        answered = line.c.answered_at.is_not(None), line.c.kind == "call"
        columns = promises.c.low, promises.c.high, promises.c.at, line.c.answered_at
        query = select(*columns).join(line, line.c.id == promises.c.line).where(*answered)
        query = query.where(promises.c.at >= self.now() - timedelta(days=days), promises.c.at <= line.c.answered_at)
        with opened(self.engine) as connection:
            kept = [
                Promise(Range(low, high), (answer - at).total_seconds())
                for low, high, at, answer in connection.execute(query)
            ]
        return round((hit_rate(kept) or 0) * len(kept)), len(kept)

    def _outlook(self, queue: str, stands: Standing, before: Sequence[Any]) -> Outlook:
        """Look from when as many stood ahead as now, so far as that was told: it says more than the joining."""
        same = [one.at for one in before if one.ahead == stands.ahead]
        waited = int((self.now() - same[-1]).total_seconds()) // COARSE * COARSE if same else 0
        span = self._estimate(queue, stands, waited)
        if span is None:
            return Outlook(0, 0, "", stands.ahead, stands.agents)
        last = before[0] if before else None
        said = Range(last.low, last.high) if last else None
        span, why = told(said, span, Standing(last.ahead, last.agents) if last else None, stands)
        return Outlook(span.low, span.high, _word(why), stands.ahead, stands.agents)

    def _estimate(self, queue: str, stands: Standing, waited: int) -> Range | None:
        past, hour = self._past(queue), slot(self.now().astimezone(self.zone))
        asked = stands.ahead, stands.agents, waited, hour
        if asked not in past.found:
            past.found[asked] = estimate(past.cases, *asked)
        return past.found[asked]

    def _past(self, queue: str) -> Past:
        now, known = self.now(), self.pasts.get(queue)
        if known is None or not timedelta(0) <= now - known.read < FRESH:
            with opened(self.engine) as connection:
                known = Past(now, self._cases(connection, queue))
            self.pasts[queue] = known
        return known

    def _cases(self, connection: Connection, queue: str) -> list[Case]:
        """Return the last answered callers, and those who were answered about this hour in the weeks before."""
        now = self.now()
        hours = [now - timedelta(weeks=weeks) for weeks in range(1, DAYS // 7 + 1)]
        then = or_(
            *(line.c.answered_at.between(hour - timedelta(hours=1), hour + timedelta(hours=1)) for hour in hours)
        )
        columns = line.c.id, line.c.joined_at, line.c.answered_at, line.c.ahead, line.c.agents_on
        query = select(*columns).where(line.c.queue == queue, line.c.kind == "call", line.c.agents_on > 0)
        recent = query.where(line.c.answered_at.between(now - timedelta(days=DAYS), now))
        found = {
            row.id: Case((row.answered_at - row.joined_at).total_seconds(), row.ahead, row.agents_on, self._slot(row))
            for part in (recent, query.where(then))
            for row in connection.execute(part.order_by(line.c.answered_at.desc()).limit(RECENT))
        }
        return list(found.values())

    def _slot(self, row: Any) -> int:
        return slot(row.joined_at.astimezone(self.zone))

    def _ahead(self, connection: Connection, row: Any) -> int:
        """Return how many of the same queue stand before, by the line's own order."""
        now, mine = self.now(), entry(row)
        came = case((line.c.front < line.c.since, line.c.front), else_=line.c.since)
        second = _second(line.c.front.is_not(None), line.c.kind != "call")
        tie = literal(_rank(row.front is not None, row.kind != "call"))
        ranks = {*self.rules.head_start, row.rank}
        before = []
        for rank in ranks | {0}:
            theirs = line.c.rank == rank if rank in ranks else line.c.rank.not_in(ranks)
            # Who came before this moment stands before, whatever the head start of the rank is.
            until = virtual(mine, self.rules) + self.rules.head_start.get(rank, timedelta(0))
            equal = or_(second < tie, and_(second == tie, line.c.id < row.id))
            before.append(and_(theirs, or_(came < until, and_(came == until, equal))))
        due = or_(line.c.not_before.is_(None), line.c.not_before <= now)
        query = select(func.count()).where(line.c.state == "waiting", line.c.queue == row.queue, due, or_(*before))
        return connection.scalar(query) or 0


def _rank(front: bool, absent: bool) -> int:
    """Return the order among those who came at the same moment."""
    return (0 if front else 2) + absent


def _second(front: Any, absent: Any) -> Any:
    return case((front, 0), else_=2) + case((absent, 1), else_=0)


def _on(connection: Connection, queue: str, language: str) -> int:
    """Return how many agents who can serve this queue in this language are there."""
    able = [agents.c.skills.like(f"%{dumps(skill)}%") for skill in (f"queue:{queue}", f"language:{language}")]
    return connection.scalar(select(func.count()).where(agents.c.state.in_(ON), *able)) or 0


def _told(place: str) -> Any:
    """Return the query for what somebody was told, the latest first."""
    return select(promises).where(promises.c.line == place).order_by(promises.c.at.desc())


def _word(why: Longer | None) -> str:
    return why.name.lower() if why else ""
