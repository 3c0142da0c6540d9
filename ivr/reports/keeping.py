"""What is known of calls that are over, kept current: the facts of each, then the tallies of its day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from ivr.flow.events import Event
from ivr.reports.counting import rests
from ivr.reports.digest import Digest
from ivr.reports.tallies import Tallies

Job = tuple[str, ...] | str  # Calls to be digested, or a day to be counted.


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps facts and tallies; `events` gives all that happened in a call, `zone` is the hotline's."""

    engine: Engine
    events: Callable[[str], Sequence[Event]]
    zone: ZoneInfo
    now: Callable[[], datetime]
    _rests: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)  # From and until when, by day.

    @property
    def digest(self) -> Digest:
        """Who keeps the facts of calls."""
        return Digest(self.engine, self.events, self.zone, self.now)

    @property
    def tallies(self) -> Tallies:
        """Who keeps the tallies of days."""
        return Tallies(self.engine, self.zone, self.now)

    def due(self) -> list[Job]:
        """Return what is to be done now: calls first, then the days that they changed."""
        now = self.now()
        for day, (_, until) in self._rests.copy().items():
            if now >= until:
                self._rests.pop(day, None)
        return [*self.digest.due(), *(day for day in self.tallies.due() if not self._resting(day, now))]

    def _resting(self, day: str, now: datetime) -> bool:
        since, _ = self._rests.get(day, (now, now))
        return since < now  # Else the clock was put back.

    def take(self, job: Job) -> None:
        """Do it."""
        if isinstance(job, str):
            begun = self.now()
            self.tallies.take(job)
            ended = self.now()
            self._rests[job] = ended, rests(begun, ended)
        else:
            self.digest.take(job)

    def anew(self) -> Iterator[tuple[str, int, int]]:
        """Make all anew; yield after each step what is made (calls, days, months), how many are done and differed."""
        for done, differed in self.digest.anew():
            yield "calls", done, differed
        told = {"days": (0, 0), "months": (0, 0)}
        for what, other in self.tallies.anew():
            kind = "days" if what.count("-") > 1 else "months"
            done, differed = told[kind]
            told[kind] = done + 1, differed + other
            yield kind, *told[kind]
