"""Calls under all that can go wrong at once, and then what must be true: `python -m tests.faults all 10000`."""

import argparse
import asyncio
import itertools
import re
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy.exc import DBAPIError

from ivr.store.errors import StoreError
from tests.faults.acts import Act, Director
from tests.faults.history import EVERYBODY, History
from tests.faults.invariants import Audit, Violation
from tests.faults.ledger import Ledger
from tests.faults.rows import ROWS
from tests.light.leg import Leg, Party
from tests.light.people import AgentPhone, Customer
from tests.light.proxy import MISCHIEF, form_of
from tests.light.stage import Shape, Stage, staged
from tests.light.wire import Message

SPEED: Final = 60.0
PATIENCE: Final = 0.5
RECONCILED: Final = 60.0  # Seconds within which all must have settled.
MOODS: Final = {"rejects": 0.05, "deaf": 0.03, "lost": 0.03, "declines": 0.05, "vanishes": 0.05}
ROW_OF_MOOD: Final = {"rejects": 16, "deaf": 16, "lost": 17, "declines": 16, "vanishes": 17}
# Nobody waits for minutes: calls that show no sign of life are asked about sooner, as human time goes faster.
HURRIED: Final = (
    ("QUIET_TALK: Final = timedelta(minutes=5)", "QUIET_TALK: Final = timedelta(seconds=12)"),
    ("QUIET_CALLER: Final = timedelta(seconds=90)", "QUIET_CALLER: Final = timedelta(seconds=9)"),
    ("60 * second, 5 * second, most=5", "5 * second, second, most=100"),
    ("2 * QUIET_TALK, 5 * second, most=5", "5 * second, second, most=100"),
    ("QUIET_TALK, QUIET_TALK, 5 * second, most=5", "QUIET_TALK, 5 * second, second, most=100"),
)
SCRIPTS: Final = (["0"], ["0"], ["1"], ["2", "1", "1"], ["3", "2"], ["4"], ["8", "0"], ["5", "4"], [])


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


def hurried(project: Path) -> None:
    """Have a copy of the project reconcile sooner."""
    file = project / "ivr" / "telephony" / "watch.py"
    found = file.read_text("utf-8")
    for one, other in HURRIED:
        assert one in found, one
        found = found.replace(one, other)
    file.write_text(found, "utf-8")


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
    )
    phones = Phones(Random(f"{storm.seed} phones"), history)
    async with staged(shape, str(storm.seed), phones) as stage:
        up = time.monotonic() - begun
        ledger = Ledger(stage.parts.engine)
        await _prepare(storm, stage, history)
        director = Director(stage, history, Random(f"{storm.seed} acts"), storm.apart)
        tending, acting = (
            asyncio.ensure_future(stage.tending()),
            asyncio.ensure_future(director.follow(storm.plan) if storm.plan else director.run()),
        )
        await _calls(storm, stage, history, director)
        director.over = True
        await acting
        called = time.monotonic() - begun - up
        audit = Audit(stage, history, ledger)
        violations = await _settled(stage, audit)
        tending.cancel()
        seconds = f"{called:.0f} s of calls after {up:.0f} s to start, {time.monotonic() - begun:.0f} s in all"
        return Outcome(storm, history, violations, [*_figures(storm, stage, history), seconds])


async def _prepare(storm: Storm, stage: Stage, history: History) -> None:
    stage.company.noted = history.note
    stage.proxy.noted = history.served
    chance = Random(f"{storm.seed} callbacks")

    def callback(kind: str) -> list[float]:
        match chance.choices(("once", "late", "twice", "never"), (85, 5, 5, 5 if kind == "status" else 0))[0]:
            case "late":
                history.met(3, f"a callback comes late: {kind}")
                return [chance.uniform(1, 4)]
            case "twice":
                history.met(3, f"a callback comes twice: {kind}")
                return [0.0, chance.uniform(0, 1)]
            case "never":
                history.met(4, f"a callback never comes: {kind}")
                return []
        return [0.0]

    if not storm.tidy:
        stage.company.callback = callback
    if stage.proxy.mischief:
        stage.proxy.mischief.injected = lambda kind, asked: history.met(MISCHIEF[kind], kind, _call(asked))
    stage.rest.injected = lambda fault, path: history.met(21, f"REST {fault}")
    await asyncio.to_thread(stage.hire, storm.agents)


