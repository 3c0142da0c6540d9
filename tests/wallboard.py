"""Who watches the wallboard as a browser does, and what its figures must be, counted straight from the tables."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import time as clock_time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from ivr.flow.flow import Queue

Figures = Mapping[str, str]
FIGURE: Final = re.compile(r'data-figure="([^"]+)">([^<]*)<')
AGENT: Final = re.compile(r'data-is="([^"]+)" data-agent="([^"]+)"')
PATIENCE: Final = 60.0  # seconds
OPEN: Final = ("waiting", "offered", "talking")
SUMS: Final = ("waiting", "talking", "offered", "answered", "abandoned", "short", "elsewhere")


def shown(html: str) -> dict[str, str]:
    """Return the figures that a board shows, by name, and each agent's state."""
    return dict(FIGURE.findall(html)) | {f"agent {name}": state for state, name in AGENT.findall(html)}


@dataclass
class Watcher:
    """A browser that listens for events, and comes again when it is told to, or as the connection ends."""

    port: int
    cookie: str
    last: str = ""
    retry: float = 0.4
    history: list[tuple[float, Figures]] = field(default_factory=list)
    asked: int = 0
    lost: int = 0
    seen: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def figures(self) -> Figures:
        """What stands on the board now."""
        return self.history[-1][1] if self.history else {}

    def start(self) -> "Watcher":
        """Listen in a thread of its own."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        self.over.set()
        self._thread.join(30)

    def _run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.over.is_set():
            try:
                self._listen(connection)
            except (OSError, HTTPException):
                self.lost += 1
                connection.close()
            self.over.wait(self.retry)
        connection.close()

    def _listen(self, connection: HTTPConnection) -> None:
        self.asked += 1
        headers = {"Cookie": self.cookie} | ({"Last-Event-ID": self.last} if self.last else {})
        connection.request("GET", "/desk/wallboard/events", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        for event in events(answer):
            if event.get("event") is None and "data" in event:
                with self.seen:
                    self.last = event["id"]
                    self.history.append((time.perf_counter(), shown(event["data"])))
                    self.seen.notify_all()
            self.retry = int(event.get("retry", "400")) / 1000
            if self.over.is_set():
                connection.close()
                return


def events(answer: HTTPResponse) -> Iterator[dict[str, str]]:
    """Yield the events of a stream, each as its fields."""
    told: dict[str, str] = {}
    while line := answer.readline().decode():
        name, _, value = line.rstrip("\n").partition(": ")
        if name:
            told[name] = f"{told[name]}\n{value}" if name in told else value
        elif told:
            yield told
            told = {}


def counted(engine: Engine, zone: ZoneInfo, at: datetime, queues: Mapping[str, Queue]) -> dict[str, str]:
    """Return what the board must show at this moment, by the rows themselves."""
    with engine.connect() as connection:
        calls = {row.id: row for row in connection.execute(text("SELECT id, started_at, ended_at, outcome FROM calls"))}
        line = connection.execute(text("SELECT * FROM line ORDER BY id")).all()
        wraps = {(row.line, row.agent): row.at for row in connection.execute(text("SELECT * FROM wrapups"))}
        staff = connection.execute(text("SELECT id, state FROM agents")).all()
    midnight = datetime.combine(at.astimezone(zone).date(), clock_time(), zone)
    sums = Counter[str]()
    for place in line:
        for queue in (place.queue, "all"):
            for name, value in became(place, calls.get(place.call_id), wraps, queues, midnight).items():
                sums[f"{queue}.{name}"] += value
    inside = {place.call_id for place in line if place.kind == "call" and place.state in OPEN}
    others = {place.queue for place in line if place.state in OPEN or sums[f"{place.queue}.offered"]} - queues.keys()
    told = {key: str(value) for queue in (*queues, *others, "all") for key, value in written(sums, queue)}
    works = [place for place in line if place.kind != "call" and place.state in ("waiting", "offered")]
    told |= {f"{kind}s": str(sum(place.kind == kind for place in works)) for kind in ("callback", "message")}
    told |= {"waiting": told["all.waiting"], "talking": told["all.talking"]}
    told |= {"menus": str(sum(row.ended_at is None and row.id not in inside for row in calls.values()))}
    told |= {"free": str(sum(agent.state == "available" for agent in staff))}
    return told | {f"agent {agent.id}": agent.state for agent in staff if agent.state != "offline"}


def became(place: Any, call: Any, wraps: Any, queues: Mapping[str, Queue], midnight: datetime) -> dict[str, int]:
    """Return what one place adds to the figures of its queue."""
    if place.kind != "call":
        return {}
    told = {"waiting": int(place.state in ("waiting", "offered")), "talking": int(place.state == "talking")}
    joined, answered, ended = (moment(value) for value in (place.joined_at, place.answered_at, place.ended_at))
    if joined is None or joined < midnight:
        return told
    rules = queues.get(place.queue, Queue(name="-"))
    if place.state in ("talking", "done") and answered:
        waited = round((answered - joined).total_seconds())
        told |= {"answered": 1, "within": int(waited <= rules.service_seconds), "waited": waited}
        if place.state == "done" and ended:
            wrapped = moment(wraps.get((place.id, place.agent)))
            wrap = round((wrapped - ended).total_seconds()) if wrapped else 0
            told |= {"handled": 1, "busy": round((ended - answered).total_seconds()) + wrap}
    elif place.state == "left" and ended:
        hung_up = call is not None and call.outcome == "hung-up" and ended == moment(call.ended_at)
        short = round((ended - joined).total_seconds()) <= rules.short_seconds
        told["elsewhere" if not hung_up else "short" if short else "abandoned"] = 1
    return told | {"offered": 1}


def written(sums: Mapping[str, int], queue: str) -> Iterator[tuple[str, str]]:
    """Yield a queue's figures as the board writes them; no short ones where there are none."""
    found = {name: sums.get(f"{queue}.{name}", 0) for name in (*SUMS, "within", "waited", "handled", "busy")}
    yield from ((f"{queue}.{name}", str(found[name])) for name in SUMS if name != "short" or found["short"])
    yield f"{queue}.service", f"{100 * found['within'] // found['offered']}%" if found["offered"] else "–"
    for name, whole, parts in (("speed", "waited", "answered"), ("handle", "busy", "handled")):
        seconds = round(found[whole] / found[parts]) if found[parts] else 0
        yield f"{queue}.{name}", f"{seconds // 60}:{seconds % 60:02}" if found[parts] else "–"


def moment(value: object) -> datetime | None:
    """Return a moment as a database gives it: SQLite as text without a zone."""
    if value is None:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(at, datetime)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def until_seen(watchers: Sequence[Watcher], since: float, told: Callable[[Figures], object]) -> list[float]:
    """Return after how many seconds from then each of these had figures of which this is true."""
    found = []
    for number, watcher in enumerate(watchers):

        def first(watcher: Watcher = watcher) -> float | None:
            found = None
            for at, figures in reversed(watcher.history):  # Only what is new: a long history would slow the clock.
                if at < since:
                    break
                found = at if told(figures) else found
            return found

        with watcher.seen:
            assert watcher.seen.wait_for(first, PATIENCE), (number, watcher.figures)
            found.append((first() or since) - since)
    return found
