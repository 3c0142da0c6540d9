"""Measure how soon an agent who turns available is rung, and what a dispatch costs: `python -m tests.bench.offers`.

The line is filled by the journal's turns, the agents by the desk; the ring is a request to the practice carrier's REST
over loopback, timed as it arrives there.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flask import Flask, request
from sqlalchemy import Engine

from ivr.carrier.rehearsal import served
from ivr.carrier.rest import rest
from ivr.desk.keeping import Desk
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.journal import Journal
from ivr.telephony.rest import Rest
from ivr.telephony.switchboard import Switchboard
from tests.bench.servers import postgresql
from tests.carrier_site import ACCOUNT, ADDRESS, HOTLINE, TOKEN, company
from tests.desks import SKILLS, Clock, Office
from tests.world import free_port

WAITING: Final = 500
AGENTS: Final = 200
OFFERS: Final = 100
LINES: Final = (10, 100, 1_000, 10_000)
REPEATS: Final = 15
PATIENCE_SECONDS: Final = 60.0


class Now(Clock):
    """The real time of day."""

    def __call__(self) -> datetime:
        """Return the moment."""
        return datetime.now(UTC)


@dataclass
class Rung:
    """When the carrier was asked to ring whom, in seconds of the performance counter."""

    at: dict[str, float]
    told: threading.Condition

    def wait(self, phone: str) -> float:
        """Return when a phone was asked to be rung."""
        with self.told:
            if not self.told.wait_for(lambda: phone in self.at, PATIENCE_SECONDS):
                raise TimeoutError(f"nobody rang {phone}")
            return self.at[phone]


@contextmanager
def carrier(phones: Iterable[str]) -> Iterator[tuple[str, Rung]]:
    """Serve the practice carrier's REST; return its address and whom it was asked to ring."""
    made, _ = company({})
    for phone in phones:
        made.phone(phone)
    app, rung, port = Flask(__name__), Rung({}, threading.Condition()), free_port()

    @app.before_request
    def note() -> None:
        with rung.told:
            rung.at[request.form.get("To", "")] = time.perf_counter()
            rung.told.notify_all()

    app.register_blueprint(rest(made))
    with served(app, port):
        yield f"http://127.0.0.1:{port}", rung


@contextmanager
def office(database: str) -> Iterator[Office]:
    """Open a desk on an empty database."""
    engine: Engine = connect(database, Cipher(["a secret of the bench"]))
    upgrade(engine)
    journal = Journal(engine)
    yield Office(engine, journal, Now())
    journal.close()
    engine.dispose()


def fill(made: Office, first: int, last: int) -> None:
    """Have so many callers wait, each with a number of their own."""
    with ThreadPoolExecutor(32) as many:
        list(many.map(lambda number: made.queued(caller=f"+8613{number:09d}"), range(first, last)))


def latencies(made: Office, waiting: int = WAITING, agents: int = AGENTS, offers: int = OFFERS) -> list[float]:
    """Return the milliseconds from an agent's turning available to the ring, while so many wait at least."""
    names = [f"agent{number}" for number in range(agents)]
    for name in names:
        made.desk.enrol(name, f"client:{name}", SKILLS)
    fill(made, 0, waiting + offers)
    desk: Desk = made.desk
    with carrier(f"client:{name}" for name in names) as (url, rung), ThreadPoolExecutor(8) as rings:
        board = Switchboard(desk, Rest(ACCOUNT, TOKEN, url), HOTLINE, ADDRESS, rings.submit, lambda _: None)
        with _tended(board):
            return [_soon(desk, board, rung, name) for name in names[:offers]]


@contextmanager
def _tended(board: Switchboard) -> Iterator[None]:
    """Let the switchboard's own thread look after the line."""
    board.start()
    try:
        yield
    finally:
        board.stop()


def _soon(desk: Desk, board: Switchboard, rung: Rung, name: str) -> float:
    begun = time.perf_counter()
    desk.available(name)
    board.changed()
    return 1000 * (rung.wait(f"client:{name}") - begun)


def costs(made: Office, lines: Sequence[int] = LINES, repeats: int = REPEATS) -> dict[int, float]:
    """Return the median milliseconds of a dispatch that offers one caller, by how many stand in line."""
    found: dict[int, float] = {}
    came = offered = 0  # Whoever was offered waits no more.
    for many in lines:
        fill(made, came, many + offered + repeats)
        came, spent = many + offered + repeats, list[float]()
        for _ in range(repeats):
            spent.append(_dispatched(made.desk, f"dispatched{offered}"))
            offered += 1
        found[many] = statistics.median(spent)
    return found


def _dispatched(desk: Desk, name: str) -> float:
    desk.enrol(name, f"client:{name}", SKILLS)
    desk.available(name)
    begun = time.perf_counter()
    offers = desk.dispatch()
    spent = 1000 * (time.perf_counter() - begun)
    assert len(offers) == 1
    return spent


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the values lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def report(name: str, soon: str, cost: str, offers: int, lines: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a table; `soon` and `cost` are the URLs of two empty databases."""
    with office(soon) as made:
        spent = latencies(made, offers=offers)
    yield f"{name}: available -> rung, {WAITING} waiting, {AGENTS} agents, {offers} offers:"
    yield f"  p50 {quantile(spent, 0.5):.0f} ms, p95 {quantile(spent, 0.95):.0f} ms, worst {max(spent):.0f} ms"
    with office(cost) as made:
        for many, took in costs(made, lines).items():
            yield f"  one dispatch with {many:>6} in line: {took:7.1f} ms"


@contextmanager
def databases() -> Iterator[dict[str, tuple[str, str]]]:
    """Give two empty databases of each kind."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, postgresql() as one, postgresql() as other:
        files = [f"sqlite:///{Path(folder) / name}.db" for name in ("soon", "cost")]
        yield {"SQLite": (files[0], files[1]), "PostgreSQL": (one, other)}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How soon agents are rung, and what a dispatch costs.")
    parser.add_argument("--offers", type=int, default=OFFERS, help=f"how many agents turn available (at most {AGENTS})")
    parser.add_argument("--lines", type=int, nargs="+", default=LINES, help="how many wait when a dispatch is timed")
    given = parser.parse_args()
    with databases() as found:
        for name, (soon, cost) in found.items():
            for line in report(name, soon, cost, given.offers, given.lines):
                print(line, flush=True)


if __name__ == "__main__":
    main()
