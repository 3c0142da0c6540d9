"""Dial: rings people, takes a caller out of a queue, or joins a conference, then asks the action what comes next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.carrier import schema
from ivr.carrier.bridge import Bridge, part, talk
from ivr.carrier.cues import Ringing
from ivr.carrier.errands import Afterwards
from ivr.carrier.fetching import Page, document, tell
from ivr.carrier.meeting import join
from ivr.carrier.progress import watcher
from ivr.carrier.record import Recorded, keep, report
from ivr.carrier.signals import (
    Answered,
    CallerWaiting,
    Declined,
    Ended,
    Finished,
    Form,
    Goal,
    HungUp,
    Joined,
    Parted,
    PickedUp,
    Steps,
    TakenFromQueue,
)
from ivr.carrier.twiml import Unusable
from ivr.carrier.verbs import Conference, Dial, Number, Queue

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

Play = Callable[["Leg", Page], Steps["Goal | None"]]
TIMEOUT_BUFFER = 5


@dataclass(slots=True)
class Outcome:
    """What the Dial action will be told, as far as it is known."""

    status: str = "failed"
    bridged: bool = False
    other: Leg | None = None
    more: Form = ()
    since: datetime | None = None

    def bridge(self, leg: Leg) -> None:
        """Both sides talk from now on."""
        self.status, self.bridged, self.since = "completed", True, leg.carrier.clock()

    def form(self) -> Form:
        """The parameters."""
        form: Form = (("DialCallStatus", self.status), ("DialBridged", str(self.bridged).lower()))
        if self.other is not None:
            form += (("DialCallSid", self.other.sid), ("DialCallDuration", str(self.other.seconds)))
        return form + self.more


def dial(leg: Leg, verb: Dial, page: Page, play: Play) -> Steps[Goal | None]:
    """Run a Dial; the request to its action, or None to go on with the next verb."""
    if not verb.answer_on_bridge:
        leg.answer()
    outcome = Outcome()
    try:
        match verb.nouns:
            case (Queue() as queue,):
                yield from _dial_queue(leg, verb, queue, page, outcome)
            case (Conference() as room,):
                outcome.status = "answered"
                outcome.status = yield from join(leg, verb, room, page, play)
            case nouns:
                numbers = [noun for noun in nouns if isinstance(noun, Number)]
                yield from _dial_numbers(leg, verb, numbers, page, play, outcome)
    except HungUp:
        told = _record(leg, verb, page, outcome)
        if verb.action:
            tell(leg, page.request(verb.action, verb.method, outcome.form()))
        told()
        raise
    told = _record(leg, verb, page, outcome)
    if not verb.action:
        told()
        return None
    leg.after_fetch.append(told)
    return page.request(verb.action, verb.method, outcome.form())


def _record(leg: Leg, verb: Dial, page: Page, outcome: Outcome) -> Callable[[], None]:
    """Keep the talk, a tone in its place, if the document wants it recorded; what tells the callback afterwards."""
    if not verb.record or outcome.since is None:
        return lambda: None
    carrier, begun = leg.carrier, outcome.since
    seconds = round((carrier.clock() - begun).total_seconds())
    taken = Recorded(carrier.new_sid("RE"), leg.sid, "", seconds, begun, "DialVerb")
    kept = keep(carrier, taken)
    outcome.more += (
        ("RecordingUrl", carrier.recording_url(kept.sid)),
        ("RecordingSid", kept.sid),
        ("RecordingDuration", str(kept.seconds)),
    )
    if not verb.recording_callback or kept.status not in verb.recording_callback_events:
        return lambda: None
    callback = page.request(verb.recording_callback, verb.recording_callback_method)
    return lambda: report(carrier, leg, callback, kept)


@dataclass(slots=True)
class Attempt:
    """Several phones that ring for one caller; the first to answer gets the call."""

    caller: Leg
    children: list[Leg] = field(default_factory=list)
    winner: Leg | None = None
    given_up: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, leg: Leg) -> bool:
        """Whether `leg` is the first to answer, while the caller still waits."""
        with self.lock:
            if self.given_up or self.winner is not None:
                return False
            self.winner = leg
            return True

    def bridge(self, leg: Leg) -> Bridge | None:
        """The bridge from the caller to `leg`; None when the caller has given up."""
        with self.lock:
            if self.given_up:
                return None
            self.caller.bridge = leg.bridge = Bridge(self.caller, leg)
            return leg.bridge

    def give_up(self) -> None:
        """The caller does not wait any more, or is done talking: every phone that is left falls silent."""
        with self.lock:
            self.given_up = True
            bridge, self.caller.bridge = self.caller.bridge, None
        if bridge is not None:
            bridge.part(self.caller)
        self.silence_others(self.winner if bridge is not None else None)

    def silence_others(self, but: Leg | None) -> None:
        """Stop every phone but one."""
        for child in self.children:
            if child is not but and not child.over:
                child.signal(HungUp("" if child.answered else "no-answer"))


def _dial_numbers(leg: Leg, verb: Dial, nouns: list[Number], page: Page, play: Play, outcome: Outcome) -> Steps[None]:
    attempt = Attempt(leg)
    with Afterwards(attempt.give_up):
        for noun in nouns:
            _ring(attempt, verb, noun, page, play)
        bridge = yield from _await_answer(verb, attempt, outcome)
        if bridge is not None:
            leg.answer()
            outcome.bridge(leg)
            yield from talk(leg, bridge, verb.time_limit, verb.hangup_on_star)


def _ring(attempt: Attempt, verb: Dial, noun: Number, page: Page, play: Play) -> None:
    caller = attempt.caller
    child = caller.carrier.leg(verb.caller_id or caller.from_, noun.address, "outbound-dial", caller)
    child.extra.update(noun.parameters)
    if noun.callback:
        callback = page.request(noun.callback, noun.callback_method)
        child.on_change.append(watcher(callback, noun.callback_events))
    child.on_change.append(lambda leg: caller.tell(Ended(leg, leg.status)) if leg.over else None)
    attempt.children.append(child)
    caller.carrier.begin(child, _rung(child, attempt, noun, page, play))


def ringing(leg: Leg, timeout: float | None = None) -> Steps[bool]:
    """A phone rings, for `timeout` seconds at most; whether it was picked up. Else the leg's verdict says why not."""
    leg.change("initiated")
    leg.verdict = leg.carrier.ring(leg)
    if leg.verdict:
        return False
    leg.verdict = "no-answer"
    leg.change("ringing")
    cue = Ringing(timeout)
    while True:
        match (yield cue):
            case PickedUp():
                leg.answer()
                return True
            case Declined(status):
                leg.verdict = status
                return False
            case Finished():
                return False


