"""The browsers that lend legs ears and a mouth: who is to be linked with whom, and what they tell one another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from ivr.carrier.cues import Talking
from ivr.carrier.leg import Leg
from ivr.carrier.sound import Way, ways

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier

FORGOTTEN: Final = timedelta(seconds=15)
LOST: Final = timedelta(seconds=90)  # Browsers let a page that nobody looks at ask once a minute at the worst.
LEFT: Final = timedelta(seconds=5)  # One that says that it closes may be back as soon as it is loaded anew.
BESIDE: Final = timedelta(seconds=1)  # What it asked before may be heard after it said so, but not by this much.
MOST_LINKS: Final = 4  # of one browser: as many connections as it can carry with ease
MOST_NOTES: Final = 32


@dataclass(frozen=True, slots=True)
class Note:
    """What one browser tells the other end of a link: WebRTC's `offer` or `answer`, or `again` where it failed."""

    link: int
    kind: str
    sdp: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Two browsers to be joined, as one of them sees it; `offers`: it is the one to begin."""

    number: int
    hear: bool
    speak: bool
    offers: bool


@dataclass(frozen=True, slots=True)
class News:
    """What a browser is told; `talking`: its leg is in a talk; `elsewhere`: another window has the sound."""

    talking: bool
    elsewhere: bool
    links: tuple[Link, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Browser:
    """One window that sounds for a seat: a call on the page /phone, or an agent's phone."""

    window: str
    leg: Callable[[], Leg | None]
    seen: datetime
    closed: datetime | None = None
    notes: list[Note] = field(default_factory=list)

    def ask(self, now: datetime) -> None:
        """Note that it asks, so that it is there, unless it asked just before it closed."""
        self.seen = now
        if self.closed is not None and now >= self.closed + BESIDE:
            self.closed = None

    def gone(self, now: datetime) -> bool:
        """Has it asked nothing for long, or closed?"""
        return self.seen < now - LOST or (self.closed is not None and self.closed < now - LEFT)


Pair = tuple[str, str]


class Exchange:
    """Links browsers while their legs talk; each asks in turn, and tells what is for the others."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._browsers: dict[str, _Browser] = {}
        self._links: dict[Pair, int] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()

    def ask(
        self, seat: str, window: str, leg: Callable[[], Leg | None], notes: Iterable[Note] = (), first: bool = False
    ) -> News:
        """The news for this window, after passing its notes on; with `first` it takes the seat from any other."""
        with self._lock:
            known = self._fresh().get(seat)
            if known is None or (known.window != window and (first or known.closed)):
                self._links = {pair: number for pair, number in self._links.items() if seat not in pair}
                known = self._browsers[seat] = _Browser(window, leg, self._carrier.clock())
            if known.window != window:
                return News(False, True, (), ())
            known.ask(self._carrier.clock())
            found = self._survey()
            for note in notes:
                self._pass(seat, note)
            return self._news(seat, known, found)

    def close(self, seat: str, window: str) -> None:
        """Note that this window closes: its leg is lost soon, unless it, or another, asks for the seat by then."""
        with self._lock:
            known = self._browsers.get(seat)
            if known and known.window == window:
                known.closed = self._carrier.clock()

    def lost(self) -> list[Leg]:
        """The legs whose browser is gone for good, each once; a telephone network hangs these up."""
        with self._lock:
            now = self._carrier.clock()
            gone = {seat: one for seat, one in self._browsers.items() if one.gone(now)}
            self._browsers = {seat: one for seat, one in self._browsers.items() if seat not in gone}
        return [leg for one in gone.values() if (leg := one.leg())]

    def _fresh(self) -> dict[str, _Browser]:
        """Windows that still ask."""
        late = self._carrier.clock() - FORGOTTEN
        return {seat: one for seat, one in self._browsers.items() if one.seen >= late}

    def _survey(self) -> dict[Pair, Way]:
        """Look who talks to whom; a pair that parts and meets again has another number, so both begin anew."""
        found: dict[Pair, Way] = {}
        for pair, way in self._pairs():
            if all(sum(seat in other for other in found) < MOST_LINKS for seat in pair):
                found[pair] = way
        self._links = {pair: self._links.get(pair) or next(self._numbers) for pair in found}
        return found

    def _pairs(self) -> Iterator[tuple[Pair, Way]]:
        """Pairs of seats with the way as the first of them has it."""
        legs = {seat: leg for seat, one in sorted(self._fresh().items()) if (leg := one.leg())}
        seats = {leg.sid: seat for seat, leg in legs.items()}
        for seat, leg in legs.items():
            for way in ways(leg):
                other = seats.get(way.other.sid, "")
                if seat < other and (way.hears or way.heard):
                    yield (seat, other), way

    def _pass(self, seat: str, note: Note) -> None:
        """Put a note into the other's box; one about a link that is past is let go."""
        pair = next((pair for pair, number in self._links.items() if number == note.link and seat in pair), None)
        if pair is None:
            return
        if note.kind == "again":
            self._links[pair] = next(self._numbers)
            return
        box = self._browsers[pair[1] if seat == pair[0] else pair[0]].notes
        box[:] = [*box, note][-MOST_NOTES:]

    def _news(self, seat: str, browser: _Browser, found: dict[Pair, Way]) -> News:
        links = []
        for pair, way in found.items():
            if seat == pair[0]:
                links.append(Link(self._links[pair], way.hears, way.heard, True))
            elif seat == pair[1]:
                links.append(Link(self._links[pair], way.heard, way.hears, False))
        notes, browser.notes = tuple(browser.notes), []
        leg, mine = browser.leg(), {link.number for link in links}
        talking = leg is not None and isinstance(leg.cue, Talking)
        return News(talking, False, tuple(links), tuple(note for note in notes if note.link in mine))
