"""The engine: one input makes one turn of past-tense events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ivr.flow.call import Call, fold
from ivr.flow.emergency.under import announcements
from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, HungUp, Input, Pressed, Recorded, Rescued
from ivr.flow.late import late
from ivr.flow.messages import hears
from ivr.flow.move import Finish, Go, Hold, Move, Prompt
from ivr.flow.node import go
from ivr.flow.sealing import sealed
from ivr.flow.waits import Keys, Leaving
from ivr.value import value

HOPS: Final = 30
RESCUES: Final = 3


class FlowError(RuntimeError):
    """The flow led nowhere: a fault of ours, which the caller hears as an apology and a way to a person."""


@value
class Step:
    """The call after one turn, and what happened in it."""

    call: Call
    events: tuple[Event, ...]


def step(flow: Flow, call: Call, heard: Input, at: datetime) -> Step:
    """Return what an input at this moment (UTC) makes of the call; raise FlowError after 30 nodes without a wait."""
    events: list[Event] = []

    def happen(*new: Event) -> Call:
        nonlocal call
        for event in new:
            call = call.after(event)
            events.append(event)
        return call

    heard = sealed(call.wait, heard, flow.hotline.keys)
    before, call = call, happen(Heard(heard, at))
    if (kept := late(flow, before, heard)) is not None:
        return Step(happen(*kept), tuple(events))
    move = _answer(flow, before, call, heard)
    for _ in range(HOPS):
        for item in move.first:
            happen(flow.say(item, call) if isinstance(item, Prompt) else item)
        match move.then:
            case Go(name):
                place = flow.place(call.node, name)
                happen(Entered(place), *_matter(flow, call, place))
                move = flow.nodes[place].enter(flow, call)
            case Hold(wait):
                return Step(happen(Waiting(wait, call.turn)), tuple(events))
            case Finish(reason):
                # A call ends once, though a message that was left adrift may be told after its end.
                return Step(call if call.ended else happen(Ended(reason)), tuple(events))
    raise FlowError(f"{call.node}: {HOPS} nodes passed without asking the caller anything")


def _answer(flow: Flow, before: Call, call: Call, heard: Input) -> Move:
    keys, wait = flow.hotline.keys, call.wait
    if isinstance(heard, HungUp):
        return Move(Finish(call.reached or "hung-up"))
    if isinstance(heard, Answered):
        return Move(Go(flow.hotline.start), announcements(flow, call.now))
    if isinstance(heard, Rescued):
        if call.rescues > RESCUES:
            raise FlowError(f"{call.node}: rescued {RESCUES} times, and never came into the line")
        return go(flow.hotline.limits.then)
    if isinstance(heard, Recorded) and heard.adrift:
        return Move(Finish("message"), (*_left(flow, call, heard), _thanks(flow, heard)))
    if wait is None:
        raise FlowError(f"a call that waits for nothing heard {type(heard).__name__}")
    if isinstance(wait, Keys):
        if call.asked >= flow.hotline.limits.turns:
            return go(flow.hotline.limits.then)
        match heard:
            case Pressed(keys.person):
                return go(flow.hotline.person)
            case Pressed(keys.again):
                return Move(Hold(wait), before.said)
            case Pressed(str(pressed)) if pressed.endswith(keys.back):
                return go(call.trail[-2] if len(call.trail) > 1 else flow.hotline.start)
    return flow.nodes[call.node].hear(flow, call, heard)


def _left(flow: Flow, call: Call, heard: Recorded) -> tuple[Learned, ...]:
    """Return what is known of a message that was left adrift: what it is about, whose it is, and which it is."""
    about = tuple(_matter(flow, call, heard.matter))
    hold = (Learned("hold", heard.hold),) if heard.hold else ()
    return (*about, *hold, *hears(flow, fold(call, about)), Learned("message", heard.sid or "none"))


def _thanks(flow: Flow, heard: Recorded) -> Prompt:
    report = heard.matter and flow.hotline.lifeboat
    return Prompt("hotline.lifeboat.reported" if report else "hotline.phrases.thanks")


def _matter(flow: Flow, call: Call, place: str) -> Iterator[Learned]:
    """Yield what a call is about from here on; who comes back to a matter, or out of a line, is its caller again."""
    file = place.partition(".")[0]
    if not (matter := flow.matters.get(file)):
        return
    other, queue = call.facts.get("matter") != file, call.facts.get("queue")
    if other:
        yield Learned("matter", file)
    back = isinstance(call.wait, Leaving) or call.node.partition(".")[0] != file
    if other or (back and queue != matter.queue):
        yield Learned("queue", matter.queue)
