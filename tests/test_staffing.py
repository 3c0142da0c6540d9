"""Agents for a load: against pyworkforce's figures, the states of the line by their logarithms, and simulated lines."""

from collections.abc import Iterator
from math import exp, isfinite, log, sqrt
from random import Random
from time import process_time
from typing import Any

import pytest
from simpy import Environment, Resource

from ivr.reports.erlang import MOST, Load, Service, erlang_a, erlang_c, needed

# As pyworkforce 0.5.1 has it (ErlangC.required_positions, shrinkage 0): calls in half an hour, seconds handled, target
# seconds, share, most occupancy; agents, service level, who waits. It needs OR-tools and pandas: too much for this.
PYWORKFORCE = [
    (1, 120, 20, 0.8, 1, 1, 0.942937365105849, 0.06666666666666667),
    (10, 180, 20, 0.8, 0.85, 3, 0.9272056906439266, 0.09090909090909091),
    (55, 240, 20, 0.8, 0.85, 11, 0.8850505947718971, 0.15602989641469545),
    (100, 180, 20, 0.8, 0.85, 14, 0.8883500191794669, 0.1741319335950498),
    (100, 180, 10, 0.95, 1, 16, 0.9589138575490727, 0.05734033090337124),
    (300, 300, 20, 0.9, 0.9, 59, 0.9166808943290664, 0.1518173088747315),
    (900, 400, 60, 0.8, 1, 207, 0.8193424203279613, 0.5162563345363863),
    (3000, 300, 20, 0.8, 0.95, 527, 0.9738427652790757, 0.15824204870549444),
    (3000, 300, 30, 0.8, 1, 511, 0.8283478414718577, 0.5156715825873122),
    (200, 45, 5, 0.7, 1, 7, 0.7404410115433661, 0.324149949173288),
]
LOADS = [
    (erlangs, handled, agents, patience)
    for erlangs, handled, agents in (
        (0.01, 300, 1),
        (3, 1000, 1),
        (10, 300, 9),
        (10, 180, 14),
        (200, 300, 150),
        (500, 60, 520),
    )
    for patience in (1, 60, 300, 10_000)
]


def load(erlangs: float, handled: float = 300) -> Load:
    """Return the load of so many talks at once."""
    return Load(erlangs * 3600 / handled, handled)


@pytest.mark.parametrize("row", PYWORKFORCE, ids=str)
def test_erlang_c_is_as_pyworkforce_has_it(row: tuple[float, ...]) -> None:
    calls, handled, within, target, busiest, agents, level, waits = row
    found = needed(Load(2 * calls, handled), target, within, busiest)
    assert (found.agents, found.level) == (agents, pytest.approx(level, rel=1e-9))
    spare = agents - calls * handled / 1800
    assert found.waited == pytest.approx(waits * handled / spare, rel=1e-9)


@pytest.mark.parametrize(("erlangs", "handled", "agents", "patience"), LOADS)
def test_erlang_a_is_as_the_states_of_the_line_have_it(
    erlangs: float, handled: float, agents: int, patience: float
) -> None:
    shares = states(erlangs, handled, agents, patience)
    arrives = erlangs / handled
    queue = sum(max(0, number - agents) * share for number, share in enumerate(shares))
    busy = sum(min(number, agents) * share for number, share in enumerate(shares))
    found = erlang_a(load(erlangs, handled), agents, 20, patience)
    close = {"rel": 1e-4 if erlangs > agents else 1e-7, "abs": 1e-12}
    assert found.abandoned == pytest.approx(queue / patience / arrives, **close)
    assert found.waited == pytest.approx(queue / arrives, **close)
    assert found.occupancy == pytest.approx(busy / agents, **close)
    # At once is answered who finds somebody free; in the end, who does not give up.
    free = sum(shares[:agents])
    assert erlang_a(load(erlangs, handled), agents, 0, patience).level == pytest.approx(free, **close)
    assert erlang_a(load(erlangs, handled), agents, 1e9, patience).level == pytest.approx(1 - found.abandoned, **close)


def states(erlangs: float, handled: float, agents: int, patience: float) -> list[float]:
    """Return how often so many callers are there, served or waiting: births and deaths, by their logarithms."""
    logs, number = [0.0], 0
    while number <= agents or logs[-1] > max(logs) - 45:
        number += 1
        rate = min(number, agents) / handled + max(0, number - agents) / patience
        logs.append(logs[-1] + log(erlangs / handled / rate))
    weights = [exp(one - max(logs)) for one in logs]
    return [one / sum(weights) for one in weights]