def _call(asked: Message) -> str:
    return form_of(asked).get("CallSid", "")


@dataclass
class Phones:
    """Who is rung by the hotline."""

    chance: Random
    history: History

    def __call__(self, to: str) -> Party:
        """Return who picks up at this address."""
        if to.startswith("client:"):
            return AgentPhone(self.chance, dict(MOODS), met=self._met)
        return Customer(self.chance, ["1"])

    def _met(self, mood: str) -> None:
        self.history.met(ROW_OF_MOOD[mood], f"an agent {mood}")


async def _calls(storm: Storm, stage: Stage, history: History, director: Director) -> None:
    """Make so many calls, or calls until the plan is over."""
    accounts = await asyncio.to_thread(stage.accounts, max(1000 if storm.plan else 10, storm.calls // 5))
    numbers = itertools.count() if storm.plan else iter(range(storm.calls))

    async def line() -> None:
        for number in numbers:
            await _one(storm, stage, history, number, accounts)
            if storm.plan and director.over:
                return

    await asyncio.gather(*(line() for _ in range(storm.at_once)))
    await stage.proxy.settle()


async def _one(storm: Storm, stage: Stage, history: History, number: int, accounts: list[str]) -> Leg:
    chance = Random(f"{storm.seed} {number}")
    quits = chance.choice([0.0, 0.0, 0.03, 0.1])
    person = Customer(
        chance,
        list(chance.choice(SCRIPTS)),
        rounds=chance.randrange(6),
        then=chance.choice(["1", "1", "2", "3", ""]),
        wander=True,
        quits=quits,
        message=chance.choice([(8.0, "#"), (5.0, ""), (0.0, ""), (4.0, "hangup")]),
    )
    caller = f"+86138{number:08}"
    if number % 5 == 0 and number // 5 < len(accounts):
        history.accounts[caller] = account = accounts[number // 5]
        person.script = ["1", f"{account}#", "135790", "5"]
    leg = await stage.company.ring_in(caller, person)
    if person.quits:
        history.met(18, "a caller may hang up anywhere", leg.sid)
    return leg


async def _settled(stage: Stage, audit: Audit) -> list[Violation]:
    """Wait until nothing is violated any more, or the time for it is over; return what is violated then."""
    until = time.monotonic() + RECONCILED
    await stage.company.settle()
    while True:
        with suppress(DBAPIError, StoreError):
            found = await asyncio.to_thread(lambda: list(audit.violations()))
            if not any(one.passing for one in found) or time.monotonic() > until:
                return found
        await asyncio.sleep(1)


def _figures(storm: Storm, stage: Stage, history: History) -> list[str]:
    took = sorted(seconds for seconds, path, _ in stage.proxy.took if path.startswith("/voice/"))
    slow = ", ".join(f"{name} {took[int(len(took) * part)] * 1000:.0f} ms" for name, part in QUANTILES)
    failures = Counter(one.failure for asked in history.asked.values() for one in asked if one.failure)
    rang = sum(leg.direction == "inbound" for leg in stage.company.legs.values())
    return [
        f"{rang} calls on {storm.kind}, seed {storm.seed}: {len(took)} answers of servers, {slow}",
        f"failed at the carrier: {dict(failures)}; {dict(stage.company.tally)}; {dict(stage.proxy.tally)}",
    ]


QUANTILES: Final = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))


def main(arguments: Sequence[str]) -> int:
    """Run it on the databases that are named, print what came of it, and return 1 where something was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults all", description=__doc__)
    parser.add_argument("calls", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # What was started is to be ended in any case.
    violated = 0
    for kind in given.database:
        outcome = asyncio.run(run(Storm(given.calls, given.at_once, kind, given.seed)))
        print(*outcome.report(), sep="\n", flush=True)
        violated += len(outcome.violations)
    return 1 if violated else 0
