"""Whether the time of an answer tells which accounts there are: `python -m tests.bench.unknown`.

Whole calls over real HTTP, in which chance has the caller key an account of the demo wallet or one that nobody has, and
then a wrong PIN; or get a code sent, and key a wrong one. What the guard counts is forgotten between the batches.
"""

import argparse
import asyncio
import json
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Final
from uuid import uuid4

from sqlalchemy import create_engine, delete

from ivr.store.guesses import guesses, proofs
from ivr.wallets.demo.accounts import ACCOUNTS
from tests.bench import servers, spliced
from tests.bench.calls import Step, asked, press
from tests.bench.line import Line, turn_of
from tests.bench.servers import Served

TURNS: Final = 2000  # Of each question.
AT_ONCE: Final = 3  # Callers.
AGAIN: Final = b"<Redirect"
P: Final = 0.01
WRONG: Final = "999999"
SECRETS: Final = ("246810", "135790")  # In the place of which the wrong one is keyed.
KNOWN: Final = [one.number for one in ACCOUNTS if not one.fault]
DEMO, VERIFY = "demo wallet", "demo wallet, codes by Verify"
SERVICE: Final = "VA" + "0" * 32
# Seconds that the stand-in for Verify takes: the median, how far it varies (as the deviation of its logarithm).
MEDIAN, SPREAD = 0.12, 0.4


@dataclass(slots=True)
class Times:
    """Of one question: seconds that turns took and what they were answered with, for accounts known and unknown."""

    name: str
    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)
    waits: Counter[bool] = field(default_factory=Counter)
    answers: dict[bool, set[bytes]] = field(default_factory=lambda: {True: set(), False: set()})

    def add(self, known: bool, took: float, answer: bytes) -> None:
        """Take in a turn; of the answer, its document, unless it asks to wait, as it does after two seconds."""
        (self.known if known else self.unknown).append(took)
        if AGAIN in answer:
            self.waits[known] += 1
            return
        self.answers[known].add(answer.partition(b"\r\n\r\n")[2].partition(b"#")[0])

    @property
    def alike(self) -> bool:
        """Whether it is answered with the same words."""
        return self.answers[True] == self.answers[False]

    def p(self) -> tuple[float, float]:
        """Return how probable such a difference is by chance: by Welch's t-test, and by Mann and Whitney's."""
        from scipy import stats  # Half a second, for each worker that only collects tests.

        welch = stats.ttest_ind(self.known, self.unknown, equal_var=False)
        return float(welch.pvalue), float(stats.mannwhitneyu(self.known, self.unknown).pvalue)