@pytest.mark.parametrize(
    ("erlangs", "agents", "patience"),
    [(4, 6, None), (10, 12, None), (4, 5, 60.0), (10, 9, 120.0), (3, 4, 1000.0), (20, 15, 30.0)],
)
def test_a_simulated_line_is_served_as_foreseen(erlangs: float, agents: int, patience: float | None) -> None:
    chosen = load(erlangs, 180)
    foreseen = erlang_a(chosen, agents, 20, patience) if patience else erlang_c(chosen, agents, 20)
    days = [simulated(erlangs, 180, agents, patience, seed) for seed in range(12)]
    for name in ("level", "abandoned", "waited"):
        values = [getattr(day, name) for day in days]
        mean = sum(values) / len(values)
        error = sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1) / len(values))
        assert abs(mean - getattr(foreseen, name)) <= 4 * error + 1e-9, (name, mean, error, foreseen)


def simulated(erlangs: float, handled: float, agents: int, patience: float | None, seed: int) -> Service:
    """Return what a line of SimPy gave to 1,500 callers, after 200 by whom it filled."""
    chance, here = Random(seed), Environment()
    staff, waits = Resource(here, agents), list[tuple[float, bool]]()

    def caller() -> Iterator[Any]:
        came = here.now
        gives_up = here.timeout(chance.expovariate(1 / patience) if patience else 1e12)
        with staff.request() as asked:
            yield asked | gives_up
            waits.append((here.now - came, asked.triggered))
            if asked.triggered:
                yield here.timeout(chance.expovariate(1 / handled))

    def callers() -> Iterator[Any]:
        for _ in range(1700):
            yield here.timeout(chance.expovariate(erlangs / handled))
            here.process(caller())

    here.process(callers())
    here.run()
    told = waits[200:]
    soon, gone = sum(on and wait <= 20 for wait, on in told), sum(not on for _, on in told)
    return Service(agents, soon / len(told), gone / len(told), sum(wait for wait, _ in told) / len(told), 0)


def test_with_endless_patience_erlang_a_is_erlang_c() -> None:
    for erlangs, agents in ((0.01, 1), (1, 3), (10, 12), (200, 212), (500, 505)):
        one, other = erlang_a(load(erlangs), agents, 20, 1e9), erlang_c(load(erlangs), agents, 20)
        assert (one.level, one.waited) == (pytest.approx(other.level, abs=1e-4), pytest.approx(other.waited, rel=1e-3))


@pytest.mark.parametrize("patience", [None, 1.0, 1e6])
@pytest.mark.parametrize("erlangs", [0.0, 0.01, 1, 30, 500, 1500])
def test_any_load_is_served_by_the_fewest_agents_who_can(erlangs: float, patience: float | None) -> None:
    found = needed(load(erlangs), 0.8, 20, 0.9, patience)
    fewer = found.agents - 1
    assert found.level >= 0.8
    assert found.occupancy <= 0.9
    assert fewer < MOST
    if fewer:
        less = erlang_a(load(erlangs), fewer, 20, patience) if patience else erlang_c(load(erlangs), fewer, 20)
        assert less.level < 0.8 or less.occupancy > 0.9


def test_no_number_of_agents_is_too_large_or_too_small_to_be_reckoned_with() -> None:
    for erlangs, agents, patience in ((0.01, 1999, 1.0), (0.01, 1999, 1e6), (1900, 1, 1e6), (1900, 1, 1), (1, 400, 60)):
        for found in (erlang_a(load(erlangs), agents, 20, patience), erlang_c(load(erlangs), agents, 20)):
            assert 0 <= found.level <= 1 + 1e-9
            assert 0 <= found.abandoned <= 1
            assert 0 <= found.occupancy <= 1 + 1e-5
            assert isfinite(found.waited) or erlangs >= agents


def test_what_nobody_could_serve_is_told() -> None:
    with pytest.raises(ValueError, match="more than 2000 agents"):
        needed(load(2100), 0.8, 20)
    with pytest.raises(ValueError, match="more than 2000 agents"):
        needed(load(50_000), 0.8, 20, patience=60)


@pytest.mark.parametrize("patience", [None, 120.0])
def test_a_day_is_reckoned_at_once(patience: float | None) -> None:
    def day() -> float:
        began = process_time()
        for number in range(48):
            needed(load(200 + number / 10), 0.8, 20, 0.85, patience)
        return process_time() - began

    assert min(day() for _ in range(5)) < 0.2
