"""Measure calls at once with human timing: `python -m tests.bench.load --calls 2000 --minutes 15`.

Callers listen to what is said, press keys after some seconds, wait in line for rounds of music, and then talk to an
agent or leave a message; whoever is done is followed by another. Latency is that of a turn at the balancer.
"""

import argparse
import asyncio
import math
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import linear_regression
from typing import Final

import psutil
from sqlalchemy import text

from tests.light.company import Asked
from tests.light.leg import HungUp, Party
from tests.light.people import AgentPhone, Customer
from tests.light.stage import Shape, Stage, staged
from tests.light.wire import timed

SAMPLE_SECONDS: Final = 10.0
TURNS: Final = ("/voice/incoming", "/voice/turn/", "/voice/wait/")
APOLOGY: Final = "系统出了点问题"
# Into each line, by menus and a number that nobody has; or straight to a person.
SCRIPTS: Final = (
    ["0"],
    ["2", "4", "0#"],
    ["3", "2", "0"],
    ["4", "0"],
    ["5", "4", "0"],
    ["9", "8", "0"],
)


@dataclass(frozen=True, slots=True)
class Sample:
    """How things stood at a moment: seconds since the begin, calls under way, turns so far, and what servers use."""

    at: float
    calls: int
    turns: int
    busy: float
    memory: float


