"""What callers hear at a moment, first and on their way to a queue, told by the engine alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.events import Event, Learned, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Pressed
from ivr.flow.waits import Agent, Outside


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of one turn, one language after the other; then in which queue the caller waits, or what rings."""

    said: tuple[tuple[str, tuple[str, ...]], ...]
    queue: str = ""
    number: str = ""


def greeted(flow: Flow, at: datetime) -> Heard:
    """Return what whoever rings at a moment hears first."""
    done = step(flow, flow.new_call(), Answered(), at)
    return _heard(done.events, done.call)


def wanting(flow: Flow, queue: str, at: datetime) -> Heard:
    """Return what whoever wants a person of this queue hears, having been told the greeting."""
    call = step(flow, flow.new_call(), Answered(), at).call.after(Learned("queue", queue))
    done = step(flow, call, Pressed(flow.hotline.keys.person), at)
    return _heard(done.events, done.call)


def _heard(events: Iterable[Event], call: Call) -> Heard:
    said = groupby((event for event in events if isinstance(event, Said)), key=lambda event: event.language)
    spoken = tuple((language, tuple(event.words for event in group)) for language, group in said)
    match call.wait:
        case Agent(queue):
            return Heard(spoken, queue=queue)
        case Outside(number):
            return Heard(spoken, number=number)
    return Heard(spoken)
