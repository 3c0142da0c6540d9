"""What callers hear at a moment, first and on their way to a queue, told by the engine alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.events import Event, Learned, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Pressed
from ivr.flow.waits import Agent, Outside


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of one turn, each with its language; then in which queue the caller waits, or which number rings."""

    said: tuple[tuple[str, str], ...]
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
    said = tuple((event.language, event.words) for event in events if isinstance(event, Said))
    match call.wait:
        case Agent(queue):
            return Heard(said, queue=queue)
        case Outside(number):
            return Heard(said, number=number)
    return Heard(said)