@dataclass(slots=True)
class Trial:
    """The calls to one server, whose guard's database is at `database`; by each question, what was measured."""

    port: int
    database: str
    ways: Mapping[str, Sequence[tuple[str, bool]]]
    chance: Random
    times: dict[str, Times]

    def run(self, turns: int) -> None:
        """Make calls until there are so many turns of each question."""
        asyncio.run(self._batch("check_pin", KNOWN[:AT_ONCE], warm=True))
        asyncio.run(self._batch("check_code", KNOWN[:AT_ONCE], warm=True))
        while any(len(one.known) + len(one.unknown) < turns for one in self.times.values()):
            left = turns - min(len(one.known) + len(one.unknown) for one in self.times.values())
            some = self.chance.sample(KNOWN, min(len(KNOWN), -(-left // 2)))
            for last in self.ways:
                asyncio.run(self._batch(last, [*some, *(self._nobody() for _ in some)]))

    def _nobody(self) -> str:
        return f"77{self.chance.randrange(10**8):08d}"

    async def _batch(self, last: str, accounts: Sequence[str], warm: bool = False) -> None:
        forget(self.database)
        waiting = self.chance.sample(accounts, len(accounts))
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._callers(last, waiting, warm))

    async def _callers(self, last: str, waiting: list[str], warm: bool) -> None:
        while waiting:
            await self._call(last, waiting.pop(), warm)

    async def _call(self, last: str, account: str, warm: bool) -> None:
        """Prove in vain to hold an account, ringing from a number of one's own."""
        url, call, line = f"http://127.0.0.1:{self.port}", f"CA{uuid4().hex}", await Line.opened(self.port)
        caller = {"From": f"+86139{self.chance.randrange(10**8):08d}"}
        answer = await line.ask(asked(url, call, Step("incoming", {"CallStatus": "ringing", **caller}, "")))
        for keys, asks in self.ways[last]:
            question = "" if not asks else last if keys in SECRETS else "send_code"
            keyed = WRONG if keys in SECRETS else account if keys in KNOWN else keys
            step = press(turn_of(answer), keyed, "")
            request = asked(url, call, Step(step.path, {**step.told, **caller}, ""))
            begun = time.perf_counter()
            answer = await line.ask(request)
            if question in self.times and not warm:
                self.times[question].add(account in KNOWN, time.perf_counter() - begun, answer)
            if AGAIN in answer:
                break  # What comes of it at last, perhaps that it took too long, says nothing of accounts.
        await line.ask(asked(url, call, Step("status", {"CallStatus": "completed", "CallDuration": "9", **caller}, "")))
        line.close()


def forget(database: str) -> None:
    """Have the guard forget who tried and who has proven what."""
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(delete(guesses))
        connection.execute(delete(proofs))
    engine.dispose()


class _Verify(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chance = Random(3)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        sends = self.path.endswith("/Verifications")
        body = json.dumps({"sid": "VE" + "0" * 32, "status": "pending", "valid": False}).encode()
        time.sleep(self.chance.lognormvariate(0, SPREAD) * MEDIAN)
        self.send_response(201 if sends else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve_verify() -> None:
    """Stand in for Verify, which takes as long as chance says, until told to stop; print where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Verify)
    Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    signal.pause()


@contextmanager
def running(folder: Path) -> Iterator[dict[str, tuple[Served, str]]]:
    """Run a hotline whose demo wallet sends codes, and one whose codes Verify sends; give also their databases.

    The folder gets these, and the hotlines' menus.
    """
    with ExitStack() as stack:
        where = {kind: f"sqlite:///{folder}/{number}.db" for number, kind in enumerate((DEMO, VERIFY))}
        url = stack.enter_context(servers.stand_in("tests.bench.unknown", "--verify"))
        change = spliced.put(spliced.with_proof(folder / "menus"))
        more = {"TWILIO_VERIFY_SERVICE": SERVICE, "TWILIO_API_URL": url}
        demo = stack.enter_context(servers.hotline(where[DEMO], change=change))
        other = stack.enter_context(servers.hotline(where[VERIFY], more, change))
        yield {DEMO: (demo, where[DEMO]), VERIFY: (other, where[VERIFY])}


def measure(run: Mapping[str, tuple[Served, str]], menus: Path, turns: int, seed: int) -> list[Times]:
    """Return so many turns of each question at each server, which have these menus."""
    found, ways = [], {last: spliced.way(menus, last) for last in ("check_pin", "check_code")}
    for kind, (served, database) in run.items():
        questions = ("check_pin", "send_code", "check_code") if kind == DEMO else ("send_code", "check_code")
        times = {question: Times(f"{question}, {kind}") for question in questions}
        Trial(served.port, database, ways, Random(seed), times).run(turns)
        found += times.values()
    return found


def report(found: Sequence[Times]) -> Iterator[str]:
    """Yield the lines of the table, in milliseconds."""
    yield f"{'the turn':<44} {'mean, median known':>18} {'unknown':>14}  turns  Welch p  Mann-Whitney p  words alike"
    for one in found:
        known, unknown = _middle(one.known), _middle(one.unknown)
        welch, ranks = one.p()
        told = f"{welch:>8.3f} {ranks:>15.3f}  {'yes' if one.alike else 'NO'}"
        told += f", told to wait {one.waits[True]} and {one.waits[False]} times" if one.waits else ""
        yield f"{one.name:<44} {known:>18} {unknown:>14} {len(one.known) + len(one.unknown):>6} {told}"


def _middle(seconds: Sequence[float]) -> str:
    return f"{1000 * statistics.fmean(seconds):.1f}, {1000 * statistics.median(seconds):.1f}"


def told_apart(found: Sequence[Times]) -> list[str]:
    """Return the turns by which accounts that there are can be told from others."""
    return [one.name for one in found if not one.alike or min(one.p()) <= P]


def told(turns: int, seed: int) -> str | int:
    """Measure and print the table; return by what accounts can be told apart, 0 for nothing."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, running(Path(folder)) as run:
        os.sched_setaffinity(0, servers.OTHER)
        found = measure(run, Path(folder) / "menus", turns, seed)
    print(f"seed {seed}", *report(found), sep="\n", flush=True)
    return ", ".join(told_apart(found)) or 0


def main() -> None:
    """Print the table; end with 1 where accounts can be told apart."""
    parser = argparse.ArgumentParser(description="Whether the time of an answer tells which accounts there are.")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verify", action="store_true", help="stand in for Verify, for the bench itself")
    given = parser.parse_args()
    if given.verify:
        return serve_verify()
    return sys.exit(told(given.turns, given.seed))


if __name__ == "__main__":
    main()