def _rung(leg: Leg, attempt: Attempt, noun: Number, page: Page, play: Play) -> Steps[None]:
    """A phone that a Dial rings, to its end."""
    if not (yield from ringing(leg)):
        return
    if not attempt.claim(leg):
        return
    attempt.caller.tell(Answered(leg))
    try:
        goal: Goal | None = page.request(noun.url, noun.method) if noun.url else None
        while goal is not None:
            goal = yield from play(leg, document(leg, goal, schema.WHISPER))
        bridge = attempt.bridge(leg)
        if bridge is not None:
            attempt.caller.tell(Joined(leg, bridge))
            yield from talk(leg, bridge)
    except Unusable:
        return


def _await_answer(verb: Dial, attempt: Attempt, outcome: Outcome) -> Steps[Bridge | None]:
    """The bridge to whoever took the call; None when nobody did, and the outcome says why."""
    left = list(attempt.children)
    cue = Ringing(verb.timeout + TIMEOUT_BUFFER)
    while left:
        match (yield cue):
            case Finished():
                outcome.status = "no-answer"
                return None
            case Answered(child):
                outcome.other, outcome.status = child, "completed"
                attempt.silence_others(child)
                left, cue = [child], Ringing(None)
            case Joined(_, bridge):
                return bridge
            case Ended(child, status) if child in left:
                left.remove(child)
                outcome.other, outcome.status = child, status
    return None


def _dial_queue(leg: Leg, verb: Dial, noun: Queue, page: Page, outcome: Outcome) -> Steps[None]:
    """Talk to the first caller of a queue, waiting for one if need be."""
    queue = leg.carrier.queues.get(noun.name)
    if queue is None:
        return
    awaited = lambda: leg.tell(CallerWaiting())  # noqa: E731
    queue.await_caller(awaited)
    cue = Ringing(verb.timeout + TIMEOUT_BUFFER)
    try:
        while (taken := queue.take(leg)) is None:
            if isinstance((yield cue), Finished):
                outcome.status = "no-answer"
                return
    finally:
        queue.forget(awaited)
    member, bridge = taken
    outcome.other = member.leg
    outcome.more = (
        ("QueueSid", queue.sid),
        ("QueueTime", str(queue.waited(member))),
        ("DequeingCallSid", leg.sid),
    )
    whisper = page.request(noun.url, noun.method, outcome.more) if noun.url else None
    member.leg.signal(TakenFromQueue(bridge, whisper))
    with Afterwards(lambda: part(leg)):
        yield from _meet(leg, verb, bridge, outcome)


def _meet(leg: Leg, verb: Dial, bridge: Bridge, outcome: Outcome) -> Steps[None]:
    """Wait while the caller hears the greeting, then talk."""
    outcome.status = "canceled"
    cue = Ringing(None)
    try:
        while not isinstance((yield cue), Joined):
            pass
    except Parted:
        return
    outcome.bridge(leg)
    yield from talk(leg, bridge, verb.time_limit, verb.hangup_on_star)
