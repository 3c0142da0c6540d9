"""A call that really happened as a page of tests/calls: replayed with practice numbers, so that it names nobody."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from ivr import transcript
from ivr.console.practice import WITHHELD, Practice
from ivr.console.stage import Desk, NoTestError, Turn, does
from ivr.flow.call import Call
from ivr.flow.engine import FlowError, step
from ivr.flow.events import Ended, Entered, Event, Heard
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, HungUp, InLine, Input, LeftQueue, Recorded
from ivr.flow.waits import Agent, Message
from ivr.transcript import Script


def golden(flow: Flow, events: Sequence[Event], title: str) -> str:
    """Return the page of a call that is over; raise NoTestError for one that a page cannot hold."""
    told = [event for event in events if isinstance(event, Heard)]
    turns = list(_replayed(flow, told))
    made = [event for turn in turns for event in turn.events]
    if _way(made) != _way(events):
        raise NoTestError("with practice numbers the call goes another way")
    first = turns[0].heard
    caller = first.caller if isinstance(first, Answered) else WITHHELD
    head = transcript.head(Script(title, _minute(told[0].at).astimezone(flow.zone), caller))
    return "\n".join([*head, *_lines(flow, turns)]) + "\n"


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _replayed(flow: Flow, told: Sequence[Heard]) -> Iterator[Turn]:
    """Yield the call's turns as they go with practice numbers, from the whole minute on."""
    practice, call, late = Practice(flow), flow.new_call(), told[0].at - _minute(told[0].at)
    for place, one in enumerate(told):
        gone = place + 1 < len(told) and isinstance(told[place + 1].input, HungUp)
        heard = practice.of(one.input, call)
        if isinstance(heard, Recorded) and not heard.seconds and gone:
            continue  # The recorder tells before the line does that the caller is gone.
        for parts in _turns(heard, call):
            wait, made = call.wait, list[Event]()
            for part in parts:
                call = _after(flow, call, Heard(part, one.at - late), made)
            yield Turn(wait, parts[-1], tuple(made))


def _turns(heard: Input, call: Call) -> tuple[tuple[Input, ...], ...]:
    """Return what is told, turn by turn, when this is heard; some things are never told alone where a page is read."""
    match heard, call.wait:
        case HungUp(), Message():
            return ((Recorded("", 0), heard),)
        case LeftQueue(result), Agent() if result != "queue-full":
            return (InLine(1, 0, agents=1),), (heard,)
        case _:
            return ((heard,),)


def _after(flow: Flow, call: Call, told: Heard, made: list[Event]) -> Call:
    try:
        done = step(flow, call, told.input, told.at)
    except (FlowError, KeyError, TypeError) as error:
        raise NoTestError(f"the menus do not lead there again: {error}") from error
    made += done.events
    return done.call


def _way(events: Sequence[Event]) -> list[str]:
    """Return by which nodes a call went, and how it ended."""
    nodes = [event.node for event in events if isinstance(event, Entered)]
    return [node for node, _ in groupby(nodes)] + [event.reason for event in events if isinstance(event, Ended)]


def _lines(flow: Flow, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the page's lines: what the desk tells and what is done stand before all that comes of it by itself."""
    acts, desk = [does(turn) for turn in turns], Desk()
    for place, turn in enumerate(turns):
        if acts[place]:
            following = next((later for later in range(place + 1, len(turns)) if acts[later]), len(turns))
            yield from (f"> {one}" for one in (*desk.tells(turns[place:following]), *acts[place]))
        yield from (line for line in transcript.lines(turn.events, flow.base) if not line.startswith(">"))
