"""The estimate: the minutes that somebody still waits, as a range, from how long others really waited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil, log
from statistics import fmean
from typing import Final

COVER: Final = 0.8  # Of ten who are told a range, eight are to be answered inside it.
FLOOR: Final = 30  # Below so many like cases we say nothing.
LIKE: Final = 0.25  # How far apart, as a share, two places in line may be and still be alike.
MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody who was answered: seconds waited, people ahead and agents on as they joined, hour of the week."""

    waited: float
    ahead: int
    agents: int
    slot: int

    @property
    def pace(self) -> float:
        """Seconds for one more person to an agent."""
        return self.waited * self.agents / (self.ahead + 1)


History = Sequence[Case]


@dataclass(frozen=True, slots=True)
class Range:
    """So many to so many more minutes, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stood when a range was told: how many ahead, how many agents on."""

    ahead: int
    agents: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody was told, and how many seconds later they were really answered."""

    told: Range
    took: float


class Longer(StrEnum):
    """Why somebody must wait longer than they were told."""

    FEWER_AGENTS = "fewer colleagues answer"
    URGENT = "more urgent callers came"
    SLOWER = "the talks take longer than usual"


def slot(at: datetime) -> int:
    """Return the hour of the week, 0 to 167, Monday's first being 0; `at` is in the hotline's own time."""
    return at.weekday() * 24 + at.hour


def estimate(history: History, ahead: int, agents: int, waited: float, slot: int, floor: int = FLOOR) -> Range | None:
    """Return the minutes that remain for whom `ahead` people stood before `waited` seconds ago, none below the floor.

    That moment may be when they joined, or, which says more, when somebody ahead of them last went. Like cases that
    lasted longer than `waited` tell what remained: at first those of the same hour, as many ahead and as many agents;
    then of any hour; at last all. Each is stretched to this many people an agent. Raises no error: no agents, no range.
    """
    if agents < 1:
        return None
    people = (ahead + 1) / agents
    for like in _ever_wider(history, ahead, agents, slot):
        remaining = [rest - waited for case in like if (rest := case.pace * people) > waited]
        if len(remaining) >= max(1, floor):
            return covering(remaining)
    paces = [case.pace for case in history if case.waited > 0]
    if len(paces) < max(1, floor):
        return None
    return _memoryless(fmean(paces) * people)


def covering(seconds: Sequence[float]) -> Range:
    """Return the fewest whole minutes in a row in which eight of ten of these fall; of equally few, the latest."""
    ranked = sorted(seconds)
    most = ceil(len(ranked) * COVER)
    spans = (_minutes(first, last) for first, last in zip(ranked, ranked[most - 1 :], strict=False))
    return min(spans, key=lambda span: (span.high - span.low, -span.high))


def told(
    before: Range | None, now: Range, stood: Standing | None = None, stands: Standing | None = None
) -> tuple[Range, Longer | None]:
    """Return what to say, and why it is longer than what was said before; nothing where it is not."""
    if before is None or (now.high, now.low) <= (before.high, before.low):
        return now, None
    if stood and stands and stands.agents < stood.agents:
        return now, Longer.FEWER_AGENTS
    if stood and stands and stands.ahead > stood.ahead:
        return now, Longer.URGENT
    return now, Longer.SLOWER


def hit_rate(promises: Iterable[Promise]) -> float | None:
    """Return the share, 0 to 1, of those answered inside the range they were told; none where nobody was told any."""
    hits = [kept.told.low * MINUTE <= kept.took <= kept.told.high * MINUTE for kept in promises]
    return sum(hits) / len(hits) if hits else None


def _ever_wider(history: History, ahead: int, agents: int, slot: int) -> Iterator[History]:
    """Yield the cases of the same hour, as many ahead and as many agents; those of any hour; all."""
    far, more = max(1, LIKE * ahead), LIKE * agents
    alike = [case for case in history if abs(case.ahead - ahead) <= far and abs(case.agents - agents) <= more]
    yield [case for case in alike if case.slot == slot]
    yield alike
    yield history


def _memoryless(expected: float) -> Range:
    """Return the range for whom nobody waited as long as: so long as talks that may end at any moment."""
    missed = (1 - COVER) / 2
    return _minutes(-log(1 - missed) * expected, -log(missed) * expected)


def _minutes(first: float, last: float) -> Range:
    """Return the whole minutes from and to these seconds, at least one of them."""
    low = int(first // MINUTE)
    return Range(low, max(low + 1, ceil(last / MINUTE)))