@dataclass
class Load:
    """What came of it."""

    shape: Shape
    begun: float = field(default_factory=timed)
    samples: list[Sample] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    grown: float = 0.0
    rows: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, asked: Asked) -> None:
        """Count what the carrier was not answered well."""
        if asked.failure or asked.status >= 400:
            self.failures[f"{asked.failure or asked.status} {asked.context}"] += 1

    @property
    def errors(self) -> int:
        """Requests that failed, documents that were wrong, and apologies that callers heard."""
        return sum(self.failures.values()) + len(self.wrong) + self.outcomes["heard an apology"]

    def quantile(self, part: float) -> float:
        """Return the milliseconds within which this part of the turns was answered."""
        found = sorted(self.took)
        return 1000 * found[min(len(found) - 1, int(part * len(found)))]

    def report(self) -> Iterator[str]:
        """Yield the lines of the report."""
        full = self._full()
        first, last = full[0], full[-1]
        seconds = max(1e-9, last.at - first.at)
        yield f"{'at s':>6} {'calls':>6} {'turns':>8} {'CPU %':>6} {'MB':>7}"
        for before, one in list(zip(self.samples, self.samples[1:], strict=False))[:: max(1, len(self.samples) // 15)]:
            cpu = 100 * (one.busy - before.busy) / (one.at - before.at)
            yield f"{one.at:>6.0f} {one.calls:>6} {one.turns:>8} {cpu:>6.0f} {one.memory:>7.0f}"
        cost = 1e6 * (last.busy - first.busy) / max(1, last.turns - first.turns)
        yield (
            f"{(last.turns - first.turns) / seconds:.0f} turns/s, {cost:.0f} µs of the servers' CPU a turn; p50 "
            f"{self.quantile(0.5):.1f} ms, p99 {self.quantile(0.99):.1f} ms, p99.9 {self.quantile(0.999):.1f} ms, the "
            f"slowest {self.quantile(1):.0f} ms of {len(self.took)}"
        )
        yield f"{self.errors} errors: {dict(self.failures)} {self.wrong[:3]}; {dict(self.outcomes)}"
        yield f"memory: {self.slope:+.2f} MB a minute in the second half, {last.memory:.0f} MB at the end"
        yield f"database: {self.grown / 1e6:.1f} MB more, rows {dict(self.rows)}"

    @property
    def slope(self) -> float:
        """MB by which the servers' memory grows in a minute, from half of the time on."""
        half = self.samples[len(self.samples) // 2 :]
        if len(half) < 2:
            return 0.0
        return linear_regression([one.at / 60 for one in half], [one.memory for one in half]).slope

    def _full(self) -> Sequence[Sample]:
        """Return the samples since all calls are under way."""
        most = max(one.calls for one in self.samples)
        return [one for one in self.samples if one.calls > 0.9 * most]


async def run(shape: Shape, calls: int, seconds: float, agents: int, ramp: float) -> Load:
    """Have so many calls under way for so long, begun within `ramp` seconds."""
    load, chance = Load(shape), Random("load")
    async with staged(shape, "load", lambda to: _phone(chance, to)) as stage:
        await asyncio.to_thread(stage.hire, agents)
        stage.company.noted, before = load.note, _size(stage)
        load.begun = timed()
        until = load.begun + ramp + seconds
        beside = [
            asyncio.ensure_future(job)
            for job in (stage.tending(1.0), _ending(stage, until, ramp), _sampled(stage, load, until))
        ]
        await asyncio.gather(*(_caller(stage, load, number, ramp * number / calls, until) for number in range(calls)))
        for one in beside:
            one.cancel()  # Before there is no server any more to be sampled.
        await stage.company.settle()
        load.took = [one.seconds for one in stage.proxy.took if one.path.startswith(TURNS)]
        load.wrong, load.grown = stage.company.broken, _size(stage) - before
        load.rows.update(_rows(stage))
    return load


def _phone(chance: Random, to: str) -> Party:
    if to.startswith("sip:"):
        return AgentPhone(chance, {"deaf": 0.02, "rejects": 0.02}, talk=(40, 180))
    return Customer(chance, ["1"])


async def _caller(stage: Stage, load: Load, number: int, after: float, until: float) -> None:
    """Have one caller after the other on this line, until the time is over."""
    await asyncio.sleep(after)
    again = 0
    while timed() < until:
        chance, again = Random(f"load {number} {again}"), again + 1
        person = Customer(
            chance,
            list(chance.choice(SCRIPTS)),
            rounds=chance.randrange(1, 8),
            then=chance.choice(["1", "1", "2", ""]),
            quits=0.01,
            message=(chance.uniform(5, 30), "#"),
        )
        leg = await stage.company.ring_in(f"+861{chance.randrange(10**10):010}", person)
        load.outcomes["calls"] += 1
        load.outcomes["talked to an agent"] += leg.talked
        load.outcomes["heard an apology"] += any(APOLOGY in words for words in leg.heard)
        stage.company.legs.pop(leg.sid, None)


async def _ending(stage: Stage, until: float, ramp: float) -> None:
    """Have everybody ring off when the time is over, not at one moment, as people do, but within `ramp` seconds."""
    await asyncio.sleep(until - timed())
    begun = timed()
    while stage.company.legs:
        going_on = [leg for leg in stage.company.legs.values() if not leg.over]
        left = max(1.0, begun + ramp - timed())
        for leg in going_on[: math.ceil(len(going_on) / left)]:
            leg.signal(HungUp())
        await asyncio.sleep(1)


async def _sampled(stage: Stage, load: Load, until: float) -> None:
    every = min(SAMPLE_SECONDS, (until - timed()) / 4)
    while timed() < until:
        await asyncio.sleep(every)
        used = [one for server in stage.servers for one in _processes(server.process.pid if server.process else 0)]
        busy = sum(one.cpu_times().user + one.cpu_times().system for one in used)
        memory = sum(one.memory_full_info().uss for one in used) / 1e6
        calls = sum(leg.direction == "inbound" and not leg.over for leg in stage.company.legs.values())
        load.samples.append(Sample(timed() - load.begun, calls, len(stage.proxy.took), busy, memory))


def _processes(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def _size(stage: Stage) -> float:
    """Return the bytes of the database, with what SQLite has not yet moved into its file."""
    if stage.postgresql:
        with stage.parts.engine.connect() as connection:
            return float(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    file = Path(stage.database.removeprefix("sqlite:///"))
    return float(sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*")))


def _rows(stage: Stage) -> dict[str, int]:
    with stage.parts.engine.connect() as connection:
        names = ("calls", "turns", "line", "messages")
        return {name: int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0) for name in names}


def main() -> int:
    """Print the report; return 1 where there was an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--ramp", type=float, default=60, help="seconds within which all calls begin")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # What was started is to be ended in any case.
    shape = Shape(given.database, given.servers, jobs=False)
    print(f"{given.calls} calls on {given.servers} server(s), {given.database}, load before {os.getloadavg()[0]:.1f}")
    load = asyncio.run(run(shape, given.calls, 60 * given.minutes, given.agents, given.ramp))
    for line in load.report():
        print(line, flush=True)
    return 1 if load.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
