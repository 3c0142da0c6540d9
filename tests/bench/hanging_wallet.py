"""Measure turns that need no wallet while the wallet hangs: `python -m tests.bench.hanging_wallet`.

Three servers take turns: the wallet company of one answers at once, that of another accepts connections and never
answers, that of the third answers every third question and hangs at the others, which no breaker finds.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from ivr.flow.events import Heard
from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import outcome
from ivr.flow.waits import Lookup
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.journal import Journal
from tests.bench import servers, spliced
from tests.bench.calls import Request, Step, asked, press, signed
from tests.bench.line import Line, turn_of
from tests.bench.servers import Served
from tests.wallet_company import Company, company

SECRET: Final = "a secret of thirty-two letters and more"
AT_ONCE, HANGS, HANGS_OFTEN = "answers at once", "hangs", "hangs two times in three"
KINDS: Final = (AT_ONCE, HANGS, HANGS_OFTEN)
ROUNDS, SECONDS = 10, 6.0
WARM_UP: Final = 2.0
PLAIN: Final = 10  # Calls a second that need no wallet, of 16 turns each.
ASKING: Final = 20  # Calls a second that ask it.
PAUSE: Final = 0.1  # Seconds between a caller's turns; nobody is so fast.
SPEECH: Final = 2.0  # Seconds of "one moment, please" and of the pause, after which the carrier asks again.
PATIENCE: Final = 30.0
ASKED: Final = 1.2  # The ratio asked for.


class Ours:
    """A wallet that knows of every number that it is not its own."""

    def answer(self, _: Lookup, __: str) -> Found:
        """Return that at once."""
        return Found({}, "no")


class Often(Company):
    """A company that hangs at two requests of three."""

    def failing(self) -> str:
        """Return the fault of this request."""
        with self.lock:
            self.times += 1
            return "slow" if self.times % 3 else ""


@dataclass(slots=True)
class Figures:
    """What was measured of one server: seconds of turns without the wallet, by round; what came of the look-ups."""

    rounds: list[list[float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    waited: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def turns(self) -> list[float]:
        """All of them."""
        return [took for one in self.rounds for took in one]

    def quantile(self, part: float) -> float:
        """Return the milliseconds within which this part of the turns was answered."""
        return _quantile(self.turns, part)


def _quantile(turns: Sequence[float], part: float) -> float:
    return 1000 * sorted(turns)[min(len(turns) - 1, int(part * len(turns)))]


@dataclass(slots=True)
class Load:
    """The callers of one round."""

    port: int
    figures: Figures
    way: Sequence[str]
    seconds: float
    end: float = 0.0

    async def run(self, plain: float, asking: float) -> None:
        """Have so many calls a second begin, of either kind, until the time is over; then let them end."""
        self.figures.rounds.append([])
        self.end = time.perf_counter() + self.seconds
        made = signed(self.port, int(self.seconds * plain))
        async with asyncio.TaskGroup() as group:
            for number, call in enumerate(made):
                group.create_task(self._plain(number / plain, call))
            for number in range(round(self.seconds * asking)):
                group.create_task(self._asking(number / asking))

    async def _plain(self, after: float, call: Sequence[Request]) -> None:
        await asyncio.sleep(after)
        async with asyncio.timeout(self.seconds + PATIENCE):
            line = await Line.opened(self.port)
            for request in call:
                begun = time.perf_counter()
                answer = await line.ask(request)
                if begun < self.end:
                    self.figures.rounds[-1].append(time.perf_counter() - begun)
                if request.answer not in answer:
                    self.figures.errors.append(f"{request.wire[:60]!r} {answer!r}")
                await asyncio.sleep(PAUSE)
            line.close()

    async def _asking(self, after: float) -> None:
        await asyncio.sleep(after)
        url, call = f"http://127.0.0.1:{self.port}", f"CA{uuid4().hex}"
        line = await Line.opened(self.port)
        answer = await line.ask(asked(url, call, Step("incoming", {"CallStatus": "ringing"}, "")))
        for keys in self.way:
            await asyncio.sleep(PAUSE)
            answer = await line.ask(asked(url, call, press(turn_of(answer), keys, "")))
        more = 0
        while b"<Redirect" in answer:
            more += 1
            await asyncio.sleep(SPEECH)
            answer = await line.ask(asked(url, call, Step(f"turn/{turn_of(answer)}", {}, "")))
        if b"200 OK" not in answer:
            self.figures.errors.append(repr(answer))
        await line.ask(asked(url, call, Step("status", {"CallStatus": "completed", "CallDuration": "30"}, "")))
        line.close()
        self.figures.waited[more] += 1
        self.figures.lookups.append(call)


def serve_company(kind: str) -> None:
    """Be such a company, until told to stop; print where."""
    with company(Ours(), SECRET, Often if kind == HANGS_OFTEN else Company) as one:
        if kind == HANGS:
            one.fails("hangs", 10**9)
        print(one.url, flush=True)
        signal.pause()


@contextmanager
def running(folder: Path, kinds: Sequence[str] = KINDS) -> Iterator[dict[str, tuple[Served, str]]]:
    """Run a hotline with each kind of wallet company, all on the same core; give also the URL of its database.

    The folder gets these, and the hotlines' menus.
    """
    with ExitStack() as stack:
        run, menus = {}, spliced.with_lookup(folder / "menus")
        for number, kind in enumerate(kinds):
            database = f"sqlite:///{folder}/{number}.db"
            url = stack.enter_context(servers.stand_in("tests.bench.hanging_wallet", "--company", kind))
            more = {"WALLET_URL": url, "WALLET_SECRET": SECRET}
            run[kind] = (stack.enter_context(servers.hotline(database, more, spliced.put(menus))), database)
        yield run


def way(folder: Path) -> list[str]:
    """Return what is keyed in the menus of this folder until the wallet is asked something that needs no proof."""
    return [keys for keys, _ in spliced.way(folder / "menus", "ours")]


def measure(
    run: Mapping[str, tuple[Served, str]],
    way: Sequence[str],
    rounds: int,
    seconds: float,
    plain: float = PLAIN,
    asking: float = ASKING,
) -> dict[str, Figures]:
    """Return what was measured of each server; they take turns, as the machine has its moods.

    Before, each has calls that need no wallet, so that no round has the cost of a first one.
    """
    for served, _ in run.values():
        asyncio.run(Load(served.port, Figures(), way, WARM_UP).run(plain, 0))
    found = {kind: Figures() for kind in run}
    for number in range(rounds):
        for kind in list(run)[:: 1 if number % 2 == 0 else -1]:
            asyncio.run(Load(run[kind][0].port, found[kind], way, seconds).run(plain, asking))
    for kind, figures in found.items():
        figures.outcomes = outcomes(run[kind][1], figures.lookups)
    return found


def outcomes(database: str, calls: Sequence[str]) -> Counter[str]:
    """Return what came of the look-ups of these calls, by their journals."""
    engine = connect(database, Cipher([servers.SECRET]))
    journal = Journal(engine)
    heard = [turn.events[0] for call in calls for turn in journal.turns(call)]
    engine.dispose()
    answers = [one.input for one in heard if isinstance(one, Heard) and isinstance(one.input, Found | NotFound)]
    return Counter(outcome(answer)[0] for answer in answers)


def ratios(found: Mapping[str, Figures], part: float = 0.99) -> dict[str, tuple[float, float]]:
    """Return how a quantile compares to that of the wallet that answers: over all turns, and the median of rounds."""
    usual = found[AT_ONCE]
    return {
        kind: (
            figures.quantile(part) / usual.quantile(part),
            statistics.median(
                _quantile(mine, part) / _quantile(other, part)
                for mine, other in zip(figures.rounds, usual.rounds, strict=True)
            ),
        )
        for kind, figures in found.items()
    }


def table(found: Mapping[str, Figures]) -> Iterator[str]:
    """Yield the lines of the report."""
    compared = ratios(found)
    yield f"{'the wallet':<26} turns without it  p50 ms  p99 ms  ratio of p99  median of rounds  errors"
    for kind, figures in found.items():
        over, median = compared[kind]
        figure = f"{len(figures.turns):>15} {figures.quantile(0.5):>7.1f} {figures.quantile(0.99):>7.1f}"
        yield f"{kind:<26} {figure} {over:>13.2f} {median:>17.2f} {len(figures.errors):>7}"
    for kind, figures in found.items():
        told = ", ".join(f"{count} {name}" for name, count in figures.outcomes.most_common())
        waits = ", ".join(f"{count} after {more}" for more, count in sorted(figures.waited.items()))
        yield f"{kind}: {len(figures.lookups)} look-ups: {told}; asked for patience: {waits}"
    yield from (f"{kind}: {example}" for kind, figures in found.items() for example in figures.errors[:3])


def main() -> None:
    """Print the table; end with 1 where the wallet that hangs does harm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--plain", type=float, default=PLAIN, help="calls a second that need no wallet")
    parser.add_argument("--asking", type=float, default=ASKING, help="calls a second that ask it")
    parser.add_argument("--company", default="", help="be the wallet company of this kind, for the bench itself")
    given = parser.parse_args()
    if given.company:
        return serve_company(given.company)
    with tempfile.TemporaryDirectory(prefix="bench") as folder, running(Path(folder)) as run:
        os.sched_setaffinity(0, servers.OTHER)
        print(f"load before {os.getloadavg()[0]:.1f}; {given.plain:g} plain calls, {given.asking:g} look-ups a second")
        found = measure(run, way(Path(folder)), given.rounds, given.seconds, given.plain, given.asking)
        print(*table(found), sep="\n", flush=True)
    return sys.exit(ratios(found)[HANGS][0] > ASKED)


if __name__ == "__main__":
    main()
