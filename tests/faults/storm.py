"""Calls under all that can go wrong at once, and then what must be true: `python -m tests.faults all 10000`."""

import argparse
import asyncio
import itertools
import re
import signal
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from ivr.store.errors import StoreError
from tests.faults.acts import Act, Director
from tests.faults.callers import Phones, ring
from tests.faults.counters import Counters
from tests.faults.history import EVERYBODY, History
from tests.faults.hurry import hurried, now_of
from tests.faults.invariants import NUMBERED, Audit, Violation
from tests.faults.ledger import Ledger
from tests.faults.rows import ROWS
from tests.faults.standing import patient
from tests.faults.upsets import prepare
from tests.light.proxy import Took
from tests.light.stage import Shape, Stage, staged

SPEED: Final = 60.0
PATIENCE: Final = 0.5
WAITING: Final = 6  # Callers who are in line at last.
RECONCILED: Final = 60.0  # Seconds within which all must have settled, or more than before.


@dataclass(frozen=True, slots=True)
class Storm:
    """How much of it: calls, as many at once, on which database, under which seed."""

    calls: int
    at_once: int
    kind: str
    seed: int
    agents: int = 8
    mischief: float = 0.08
    rest_faults: float = 0.05
    apart: tuple[float, float] = (0.5, 4.0)
    servers: int = 3  # On PostgreSQL.
    plan: tuple[Act, ...] = ()  # What goes wrong, one after the other, while calls are made; else what chance says.
    tidy: bool = False  # Whether nothing else goes wrong.
    speed: float = SPEED
    begin: float = 0.0  # Seconds within which the first calls begin.


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    storm: Storm
    history: History
    violations: Sequence[Violation]
    figures: Sequence[str]

    def report(self) -> list[str]:
        """Return the list by row of what was injected and survived, and each violation with its history."""
        hurt = {violation.call for violation in self.violations}
        lines = [*self.figures, "row  injected  survived  what"]
        for row, counted in sorted(Counter(one.row for one in self.history.injected).items()):
            mine = [one for one in self.history.injected if one.row == row]
            lived = sum(one.call not in hurt for one in mine) if EVERYBODY not in hurt else 0
            lines.append(f"{row:>3} {counted:>9} {lived:>9}  {ROWS[row].name}")
            kinds = Counter(re.sub(r" on \d+", "", one.what) for one in mine)
            lines.append(f"{'':>25}({', '.join(f'{what}: {count}' for what, count in sorted(kinds.items()))})")
        for violation in self.violations[:20]:
            lines.append(f"VIOLATED {violation.invariant}, seed {self.storm.seed}: {violation.call} {violation.what}")
            lines += [f"    {line}" for line in self.history.of(violation.call)] if violation.call else []
        return [*lines, f"{len(self.violations)} violations"]


async def run(storm: Storm) -> Outcome:
    """Make the calls, let all be reconciled, and look."""
    history, begun = History(), time.monotonic()
    shape = Shape(
        storm.kind,
        1 if storm.kind == "sqlite" else storm.servers,
        storm.speed,
        1.0 if storm.tidy else PATIENCE,
        0.0 if storm.tidy else storm.mischief,
        0.0 if storm.tidy else storm.rest_faults,
        fsync=False,
        change=hurried,
        now=now_of,
    )
    phones = Phones(Random(f"{storm.seed} phones"), history)
    async with staged(shape, str(storm.seed), phones) as stage:
        up = time.monotonic() - begun
        audit = Audit(stage, history, Ledger(stage.parts.engine), Counters(stage.parts.engine))
        await prepare(storm, stage, history)
        director = Director(stage, history, Random(f"{storm.seed} acts"), storm.apart)
        tending, acting = (
            asyncio.ensure_future(stage.tending()),
            asyncio.ensure_future(director.follow(storm.plan) if storm.plan else director.run()),
        )
        await _calls(storm, stage, history, director)
        wrong = await _last(storm, stage, history, director, acting)
        called = time.monotonic() - begun - up
        violations = [*wrong, *await _settled(stage, audit)]
        tending.cancel()
        seconds = f"{called:.0f} s of calls after {up:.0f} s to start, {time.monotonic() - begun:.0f} s in all"
        return Outcome(storm, history, violations, [*_figures(storm, stage, history), seconds])


