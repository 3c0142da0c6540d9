"""What the wallboard shows: looked up and drawn once for all who watch it in this process."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Final

from ivr.console import emergencies
from ivr.console.alarms import Alarm, alarms
from ivr.flow.emergency import Declared
from ivr.flow.flow import Flow, Queue
from ivr.reports.live import Live, Looks, Waiting, Working
from ivr.reports.today import DEFAULT, Day

FRESH: Final = 0.3  # Seconds that a look may be old, however many watch; a change is to be seen within one.
ORDER: Final = ("ringing", "talking", "wrapping", "working", "available", "away")


@dataclass(frozen=True, slots=True)
class Row:
    """A queue: its settings, who is in it now, and what today came to; `alarms` is what is wrong with it."""

    name: str
    queue: Queue
    waiting: Waiting
    day: Day
    alarms: tuple[Alarm, ...]

    @property
    def alarmed(self) -> frozenset[str]:
        """What is wrong with it, in a word each."""
        return frozenset(alarm.what for alarm in self.alarms)


@dataclass(frozen=True, slots=True)
class Board:
    """The wallboard in no language: queues in the menus' order, all of them together, agents by what they do."""

    rows: tuple[Row, ...]
    waiting: Waiting
    day: Day
    agents: tuple[Working, ...]
    states: Mapping[str, int]
    offline: int
    menus: int
    emergencies: tuple[Declared, ...]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """All that is wrong."""
        return tuple(alarm for row in self.rows for alarm in row.alarms)


@dataclass(frozen=True, slots=True)
class Seen:
    """The board, and by what it is known: the same for as long as nothing on it changes but clocks."""

    id: str
    board: Board


class Wall:
    """The one look of a process, and what it is in each language."""

    def __init__(self, looks: Looks, now: Callable[[], datetime], flow: Callable[[], Flow]) -> None:
        """Look by this, at the queues of these menus."""
        self._now, self._flow, self._looks = now, flow, looks
        self._seen: Seen | None = None
        self._lock, self._at = Lock(), 0.0
        self._drawn: dict[tuple[str, str], str] = {}
        self._drawing = Lock()

    def look(self) -> Seen:
        """Return the board, a moment old at most; raise StoreError where it cannot be known."""
        with self._lock:
            if self._seen is None or monotonic() - self._at >= FRESH:
                board = _board(self._looks.take(), self._flow(), self._now())
                self._seen, self._at = Seen(_key(board), board), monotonic()
            return self._seen

    def drawn(self, seen: Seen, language: str, draw: Callable[[Board], str]) -> str:
        """Return the board as it is drawn in a language; drawn once."""
        key = (seen.id, language)
        with self._drawing:
            if key not in self._drawn:
                # What is no longer shown is no longer kept.
                self._drawn = {old: html for old, html in self._drawn.items() if old[0] == seen.id}
                self._drawn[key] = draw(seen.board)
            return self._drawn[key]


def _key(board: Board) -> str:
    return sha256(repr(board).encode()).hexdigest()[:20]


def _board(live: Live, flow: Flow, now: datetime) -> Board:
    queues = flow.queues
    others = sorted((live.waiting.keys() | live.today.keys()) - queues.keys())
    rows = tuple(_row(name, queues.get(name, DEFAULT), live, now) for name in (*queues, *others))
    order = {state: place for place, state in enumerate(ORDER)}
    return Board(
        rows=rows,
        waiting=reduce(_together, (row.waiting for row in rows), Waiting()),
        day=sum((row.day for row in rows), Day()),
        agents=tuple(sorted(live.agents, key=lambda one: (order.get(one.state, len(order)), one.since, one.id))),
        states=Counter(one.state for one in live.agents),
        offline=live.offline,
        menus=live.menus,
        emergencies=emergencies.on(flow, now),
    )


def _row(name: str, queue: Queue, live: Live, now: datetime) -> Row:
    waiting, day = live.waiting.get(name, Waiting()), live.today.get(name, Day())
    return Row(name, queue, waiting, day, tuple(alarms(name, queue, waiting, day, now)))


def _together(one: Waiting, other: Waiting) -> Waiting:
    first = min((at for at in (one.since, other.since) if at), default=None)
    numbers = {name: getattr(one, name) + getattr(other, name) for name in Waiting.__slots__ if name != "since"}
    return replace(one, since=first, **numbers)
