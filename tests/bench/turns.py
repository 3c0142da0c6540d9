"""Measure turns a second on one core, beside a bare Flask application: `python -m tests.bench.turns`."""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.bench import servers, wrk
from tests.bench.calls import CALL, signed
from tests.bench.client import Run, at_once, drive, pace
from tests.bench.servers import Served

ROUNDS: Final = 2
SECONDS: Final = 5.0
CONNECTIONS: Final = (32, 64)
MOST_TURNS_A_SECOND: Final = 4000  # More are not signed, so that a cell is bounded in count, too.
BARE: Final = "bare Flask"
CALLS: Final = 200
BURSTS: Final = 3
PACE: Final = 40.0  # Turns a second, of all the calls together: people take five seconds for each.
PACED_SECONDS: Final = 20.0  # Four turns of each call; the first five seconds are those that begin them.
HEAD: Final = f"{'server':<21} calls  turns/s  ratio  CPU µs/turn  by CPU  p50 ms  p99 ms  errors  client busy"
LINE: Final = "{:<21} {:>5} {:>8.0f} {:>6.2f} {:>12.0f} {:>7.2f} {:>7.1f} {:>7.1f} {:>7} {:>12.0%}"


@dataclass(slots=True)
class Cell:
    """One server under so many calls at once: all that was measured in all rounds."""

    name: str
    calls: int
    run: Run = field(default_factory=Run)
    busy: float = 0.0

    @property
    def cost(self) -> float:
        """Seconds of the server's CPU a turn."""
        return self.busy / len(self.run.turns)


def measure(
    run: Mapping[str, Served], connections: Iterable[int] = CONNECTIONS, rounds: int = ROUNDS, seconds: float = SECONDS
) -> list[Cell]:
    """Return a cell for each server and number of connections; the servers take turns, as the machine has its moods."""
    cells = [Cell(name, calls) for calls in connections for name in run]
    for _ in range(rounds):
        for cell in cells:
            served = run[cell.name]
            calls = signed(served.port, max(cell.calls, int(MOST_TURNS_A_SECOND * seconds / len(CALL))))
            many = 4 if cell.name == BARE else 1  # It knows no calls, so it may be asked the same again.
            before = served.busy()
            cell.run.add(drive(served.port, calls * many, cell.calls, seconds, check=cell.name != BARE))
            cell.busy += served.busy() - before
    return cells


def paced(run: Mapping[str, Served], seconds: float = PACED_SECONDS, rounds: int = BURSTS) -> Iterator[str]:
    """Yield the p99 of an hour that is not busy, and of so many turns that come at once, each beside bare Flask's.

    The servers take turns, as one burst of bare Flask's may take twice as long as its next.
    """
    evenly, at_one_moment = f"{PACE:.0f} turns/s from {CALLS} calls", f"{CALLS} turns at once"
    found = {(name, what): Run() for name in run for what in (evenly, at_one_moment)}
    for _ in range(rounds):
        for name, served in run.items():
            check = name != BARE
            found[name, evenly].add(pace(served.port, signed(served.port, CALLS), PACE, seconds, check))
            found[name, at_one_moment].add(at_once(served.port, signed(served.port, CALLS), len(CALL), check))
    for (name, what), made in found.items():
        p99 = made.quantile(0.99)
        ratio = p99 / found[BARE, what].quantile(0.99)
        yield f"{name}, {what}: p50 {made.quantile(0.5):.1f} ms, p99 {p99:.1f} ms, {ratio:.1f} times bare Flask's"
        yield from (f"{name}: {example}" for example in made.examples)


def ratios(cells: Iterable[Cell]) -> dict[tuple[str, int], tuple[float, float]]:
    """Return how each cell compares to the bare application in the same run: by turns a second, and by CPU a turn.

    On a core that nobody else uses both are the same. Where others use it, the clock flatters whoever has more threads.
    """
    cells = list(cells)
    bare = {cell.calls: cell for cell in cells if cell.name == BARE}
    return {
        (cell.name, cell.calls): (cell.run.rate / bare[cell.calls].run.rate, bare[cell.calls].cost / cell.cost)
        for cell in cells
    }


def table(cells: Iterable[Cell], run: Mapping[str, Served]) -> Iterator[str]:
    """Yield the lines of the report."""
    cells = list(cells)
    compared = ratios(cells)
    yield HEAD
    for cell in cells:
        ratio, by_cpu = compared[cell.name, cell.calls]
        spread = cell.run.quantile(0.5), cell.run.quantile(0.99)
        client = cell.run.busy / cell.run.seconds
        figures = (cell.run.rate, ratio, 1e6 * cell.cost, by_cpu, *spread, cell.run.errors, client)
        yield LINE.format(cell.name, cell.calls, *figures)
    for name, served in run.items():
        rss, pss = served.memory()
        started = f"answered {served.first:.2f} s after its first start, {served.again:.2f} s after the next"
        fresh = f" ({served.fresh:.0f} MB before the first turn)" if served.fresh else ""
        yield f"{name}: worker RSS {rss:.0f} MB{fresh}, PSS {pss:.0f} MB; {started}"
    yield from (f"{cell.name}: {example}" for cell in cells for example in cell.run.examples)


@contextmanager
def running(*names: str, twice: bool = True) -> Iterator[dict[str, Served]]:
    """Run the bare application and the hotline on the databases that are named, all on the same core.

    The hotline is started `twice`, or has the memory of the start that made the tables.
    """
    with ExitStack() as stack:
        run = {BARE: stack.enter_context(servers.bare())}
        if "sqlite" in names:
            database = stack.enter_context(servers.sqlite())
            run["hotline, SQLite"] = stack.enter_context(servers.hotline(database, twice=twice))
        if "postgresql" in names:
            database = stack.enter_context(servers.postgresql())
            run["hotline, PostgreSQL"] = stack.enter_context(servers.hotline(database, twice=twice))
        yield run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of the rounds of a cell")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--databases", nargs="*", default=("sqlite", "postgresql"))
    given = parser.parse_args()
    with running(*given.databases) as run:
        os.sched_setaffinity(0, servers.OTHER)
        load = os.getloadavg()[0]
        print(f"server on core {servers.OURS}, client and PostgreSQL on core {servers.OTHER}, load before {load:.1f}")
        for line in table(measure(run, given.connections, given.rounds, given.seconds), run):
            print(line, flush=True)
        for line in paced(run):
            print(line, flush=True)
        most = max(given.connections)
        if by_wrk := wrk.rate(run[BARE].port, most, given.seconds):
            print(f"{BARE} asked by wrk, {most} connections: {by_wrk:.0f} turns/s")


if __name__ == "__main__":
    main()
