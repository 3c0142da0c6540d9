"""Queues of waiting callers, and the Enqueue verb: rounds of the waiting document until something ends the wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.carrier import schema
from ivr.carrier.audio import through
from ivr.carrier.bridge import Bridge, part, talk
from ivr.carrier.cues import Playing, Queued
from ivr.carrier.fetching import Page, document, tell
from ivr.carrier.signals import (
    Form,
    Goal,
    HungUp,
    Joined,
    LeftQueue,
    Moved,
    Parted,
    Request,
    Steps,
    TakenFromQueue,
)
from ivr.carrier.twiml import Unusable
from ivr.carrier.verbs import Enqueue

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.leg import Leg

MUSIC = "http://s3.amazonaws.com/com.twilio.sounds.music/index.xml"
MUSIC_SECONDS = 180.0
Play = Callable[["Leg", Page], Steps["Goal | None"]]


@dataclass(frozen=True, slots=True)
class Member:
    """One caller who waits."""

    leg: Leg
    since: datetime


class CallQueue:
    """Callers waiting under one name, first come, first served; and those who wait for a caller."""

    def __init__(self, carrier: Carrier, sid: str, name: str, most: int = 1000) -> None:
        self.carrier, self.sid, self.name, self.most = carrier, sid, name, most
        self.created = self.updated = carrier.clock()
        self._members: list[Member] = []
        self._takers: list[Callable[[], None]] = []
        self._waits: list[float] = []
        self._lock = threading.Lock()

    @property
    def members(self) -> list[Member]:
        """Those who wait now, first the first."""
        with self._lock:
            return list(self._members)

    @property
    def average(self) -> int:
        """Mean seconds that the last hundred callers waited."""
        with self._lock:
            waits = self._waits[-100:]
        return round(sum(waits) / len(waits)) if waits else 0

    def join(self, leg: Leg, most: int) -> Member | None:
        """Line up; None when the queue is full. Whoever waits for a caller is told."""
        member = Member(leg, self.carrier.clock())
        with self._lock:
            if len(self._members) >= min(most, self.most):
                return None
            self._members.append(member)
        return member

    def called(self) -> None:
        """Tell those who wait for a caller that one is there."""
        with self._lock:
            takers = list(self._takers)
        for taker in takers:
            taker()

    def drop(self, member: Member) -> bool:
        """Take a caller out; False when somebody else has done so before."""
        with self._lock:
            if member not in self._members:
                return False
            self._members.remove(member)
            self._waits.append(self.waited(member))
            return True

    def take(self, by: Leg, sid: str | None = None) -> tuple[Member, Bridge] | None:
        """The first caller (or the one of `sid`) and the bridge to talk over; None when there is none."""
        with self._lock:
            wanted = [member for member in self._members if sid in (None, member.leg.sid)]
            if not wanted:
                return None
            member = wanted[0]
            self._members.remove(member)
            self._waits.append(self.waited(member))
            bridge = Bridge(by, member.leg)
            member.leg.bridge = by.bridge = bridge
            return member, bridge

    def await_caller(self, taker: Callable[[], None]) -> None:
        """Have `taker` called whenever a caller lines up."""
        with self._lock:
            self._takers.append(taker)

    def forget(self, taker: Callable[[], None]) -> None:
        """Do not call `taker` any more."""
        with self._lock:
            self._takers = [one for one in self._takers if one is not taker]

    def waited(self, member: Member) -> int:
        """Whole seconds that a caller has waited."""
        return round((self.carrier.clock() - member.since).total_seconds())

    def status(self, member: Member) -> Form:
        """The queue's parameters of a waiting document's request."""
        members = self.members
        position = members.index(member) + 1 if member in members else 1
        return (
            ("QueueSid", self.sid),
            ("QueuePosition", str(position)),
            ("QueueTime", str(self.waited(member))),
            ("AvgQueueTime", str(self.average)),
            ("CurrentQueueSize", str(len(members))),
            ("MaxQueueSize", str(self.most)),
        )


def enqueue(leg: Leg, verb: Enqueue, page: Page, play: Play) -> Steps[Goal | None]:
    """Run an Enqueue; the request to its action, or None to go on with the next verb."""
    leg.answer()
    if not 1 <= len(verb.queue) <= 64:
        return _after(verb, page, (("QueueResult", "error"),))
    queue = leg.carrier.queue(verb.queue)
    member = queue.join(leg, verb.max_size)
    if member is None:
        return _after(verb, page, (("QueueResult", "queue-full"),))
    leg.place = queue
    try:
        result, waited = yield from _wait(leg, verb, page, queue, member, play)
    finally:
        leg.place = None
    return _after(verb, page, _result(queue, result, waited))


def _result(queue: CallQueue, result: str, waited: int) -> Form:
    return (("QueueResult", result), ("QueueSid", queue.sid), ("QueueTime", str(waited)))


def _after(verb: Enqueue, page: Page, form: Form) -> Request | None:
    return page.request(verb.action, verb.method, form) if verb.action else None


def _wait(leg: Leg, verb: Enqueue, page: Page, queue: CallQueue, member: Member, play: Play) -> Steps[tuple[str, int]]:
    """Until the wait is over: QueueResult and the seconds waited."""
    result = "hangup"
    waited = 0
    try:
        try:
            result = yield from _rounds(leg, verb, page, queue, member, play)
            waited = queue.waited(member)
            if not queue.drop(member):
                # Somebody took the caller in this very moment: that counts.
                yield from through(Queued(queue.name, None))
        except TakenFromQueue as taken:
            waited = queue.waited(member)
            result = yield from _bridged(leg, taken, play)
        return result, waited
    except (HungUp, Moved) as end:
        waited = waited or queue.waited(member)
        queue.drop(member)
        moved = isinstance(end, Moved)
        bridged = leg.bridge is not None and leg.bridge.met
        word = {(False, False): "hangup", (False, True): "bridged", (True, False): "redirected"}
        result = word.get((moved, bridged), "redirected-from-bridged")
        part(leg)
        request = _after(verb, page, _result(queue, result, waited))
        if request is not None:
            tell(leg, request)
        raise


def _rounds(leg: Leg, verb: Enqueue, page: Page, queue: CallQueue, member: Member, play: Play) -> Steps[str]:
    """The waiting document again and again; the QueueResult when it ends the wait itself."""
    queue.called()
    try:
        while True:
            turn = leg.turn
            if verb.wait_url is None:
                yield from through(Playing(MUSIC, 1, MUSIC_SECONDS))
            elif not verb.wait_url:
                yield from through(Queued(queue.name, None))
            else:
                goal: Goal | None = page.request(verb.wait_url, verb.wait_method)
                while isinstance(goal, Request):
                    form = (*goal.form, *queue.status(member))
                    found = document(leg, Request(goal.url, goal.method, form), schema.WAIT)
                    goal = yield from play(leg, found)
            if leg.turn == turn:
                # A round in which nothing is heard would be asked for without end: silence instead.
                yield from through(Queued(queue.name, None))
            leg.rounds += 1
    except LeftQueue:
        return "leave"
    except Unusable:
        return "error"


def _bridged(leg: Leg, taken: TakenFromQueue, play: Play) -> Steps[str]:
    """The taker's greeting, then the talk."""
    bridge = taken.bridge
    try:
        goal: Goal | None = taken.whisper
        with suppress(Unusable):  # A greeting that cannot be played is in the log, and the talk goes on without.
            while goal is not None:
                goal = yield from play(leg, document(leg, goal, schema.TAKEN))
    except Parted:
        leg.bridge = None
        return "bridged"
    bridge.other(leg).tell(Joined(leg, bridge))
    yield from talk(leg, bridge)
    leg.bridge = None
    return "bridged"