async def _calls(storm: Storm, stage: Stage, history: History, director: Director) -> None:
    """Make so many calls, or calls until the plan is over."""
    accounts = await asyncio.to_thread(stage.accounts, max(1000 if storm.plan else 10, storm.calls // 5))
    numbers = itertools.count() if storm.plan else iter(range(storm.calls))
    more = list[asyncio.Future[object]]()

    async def line(most: float = inf) -> None:
        for number in numbers:
            await ring(storm, stage.company, history, number, accounts)
            most -= 1
            if most <= 0 or (storm.plan and director.over):
                return

    async def begun(place: int) -> None:
        await asyncio.sleep(storm.begin * place / storm.at_once)
        await line()

    director.burst = lambda: more.extend(asyncio.ensure_future(line(1)) for _ in range(storm.at_once))
    await asyncio.gather(*(begun(place) for place in range(storm.at_once)))
    await asyncio.gather(*more)


async def _last(
    storm: Storm, stage: Stage, history: History, director: Director, acting: asyncio.Future[None]
) -> list[Violation]:
    """Have the last callers wait while all still goes wrong, end that, and return who stands where they must not."""

    async def over() -> None:
        director.over = True
        await acting
        stage.proxy.mischief = None
        await stage.proxy.settle()

    if storm.plan:
        await over()
        return []
    chance = Random(f"{storm.seed} patient")
    return [Violation("3 line and queue", *told) for told in await patient(stage, history, chance, WAITING, over)]


async def _settled(stage: Stage, audit: Audit) -> list[Violation]:
    """Wait until all has settled, or what has not does not become less any more; return what is violated then."""
    await stage.company.settle()
    stage.closed = True  # Else agents would have to work off all that was left before none of them is at work.
    await _clean(audit.unsettled)
    return await _clean(audit.violations)


async def _clean(look: Callable[[], Iterable[Violation]]) -> list[Violation]:
    """Look again and again, as long as less is found than before; return what is found then."""
    least, until = inf, time.monotonic() + RECONCILED
    while True:
        begun = time.monotonic()  # As one look at ten thousand calls takes longer than that.
        with suppress(DBAPIError, StoreError):
            found = await asyncio.to_thread(lambda: list(look()))
            passing = sum(one.passing for one in found)
            if not passing or (passing >= least and begun > until):
                return found
            if passing < least:
                least, until = passing, time.monotonic() + RECONCILED
        await asyncio.sleep(1)


def _figures(storm: Storm, stage: Stage, history: History) -> list[str]:
    answers = [one for one in stage.proxy.took if one.path.startswith("/voice/")]
    took = sorted(one.seconds for one in answers)
    slow = ", ".join(f"{name} {took[int(len(took) * part)] * 1000:.0f} ms" for name, part in QUANTILES)
    failures = Counter(one.failure for asked in history.asked.values() for one in asked if one.failure)
    rang = sum(leg.direction == "inbound" for leg in stage.company.legs.values())
    stood = [f"{history.stood} stood in line and in the carrier's queues"] if history.stood else []
    return [
        *stood,
        f"{rang} calls on {storm.kind}, seed {storm.seed}: {len(took)} answers of servers, {slow}",
        f"failed at the carrier: {dict(failures)}; {dict(stage.company.tally)}; {dict(stage.proxy.tally)}",
        f"the slowest {SLOW:.1%} were asked for after: {', '.join(_slowest(answers, history))}",
    ]


def _slowest(answers: Sequence[Took], history: History) -> Iterator[str]:
    """Yield after which act how many of the slowest answers were asked for, and where."""
    slowest = sorted(answers, key=lambda one: one.seconds)[-max(1, int(SLOW * len(answers))) :]
    acts = sorted((one.at + history.begun, re.sub(r" on .*", "", one.what)) for one in history.injected if one.act)
    after = Counter(
        (acts[found - 1][1] if (found := bisect(acts, (one.at,))) else "nothing", NUMBERED.sub("", one.path))
        for one in slowest
    )
    for (act, path), count in after.most_common(12):
        yield f"{act} {count} of {path}"


SLOW: Final = 0.002
QUANTILES: Final = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))


def main(arguments: Sequence[str]) -> int:
    """Run it on the databases that are named, print what came of it, and return 1 where something was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults all", description=__doc__)
    parser.add_argument("calls", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    given = parser.parse_args(arguments)
    return told(Storm(given.calls, given.at_once, kind, given.seed) for kind in given.database)


def told(storms: Iterable[Storm]) -> int:
    """Run them, print what came of each, and return 1 where something was violated."""
    violated = 0
    for storm in storms:
        outcome = to_the_end(run(storm))
        print(*outcome.report(), sep="\n", flush=True)
        violated += len(outcome.violations)
    return 1 if violated else 0


def to_the_end(made: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Return what comes of a run; what it started is ended in any case, also where we are told to end meanwhile."""

    async def guarded() -> Outcome:
        task = asyncio.current_task()
        assert task
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await made

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)
