"""The telephone company: its numbers, phones, calls, queues, conferences, recordings, and its log."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.carrier.clock import Clock, clock
from ivr.carrier.conferences import Participant, Room
from ivr.carrier.dial import ringing
from ivr.carrier.errands import Errands
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.inbox import Inbox
from ivr.carrier.leg import Leg
from ivr.carrier.log import Log
from ivr.carrier.meeting import attend
from ivr.carrier.messages import TextMessage
from ivr.carrier.parameters import API_VERSION
from ivr.carrier.phones import Phone
from ivr.carrier.progress import watcher
from ivr.carrier.queues import CallQueue
from ivr.carrier.record import Recorded
from ivr.carrier.script import converse, play
from ivr.carrier.signals import Goal, Moved, Request, Steps
from ivr.carrier.verifications import Verifications
from ivr.carrier.web import Send, http_sender

KEPT = 1000  # calls that are over, for whoever asks about them by REST,
REMEMBERED = timedelta(hours=1)  # and for this long
_LOOKS = 100  # Old calls are looked for once in so many new ones.
Background = Callable[[Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class Line:
    """A number of ours, and where it asks what to do with a call; an `application` (AP…) would ask instead."""

    address: str
    voice: Request
    fallback: Request | None
    status_callback: Request | None
    application: str = ""


class Carrier:
    """A telephone company in a box, in place of Twilio.

    `now` is a SimulatedClock that cues move on, or any callable that tells the time; `send` asks web servers (see
    web.Send); `background` runs callbacks and what REST orders, by default in order and at once; `api_url` is where
    `rest` is served; the log keeps the last `keep` requests.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        now: Callable[[], datetime] | Clock,
        send: Send | None = None,
        background: Background | None = None,
        api_url: str = "https://api.twilio.com",
        keep: int = 20_000,
    ) -> None:
        self.account_sid, self.auth_token, self.api_url = account_sid, auth_token, api_url
        self.clock = clock(now)
        self.begun = self.clock()
        self.send = send or http_sender()
        self.background = background or (lambda job: job())
        self.log, self.errands = Log(keep), Errands()
        self.numbers: dict[str, Line] = {}
        self.phones: dict[str, Phone] = {}
        self.legs: dict[str, Leg] = {}
        self.queues: dict[str, CallQueue] = {}
        self.rooms: dict[str, Room] = {}
        self.conferences: dict[str, Room] = {}
        self.recordings: dict[str, Recorded] = {}
        self.messages: dict[str, TextMessage] = {}
        self.inbox, self.faults = Inbox(), Faults()
        self.verifications = Verifications(self.clock, self.new_sid)
        self.api_keys: dict[str, str] = {}
        self.sounds: dict[str, float] = {}
        self.exchange = Exchange(self)
        self._calls = 0
        self._lock = threading.Lock()

    def number(
        self, address: str, voice_url: str, fallback_url: str = "", status_callback: str = "", method: str = "POST"
    ) -> Line:
        """Set up a number of ours that can be dialled."""
        asks = [Request(url, method) if url else None for url in (fallback_url, status_callback)]
        line = Line(address, Request(voice_url, method), asks[0], asks[1])
        self.numbers[address] = line
        return line

    def dial(self, from_: str, to: str, extra: Mapping[str, str] | None = None) -> Leg:
        """Somebody dials a number of ours; the caller's leg, already at its first cue.

        `extra` are parameters to send besides, or instead of, the standard ones in each request. Raises LookupError
        for a number that is not ours.
        """
        line = self.numbers.get(to)
        if line is None:
            raise LookupError(f"{to} is no number of ours")
        leg = self.leg(from_, to, "inbound")
        leg.extra.update(extra or {})
        leg.fallback = line.fallback
        if line.status_callback is not None:
            leg.on_change.append(watcher(line.status_callback, ("completed",)))
        self.begin(leg, converse(leg, line.voice))
        return leg

    def begin(self, leg: Leg, life: Steps[None]) -> None:
        """Start a leg; wherever REST moves it, it runs that document to the end of its call."""

        def lifetime() -> Steps[None]:
            try:
                yield from life
            except Moved as moved:
                yield from converse(leg, moved.goal)

        leg.start(lifetime())

    def outbound(self, leg: Leg, goal: Goal, timeout: float) -> Steps[None]:
        """What a call that we make does: ring for `timeout` seconds, and run the document of `goal` when answered."""
        if (yield from ringing(leg, timeout)):
            yield from converse(leg, goal)

    def invite(self, participant: Participant, room: Room, most: int, timeout: float) -> None:
        """Ring somebody and put the party into a conference when it answers; the call ends with the conference."""
        leg = participant.leg

        def life() -> Steps[None]:
            if (yield from ringing(leg, timeout)):
                yield from attend(leg, room, participant, most, play, None)

        self.begin(leg, life())

    def tick(self, slack: float = 0.0) -> None:
        """End every cue whose time was over `slack` seconds ago; for legs that no driver drives.

        Call it once a second where the clock is the time of day, with some slack for the drivers in browsers.
        """
        late = self.clock() - timedelta(seconds=slack)
        for leg in list(self.legs.values()):
            turn, seconds = leg.turn, leg.cue.seconds
            if seconds is not None and leg.since + timedelta(seconds=seconds) <= late:
                leg.finish(turn)

    def rename(self, queue: CallQueue, name: str) -> None:
        """Give a queue another name."""
        with self._lock:
            self.queues.pop(queue.name, None)
            queue.name, queue.updated = name, self.clock()
            self.queues[name] = queue

    def leg(self, from_: str, to: str, direction: str, parent: Leg | None = None) -> Leg:
        """A new leg, not yet started."""
        leg = Leg(self, self.new_sid("CA"), from_, to, direction, parent)
        self.legs[leg.sid] = leg
        self._calls += 1
        if self._calls % _LOOKS == 0:
            self._forget()
        return leg

    def _forget(self) -> None:
        """Let go of calls that were over long ago, and of the oldest where there are too many."""
        over = [leg for leg in list(self.legs.values()) if leg.over]
        late = self.clock() - REMEMBERED
        for number, leg in enumerate(over):
            if len(over) - number > KEPT or (leg.ended_at and leg.ended_at < late):
                self.legs.pop(leg.sid, None)

    def phone(self, address: str) -> Phone:
        """The phone of a number or of `client:<identity>`; made when there is none."""
        with self._lock:
            return self.phones.setdefault(address, Phone(address))

    def ring(self, leg: Leg) -> str:
        """Ring the phone that a leg is for; "" when it rings, else the call's final status at once."""
        if leg.to.startswith("client:") and leg.to not in self.phones:
            return "no-answer"
        if not leg.to.startswith(("client:", "sip:")) and not leg.to.lstrip("+").isdigit():
            return "failed"
        phone = self.phone(leg.to)
        if not phone.available:
            return "no-answer"
        phone.ring(leg)
        return ""

    def room(self, name: str) -> Room:
        """The conference of that name that is not over; made when there is none."""
        with self._lock:
            room = self.rooms.get(name)
            if room is None or room.over:
                room = self.rooms[name] = Room(self, self.new_sid("CF"), name)
                self.conferences[room.sid] = room
            return room

    def queue(self, name: str) -> CallQueue:
        """The queue of that name; made when there is none."""
        with self._lock:
            if name not in self.queues:
                self.queues[name] = CallQueue(self, self.new_sid("QU"), name)
            return self.queues[name]

    def new_sid(self, prefix: str) -> str:
        """A new identifier in Twilio's form: two letters and 32 hexadecimal digits."""
        return prefix + uuid.uuid4().hex

    def recording_url(self, sid: str) -> str:
        """Where a recording can be fetched, with .wav or .json behind."""
        return f"{self.api_url}/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{sid}"
