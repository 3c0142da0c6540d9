"""Runs a call's documents, verb by verb, one document leading to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.carrier.audio import hear, through
from ivr.carrier.cues import Saying, speech_seconds
from ivr.carrier.dial import dial
from ivr.carrier.fetching import Page, noted, obtain
from ivr.carrier.gather import gather
from ivr.carrier.queues import enqueue
from ivr.carrier.record import record
from ivr.carrier.signals import Goal, HungUp, LeftQueue, Moved, Steps
from ivr.carrier.twiml import Unusable
from ivr.carrier.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from ivr.carrier.verbs import Play as Sound

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


def converse(leg: Leg, goal: Goal | None) -> Steps[None]:
    """Run the document of `goal`, and what it leads to, to the end of the call."""
    while goal is not None:
        try:
            try:
                goal = yield from play(leg, obtain(leg, goal))
            except Unusable as fault:
                noted(leg, fault)
                goal = None
                yield from _apologise(leg)
        except Moved as moved:
            goal = moved.goal
    leg.answer()
    leg.verdict = "completed"


def _apologise(leg: Leg) -> Steps[None]:
    """What a caller hears at Twilio when the application cannot be had."""
    leg.answer()
    yield from through(Saying(APPLICATION_ERROR, "en-US", "woman", 1, speech_seconds(APPLICATION_ERROR)))


def play(leg: Leg, page: Page) -> Steps[Goal | None]:
    """Run a document; where it leads, or None when its verbs have run out."""
    for verb in page.verbs:
        goal = yield from perform(leg, verb, page)
        if goal is not None:
            return goal
    return None


def perform(leg: Leg, verb: Verb, page: Page) -> Steps[Goal | None]:
    """Run one verb; the request that it leads to, or None to go on with the next."""
    match verb:
        case Pause():
            yield from hear(leg, verb, page)
        case Say() | Sound():
            leg.answer()
            yield from hear(leg, verb, page)
        case Gather():
            return (yield from gather(leg, verb, page))
        case Record():
            return (yield from record(leg, verb, page))
        case Enqueue():
            return (yield from enqueue(leg, verb, page, play))
        case Dial():
            return (yield from dial(leg, verb, page, play))
        case Redirect(url, method):
            return page.request(url, method)
        case Leave():
            raise LeftQueue
        case Hangup():
            leg.answer()
            _close(leg, leg.verdict)
        case Reject(reason) if not leg.answered:
            _close(leg, "busy" if reason == "busy" else "no-answer")
        case Reject():
            _close(leg, leg.verdict)
    return None


def _close(leg: Leg, verdict: str) -> None:
    leg.verdict = leg.status = verdict
    raise HungUp
