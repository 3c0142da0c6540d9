"""A browser that is a stopwatch: logged in, one connection, each page read whole; and the server's memory meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Final

import psutil
import requests

from tests.bench.offers import quantile
from tests.desk_site import token

PATIENCE_SECONDS: Final = 900
PIECE: Final = 1 << 18


class WrongAnswerError(RuntimeError):
    """A page was not answered with 200."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody who is logged in."""

    connection: HTTPConnection
    cookie: str

    def get(self, path: str) -> tuple[float, str]:
        """Return the milliseconds until the whole page was there, and the page."""
        begun = time.perf_counter()
        body = b"".join(self.pieces(path))
        return 1000 * (time.perf_counter() - begun), body.decode()

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield an answer piece by piece."""
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.connection.getresponse()
        if answer.status != 200:
            raise WrongAnswerError(f"{path}: {answer.status} {answer.read()[:2000]!r}")
        while piece := answer.read(PIECE):
            yield piece


def logged_in(port: int, name: str, password: str) -> Browser:
    """Log in as people do."""
    base = f"http://127.0.0.1:{port}"
    with requests.Session() as session:
        page = session.get(f"{base}/desk/login?lang=zh", timeout=10)
        form = {"name": name, "password": password, "csrf_token": token(page.text)}
        session.post(f"{base}/desk/login", data=form, timeout=10).raise_for_status()
        cookie = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
    return Browser(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS), cookie)


@dataclass(slots=True)
class Times:
    """Milliseconds of pages of one kind, what is asked of them, and the seconds of CPU that all of them took.

    `first` are those of the first round, in which the disc is read: told, but not asked anything of.
    Where others use the machine, only the CPU tells what a page costs; that of PostgreSQL's processes is in it.
    """

    name: str
    most: float
    spent: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    busy: float = 0.0

    def line(self) -> str:
        """Return them as a line of a table."""
        p50, p95, worst = quantile(self.spent, 0.5), quantile(self.spent, 0.95), max(self.spent)
        missed = "  MISSED" if self.missed else ""
        busy, first = 1000 * self.busy / len(self.spent), max(self.first, default=0.0)
        return (
            f"  {self.name:<44}{len(self.spent):>4}{p50:>9.1f}{p95:>9.1f}{worst:>9.1f}{busy:>9.1f}{first:>9.1f}{missed}"
        )

    @property
    def missed(self) -> bool:
        """Whether its p95 is not what is asked."""
        return bool(self.most) and quantile(self.spent, 0.95) > self.most


def timed(
    browser: Browser, busy: Callable[[], float], name: str, most: float, paths: Sequence[str], rounds: int = 1
) -> Times:
    """Return how long these pages take, each asked once and then so many times more.

    `busy` tells the server's seconds of CPU so far.
    """
    times = Times(name, most, first=[browser.get(path)[0] for path in paths])
    before = busy()
    for _ in range(rounds):
        times.spent += [browser.get(path)[0] for path in paths]
    times.busy = busy() - before
    return times


@contextmanager
def watched(process: psutil.Process, peaks: list[float]) -> Iterator[None]:
    """Add the highest RSS in MB (10^6 bytes) of a process meanwhile."""
    over, highest = threading.Event(), [0.0]

    def watch() -> None:
        while not over.wait(0.02):
            highest[0] = max(highest[0], process.memory_info().rss / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        peaks.append(highest[0])
