"""How many agents a load needs: Erlang C, where everybody waits, and Erlang A, where callers lose patience.

Erlang C: A. K. Erlang, 1917. Erlang A: C. Palm's model M/M/n+M. With λ arrivals, n agents who serve μ each, and 1/θ
the mean patience, whoever comes while all are busy would wait a time that has the density λ·exp(g(x)) / (1/B + λJ),
where g(x) = λ(1 - exp(-θx))/θ - nμx, J is the integral of exp(g), and B is Erlang's loss of n - 1 agents; see Zeltyn
and Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue", 2005.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, cosh, exp, expm1, inf, log, pi, sinh, tanh
from typing import Final

HOUR: Final = 3600
MOST: Final = 2000  # agents
SMALL: Final = 32.0  # exp(-32) of the most is nothing.
# Where between 0 and 1 an integral is measured, and with what weight: tanh-sinh, by Takahasi and Mori, 1974.
POINTS: Final = tuple(
    ((1 + tanh(pi / 2 * sinh(at))) / 2, pi / 4 * cosh(at) / cosh(pi / 2 * sinh(at)) ** 2 / 9)
    for at in (step / 9 for step in range(-27, 28))
)


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
    """Return the service where callers wait `patience` seconds on average, at random, before they give up.

    Right to four figures where far more call than agents could serve, and else to seven.
    """
    arrives, serves, leaves = load.calls / HOUR, agents / load.handled, 1 / patience
    if not arrives:
        return Service(agents, 1.0, 0.0, 0.0, 0.0)

    def grows(wait: float) -> float:
        return -arrives * expm1(-leaves * wait) / leaves - serves * wait

    peak = max(0.0, log(arrives / serves) / leaves)
    most = grows(peak)
    # Nothing is but where the density is near its most: all is divided by exp(most), so that nothing overflows.
    first, last = _edge(grows, most, peak, -peak), _edge(grows, most, peak, inf)
    middle = min(max(within, first), last)
    soon, late = (_sums(grows, most, leaves, *ends) for ends in ((first, middle), (middle, last)))
    loss = arrives * _blocked(load.erlangs, agents - 1)
    free = exp(-most)
    whole = free + loss * (soon[0] + late[0])
    answered, left = free + loss * (soon[1] + late[1]), loss * (soon[2] + late[2])
    # By Little: those who wait leave at the rate of their impatience.
    shares = (free + loss * soon[1]) / whole, left / whole
    return Service(agents, *shares, shares[1] * patience, load.erlangs * answered / whole / agents)


def needed(load: Load, target: float, within: float, busiest: float = 1.0, patience: float | None = None) -> Service:
    """Return the service of the fewest agents who answer a share of calls in time and are busy no more than this."""

    def gives(agents: int) -> Service:
        return erlang_a(load, agents, within, patience) if patience else erlang_c(load, agents, within)

    def enough(agents: int) -> bool:
        found = gives(agents)
        return found.level >= target and found.occupancy <= busiest

    # No fewer can answer the share at all; each more makes it better.
    least = most = min(MOST, max(1, ceil(load.erlangs * target / busiest * (1 - 1e-9))))
    while most < MOST and not enough(most):
        least, most = most + 1, min(MOST, most + 2 * (most - least) + 8)
    agents = bisect_left(range(most + 1), True, lo=least, hi=most, key=enough)
    if agents == MOST and not enough(agents):
        raise ValueError(f"{load.erlangs:.0f} erlangs need more than {MOST} agents")
    return gives(agents)


def _blocked(erlangs: float, agents: int) -> float:
    """Return Erlang B's share, by its recursion; 0 where it is too small to be told."""
    inverse = 1.0
    for number in range(1, agents + 1):
        inverse = 1 + inverse * number / erlangs if erlangs else inf
    return 1 / inverse


def _edge(grows: Callable[[float], float], most: float, peak: float, way: float) -> float:
    """Return how far from its peak, which way, a density has anything: it falls ever faster."""
    step = 1e-3 if way > 0 else -1e-3
    while abs(step) < abs(way) and grows(peak + step) > most - SMALL:
        step *= 1.5
    return max(0.0, peak + step)


def _sums(
    grows: Callable[[float], float], most: float, leaves: float, since: float, until: float
) -> tuple[float, float, float]:
    """Return the integrals, of the density: of all, of those who stay so long, of those who leave."""
    whole = stay = left = 0.0
    for at, weight in POINTS:
        wait = since + at * (until - since)
        there = weight * exp(grows(wait) - most)
        whole += there
        stay += there * exp(-leaves * wait)
        left -= there * expm1(-leaves * wait)
    width = until - since
    return whole * width, stay * width, left * width
