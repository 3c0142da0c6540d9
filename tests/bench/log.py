"""Measure the call log, calls and reports among millions of calls, as a browser gets them: `python -m tests.bench.log`.

Simulated days are written once a seed and size and kept in `--data`; SQLite and PostgreSQL are then asked the same.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final

import psutil
from flask.testing import FlaskClient
from sqlalchemy import Engine

from ivr.factory import Parts, create_app
from tests.bench import servers
from tests.bench.asking import Browser, Times, logged_in, timed, watched
from tests.bench.days import A_DAY
from tests.bench.filling import SECRET, Plan
from tests.bench.keeping import costs, filled, proven
from tests.bench.plans import noted, scans
from tests.bench.searches import CALL, SEARCH, Wish, figures, samples, wishes
from tests.bench.servers import Served
from tests.desk_site import hired, log_in
from tests.world import hotline_settings

CALLS: Final = 5_000_000
SAMPLES: Final = 25
PAGES: Final = 20
ROUNDS: Final = 3
EXPORTS: Final = (100_000, 1_000_000)
ROWS_A_SECOND: Final = 20_000
NAME: Final = "sam"
Busy = Callable[[], float]
HEAD: Final = f"  {'whole pages, ms':<44}{'n':>4}{'p50':>9}{'p95':>9}{'worst':>9}{'CPU':>9}{'1st':>9}"


@contextmanager
def site(url: str) -> Iterator[tuple[Engine, FlaskClient, str]]:
    """Give the application's engine on this database, a supervisor's browser without a server, and their password."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        app = create_app(replace(hotline_settings(Path(folder), 8000, url), secrets=(SECRET,)))
        parts: Parts = app.extensions["hotline"]
        pages, staff = app.extensions["pages"].made()
        known = staff.people.find(NAME)
        with pages.app_context():
            password = staff.renew(NAME) if known else hired(pages, staff, NAME, "supervisor")
            staff.people.own(staff.people.find(NAME))
        client = pages.test_client()
        log_in(client, NAME, password)
        try:
            yield parts.engine, client, password
        finally:
            staff.people.close()
            parts.close()


def pages(browser: Browser, busy: Busy, asked: Sequence[Wish], rounds: int = ROUNDS) -> Iterator[Times]:
    """Yield the times of all these, and of a page that shows nothing of calls, as a yardstick."""
    yardstick = Wish("yardstick: /desk/account", 0, ("/desk/account",) * 20)
    for wish in (yardstick, *asked, yardstick):
        yield timed(browser, busy, wish.name, wish.most, wish.paths, rounds)


def deep(browser: Browser, starts: Sequence[str], most: int = PAGES) -> Times:
    """Return how long the pages take that are reached by following "older" so many times."""
    times = Times(f"the {most}th page, by “older”", SEARCH)
    for start in starts:
        path, spent = start, 0.0
        for _ in range(most):
            spent, page = browser.get(path)
            if not (older := re.search(r'href="([^"]+)" rel="next"', page)):
                break
            path = unescape(older[1])
        times.spent.append(spent)
    return times


def export(browser: Browser, served: Served, kind: str, days: int, last: datetime) -> str:
    """Fetch a file of the calls of so many days; return how many rows a second there were, and the server's memory."""
    since = (last - timedelta(days=days - 1)).date()
    peaks, rows, size, begun = list[float](), 0, 0, time.perf_counter()
    before, busy = served.memory()[0], served.busy()
    with watched(served.worker, peaks):
        first = 0.0
        for piece in browser.pieces(f"/desk/calls/export/{kind}?since={since}&until={last.date()}"):
            first = first or time.perf_counter() - begun
            size, rows = size + len(piece), rows + piece.count(b"\n")
    spent = time.perf_counter() - begun
    told = f"{rows - 1:>9} rows {(rows - 1) / spent:>8.0f}/s" if kind == "csv" else f"{'':>14} {'':>10}"
    return (
        f"  {kind:<5}{days:>4} days {told} in {spent:6.1f} s (CPU {served.busy() - busy:.1f} s), {size / 1e6:6.1f} MB,"
        f" first byte after {first:.2f} s, RSS {before:.0f} -> at most {peaks[0]:.0f} MB"
    )


def explained(engine: Engine, client: FlaskClient, paths: Sequence[str]) -> Iterator[str]:
    """Yield each statement by which one of these pages reads a big table from one end to the other, once."""
    seen = set[str]()
    for path in paths:
        with noted(engine) as ran:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
        with engine.connect() as connection:
            for one in ran:
                if one.text not in seen and (found := scans(connection, one)):
                    yield f"  {path} scans {', '.join(found)}: {' '.join(one.text.split())}"
                seen.add(one.text)


def measured(
    url: str, plan: Plan, database: psutil.Process | None, rounds: int = ROUNDS, exports: Sequence[int] = EXPORTS
) -> Iterator[str]:
    """Yield the lines of the report on a filled database."""
    chance = Random(plan.seed)
    with site(url) as (engine, client, password):
        known = samples(engine, chance, min(SAMPLES, plan.count // 10))
        asked = [*wishes(known, chance), *_calls(known.whole), *figures(known)]
        with servers.hotline(url) as served:
            os.sched_setaffinity(0, servers.OTHER)
            browser, busy = logged_in(served.port, NAME, password), _busy(served, database)
            yield HEAD
            missed = list[str]()
            starts = [wish.paths[0] for wish in asked if wish.most == SEARCH][:20]
            for times in chain(pages(browser, busy, asked, rounds), [deep(browser, starts)]):
                missed += [times.name] if times.missed else []
                yield times.line()
            yield f"  not within what is asked: {', '.join(missed) or 'none'}"
            last = datetime.combine(known.last, datetime.min.time(), UTC)
            for rows in exports:
                for kind in ("csv", "xlsx"):
                    yield export(browser, served, kind, max(1, round(rows / plan.a_day)), last)
        found = list(explained(engine, client, [path for wish in asked for path in wish.paths[:2]]))
        yield f"  query plans: {len(found)} statements that scan a big table"
        yield from found
        yield proven(engine, chance)


def _busy(served: Served, database: psutil.Process | None) -> Busy:
    """Return what tells the seconds of CPU that the server has used, and the database's processes."""

    def busy() -> float:
        theirs = [database, *database.children()] if database else []
        return served.busy() + sum(sum(one.cpu_times()[:2]) for one in theirs)

    return busy


def _calls(whole: Sequence[str]) -> Iterator[Wish]:
    yield Wish("a call's page", CALL, tuple(f"/desk/calls/{one}" for one in whole))


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--a-day", type=int, default=A_DAY)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "hotline-bench")
    parser.add_argument("--databases", nargs="*", default=("sqlite", "postgresql"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    plan = Plan(given.calls, datetime.now(UTC).date(), given.seed, given.a_day)
    for kind in given.databases:
        with filled(kind, given.data, plan) as (url, told, database):
            load = os.getloadavg()[0]
            print(f"{kind}: {plan.count} calls, seed {plan.seed}, {told}; load before {load:.1f}", flush=True)
            for line in measured(url, plan, database, given.rounds):
                print(line, flush=True)
    for kind in given.databases:
        for line in costs(kind):
            print(f"{kind}: {line}", flush=True)


if __name__ == "__main__":
    main()
