"""Measure how soon a change is on all wallboards, and what they show after a kill: `python -m tests.bench.wallboard`.

Several `python app.py` on one PostgreSQL answer a practice carrier; browsers listen to all of them. Callers join the
line, hang up, and are answered, each request at a server of chance; an agent works by the desk's own pages. A change is
timed from just before the act that commits it to the event that carries it, so that the act itself is in the figure;
the end of a talk, which the carrier tells in its own time, from the moment at which it was noted.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Final

import requests

from ivr import settings
from ivr.carrier.caller import Caller
from ivr.factory import Parts, create_app, utc_now
from tests.bench.offers import quantile
from tests.bench.servers import postgresql
from tests.desk_site import hired, token
from tests.faults.races import Company, company
from tests.processes import Server, awaited
from tests.wallboard import Figures, Watcher, counted, until_seen
from tests.world import NUMBER

SERVERS: Final = 3
WATCHERS: Final = 50
CHANGES: Final = 60
PEOPLE: Final = {"alice": "agent", "sam": "supervisor"}
LIMIT: Final = 1000
PAUSE: Final = 0.7  # Seconds at most between two changes.


Told = Callable[[Figures], object]


@dataclass
class Hall:
    """A company whose wallboards are watched: callers who wait or talk, and alice, who works by the desk's pages."""

    here: Company
    chance: Random
    desk: requests.Session
    waiting: list[Caller] = field(default_factory=list)
    talk: tuple[Caller, Caller] | None = None
    joined: int = 0
    gone: int = 0
    answered: int = 0

    def change(self) -> tuple[str, float, Told]:
        """Change something; return what, when that was begun, and what is true of figures that show it."""
        state = self.here.state("alice")
        if state == "available" and self.waiting:
            awaited(lambda: self.here.state("alice") == "ringing", "alice is rung")
            state = "ringing"
        if self.chance.random() < 0.5:
            return self._served(state)
        return self._left() if self.waiting and state != "ringing" and self.chance.random() < 0.5 else self._joined()

    def _joined(self) -> tuple[str, float, Told]:
        caller = Caller(self.here.carrier, f"+86{next(self.here.numbers)}", NUMBER)
        begun = time.perf_counter()
        caller.press("0")
        self.waiting.append(caller)
        self.joined += 1
        return "somebody waits", begun, lambda figures: int(figures["all.offered"]) == self.joined

    def _left(self) -> tuple[str, float, Told]:
        caller = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        begun = time.perf_counter()
        caller.hang_up()
        self.gone += 1
        return "somebody hangs up", begun, lambda figures: _gone(figures) == self.gone

    def _served(self, state: str) -> tuple[str, float, Told]:
        """Have alice go on to what comes next."""
        match state:
            case "ringing":
                return self._answered()
            case "talking":
                assert self.talk
                begun, at = time.perf_counter(), utc_now()
                self.here.parts.board.end_talk("alice")
                self.talk[1].hang_up()
                # Where two tell of the end at once, it takes the switchboard's next look, which is not the wallboard's.
                awaited(lambda: self.here.state("alice") == "wrapping", "alice wraps up")
                begun += (self.here.since("alice") - at).total_seconds()
                return "a talk ends", begun, lambda figures: figures["agent alice"] == "wrapping"
            case "wrapping":
                return self._acts("wrap-up", {"code": "resolved", "note": ""}, "available", "ringing")
            case "available":
                return self._acts("away", {"reason": "meal"}, "away")
            case _:
                return self._acts("available", {}, "available", "ringing")

    def _answered(self) -> tuple[str, float, Told]:
        alice = self.here.picked_up("alice")
        begun = time.perf_counter()
        alice.press("1", interrupt=True)
        awaited(lambda: any(self.here.talking(one, alice) for one in self.waiting), "they talk")
        caller = next(one for one in self.waiting if self.here.talking(one, alice))
        self.waiting.remove(caller)
        self.talk = (caller, alice)
        self.answered += 1
        return "somebody is answered", begun, lambda figures: int(figures["all.answered"]) == self.answered

    def _acts(self, path: str, body: dict[str, str], *after: str) -> tuple[str, float, Told]:
        port = self.chance.choice(list(self.here.exchange.ports))
        begun = time.perf_counter()
        answer = self.desk.post(f"http://127.0.0.1:{port}/desk/{path}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return f"alice: {path}", begun, lambda figures: figures.get("agent alice") in after


def _gone(figures: Figures) -> int:
    return int(figures["all.abandoned"]) + int(figures.get("all.short", "0"))


def entered(server: Server, name: str, password: str) -> requests.Session:
    """Return the session of somebody who logged in at this server, and so at all of them."""
    session, url = requests.Session(), f"http://127.0.0.1:{server.port}/desk"
    form = {"name": name, "password": password, "csrf_token": token(session.get(f"{url}/login").text)}
    session.headers["X-CSRFToken"] = token(session.post(f"{url}/login", data=form).text)
    return session


@contextmanager
def hall(folder: Path, database: str, count: int, seed: str) -> Iterator[tuple[Hall, str]]:
    """Run a company whose alice takes calls; give it with the cookie of a supervisor."""
    with company(folder, database, count, seed) as here:
        first = here.servers[0]
        app = create_app(settings.read({**first.environment, "PORT": str(first.port)}, first.project))
        pages, staff = app.extensions["pages"].made()
        alice, sam = (entered(first, name, hired(pages, staff, name, role)) for name, role in PEOPLE.items())
        here.hire("alice")
        yield Hall(here, Random(seed), alice), f"hotline={sam.cookies['hotline']}"
        parts: Parts = app.extensions["hotline"]
        parts.journal.close()
        parts.engine.dispose()


def measured(made: Hall, watchers: Sequence[Watcher], changes: int) -> list[tuple[str, list[float]]]:
    """Change so many things, one after another; return each with after how many seconds each watcher saw it."""
    found = []
    for _ in range(changes):
        what, begun, told = made.change()
        found.append((what, until_seen(watchers, begun, told)))
        Event().wait(made.chance.uniform(0, PAUSE))
    return found


def restarted(made: Hall, watchers: Sequence[Watcher]) -> float:
    """Kill the last server, change things, and start it again; return after how many seconds its watchers knew."""
    here = made.here
    server = here.servers[-1]
    theirs = [one for one in watchers if one.port == server.port]
    rest = [one for one in watchers if one.port != server.port]
    here.exchange.ports = [one.port for one in here.servers[:-1]]
    server.kill()
    for what, begun, told in (made.change() for _ in range(4)):
        assert until_seen(rest, begun, told), what
    server.start()
    server.await_answers()
    begun = time.perf_counter()
    here.exchange.ports = [one.port for one in here.servers]
    awaited(lambda: len({one.last for one in watchers}) == 1, "all show the same")
    assert all(one.lost for one in theirs)
    return time.perf_counter() - begun


def wrong(made: Hall, watchers: Sequence[Watcher]) -> list[str]:
    """Return the figures that are not what the tables say, when nothing changes any more."""
    parts = made.here.parts
    told = counted(parts.engine, parts.flow.zone, utc_now(), parts.flow.queues)
    return [
        f"{one.port}: {name} is {one.figures.get(name)}, not {told.get(name)}"
        for one in watchers
        for name in sorted(one.figures.keys() | told.keys())
        if one.figures.get(name) != told.get(name)
    ]


def run(
    folder: Path, database: str, count: int, many: int, changes: int, seed: str, limit: int = LIMIT
) -> Iterator[str]:
    """Yield the lines of the report; raise AssertionError where p95 is not below so many milliseconds."""
    with hall(folder, database, count, seed) as (made, cookie):
        ports = [server.port for server in made.here.servers]
        watchers = [Watcher(ports[number % count], cookie).start() for number in range(many)]
        try:
            awaited(lambda: all(one.figures for one in watchers), "all have a board")
            found = measured(made, watchers, changes)
            spent = [1000 * took for _, each in found for took in each]
            yield f"{count} servers, {many} watching, {changes} changes, seed {seed}: from the change to the screen"
            yield f"  p50 {quantile(spent, 0.5):.0f} ms, p95 {quantile(spent, 0.95):.0f} ms, worst {max(spent):.0f} ms"
            for what in sorted({what for what, _ in found}):
                part = [1000 * took for kind, each in found if kind == what for took in each]
                yield f"    {what}: p50 {quantile(part, 0.5):.0f} ms, p95 {quantile(part, 0.95):.0f} ms"
            again = restarted(made, watchers)
            awaited(lambda: not wrong(made, watchers), "every figure is that of the tables")
            figures = sum(len(one.figures) for one in watchers)
            yield f"  killed and started again: {again:.2f} s later all show the same, {figures} figures, 0 wrong"
            if quantile(spent, 0.95) >= limit:
                raise AssertionError(f"p95 is not below {limit} ms")
        finally:
            for one in watchers:
                one.over.set()
            for one in watchers:
                one.stop()


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description="How soon a change is on every wallboard.")
    parser.add_argument("--changes", type=int, default=CHANGES)
    parser.add_argument("--watchers", type=int, default=WATCHERS)
    parser.add_argument("--seed", default="4")
    given = parser.parse_args()
    with postgresql() as database, tempfile.TemporaryDirectory(prefix="bench") as folder:
        for line in run(Path(folder), database, SERVERS, given.watchers, given.changes, given.seed):
            print(line, flush=True)


if __name__ == "__main__":
    main()
