"""How many agents a load needs: Erlang C, where everybody waits, and Erlang A, where callers lose patience.

Erlang C: A. K. Erlang, 1917. Erlang A: C. Palm's model M/M/n+M; see Garnett, Mandelbaum and Reiman, "Designing a call
center with impatient customers", 2002. Who stands behind k others at n agents is answered after a time V with
exp(-θV) distributed as Beta(nμ/θ, k + 1), where 1/θ is the mean patience and 1/μ the handle time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import Final

HOUR: Final = 3600
MOST: Final = 2000  # agents
SMALL: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Load:
    """Calls an hour, and the seconds that each keeps an agent; `erlangs` is how many talk at once on average."""

    calls: float
    handled: float

    @property
    def erlangs(self) -> float:
        """The agents' hours of work in each hour."""
        return self.calls * self.handled / HOUR


@dataclass(frozen=True, slots=True)
class Service:
    """What so many agents give: shares answered in time and given up, mean seconds waited, the share of time busy."""

    agents: int
    level: float
    abandoned: float
    waited: float
    occupancy: float


def erlang_c(load: Load, agents: int, within: float) -> Service:
    """Return the service where nobody gives up; fewer agents than erlangs serve nobody in time."""
    spare = agents - load.erlangs
    if spare <= 0:
        return Service(agents, 0.0, 0.0, float("inf"), 1.0)
    blocked = _blocked(load.erlangs, agents)
    waits = blocked / (1 - load.erlangs / agents * (1 - blocked))
    level = 1 - waits * exp(-spare * within / load.handled)
    return Service(agents, level, 0.0, waits * load.handled / spare, load.erlangs / agents)


def erlang_a(load: Load, agents: int, within: float, patience: float) -> Service:
    """Return the service where callers wait `patience` seconds on average, at random, before they give up."""
    leaves, serves = 1 / patience, agents / load.handled
    free, queued = _stationary(load, agents, leaves)
    ratio, late = serves / leaves, exp(-leaves * within)
    level, answered = free, free
    for ahead, (share, early) in enumerate(zip(queued, _early(ratio, late), strict=False)):
        reached = ratio / (ratio + ahead + 1)
        level += share * reached * early
        answered += share * reached
    abandoned = max(0.0, 1 - answered)
    # By Little: those who wait leave at the rate of their impatience, or not at all.
    return Service(agents, level, abandoned, abandoned * patience, load.erlangs * answered / agents)


def needed(load: Load, target: float, within: float, busiest: float = 1.0, patience: float | None = None) -> Service:
    """Return the service of the fewest agents who answer a share of calls in time and are busy no more than this."""
    for agents in range(1, MOST):
        found = erlang_a(load, agents, within, patience) if patience else erlang_c(load, agents, within)
        if found.level >= target and found.occupancy <= busiest:
            return found
    raise ValueError(f"{load.erlangs:.0f} erlangs need more than {MOST} agents")


def _blocked(erlangs: float, agents: int) -> float:
    """Return Erlang B's share, by its recursion."""
    inverse = 1.0
    for number in range(1, agents + 1):
        inverse = 1 + inverse * number / erlangs if erlangs else float("inf")
    return 1 / inverse


def _stationary(load: Load, agents: int, leaves: float) -> tuple[float, list[float]]:
    """Return how often a caller finds somebody free, and how often 0, 1, 2, … callers ahead in line."""
    arrives, serves = load.calls / HOUR, 1 / load.handled
    weight, below = 1.0, 0.0
    for busy in range(agents):
        below += weight
        weight *= arrives / ((busy + 1) * serves)
        if weight > 1e200:  # Only their proportions count.
            weight, below = weight / 1e200, below / 1e200
    line = [weight]
    while line[-1] > SMALL * (below + sum(line[:1])) or len(line) < 2:
        line.append(line[-1] * arrives / (agents * serves + len(line) * leaves))
    total = below + sum(line)
    return below / total, [one / total for one in line]


def _early(ratio: float, late: float) -> Iterator[float]:
    """Yield, by how many are ahead, how often somebody who is answered is answered in time.

    That a Beta(ratio + 1, k + 1) exceeds `late`: a sum, as k is a whole number.
    """
    term, tail = late ** (ratio + 1), 0.0
    number = 0
    while True:
        tail += term
        yield max(0.0, 1 - tail)
        number += 1
        term *= (ratio + number) / number * (1 - late)
