"""What can happen next in a call: each thing that a caller, an agent or a fault of ours can do at a wait, once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.inputs import (
    Dialled,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    Pressed,
    Recorded,
    Rescued,
    Silence,
    Transferred,
)
from ivr.flow.questions import answers
from ivr.flow.waits import Agent, Keys, Leaving, Lookup, Message, Outside, Room, Talking, Wait

# `chosen` is what a caller wants; `missed` is silence or a wrong key; `outside` is whatever is not theirs to decide.
Why = Literal["chosen", "missed", "outside", "gone"]
PAD: Final = "1234567890*#"
OUT: Final = "+8613800138000"
LONG: Final = 60


@dataclass(frozen=True, slots=True)
class Try:
    """One thing that can happen, and why; `worn` says that the caller has been asked so often that we give up."""

    heard: Input
    why: Why
    worn: bool = False


GONE: Final = Try(HungUp(), "gone")
FAULT: Final = Try(Rescued(), "outside")


def fresh(call: Call) -> bool:
    """Tell whether nothing was missed at the prompt where a call waits."""
    return not call.silences + call.wrongs


def tries(flow: Flow, call: Call) -> Iterator[Try]:
    """Yield all that can happen to a call that waits; after a miss, what else than another one can is as before it."""
    if isinstance(call.wait, Keys) and not fresh(call):
        yield from _missed(flow, call, call.wait)
        return
    yield GONE
    yield from [] if call.rescues else [FAULT]
    match call.wait:
        case Keys() as wait:
            yield from _keyed(flow, call, wait)
        case Lookup():
            yield from (Try(one, "outside") for one in answers(call.wait.question))
        case Agent() | Room() as wait:
            yield from _in_line(flow, call, wait)
        case Leaving():
            yield from (Try(LeftQueue(result), "outside") for result in ("leave", "bridged", "error"))
        case Talking():
            yield from (Try(one, "outside") for one in (LeftQueue("bridged"), LeftQueue("lost"), Transferred()))
        case Outside():
            yield from (Try(Dialled(result), "outside") for result in ("completed", "no-answer"))
        case Message():
            yield Try(Recorded("RE1", 5), "chosen")
            yield Try(Recorded("", 0), "missed")


def _keyed(flow: Flow, call: Call, wait: Keys) -> Iterator[Try]:
    yield from (Try(Pressed(keys), "chosen") for keys in _meant(flow, call))
    yield from _missed(flow, call, wait)
    yield Try(Silence(), "missed", worn=True)


def _missed(flow: Flow, call: Call, wait: Keys) -> Iterator[Try]:
    yield Try(Silence(), "missed")
    # One key is too short for any number, but where a number is asked for it may mean something by itself.
    wrong = next((key for key in PAD if key not in _meant(flow, call)), "")
    yield from [Try(Pressed(wrong), "missed")] if wrong else []


def _meant(flow: Flow, call: Call) -> tuple[str, ...]:
    keys = flow.hotline.keys
    return (*flow.nodes[call.node].keys(flow, call), keys.person, keys.back, keys.again)


def _in_line(flow: Flow, call: Call, wait: Wait) -> Iterator[Try]:
    queue = flow.queue_of(call)
    long = LONG * flow.queues[queue].longest
    yield from (Try(InLine(1, 0, agents=number), "outside") for number in (0, 1))
    yield from (Try(LeftQueue(result), "outside") for result in ("bridged", "queue-full", "error"))
    if isinstance(wait, Room):
        yield Try(InLine(2, 0, agents=1), "outside")
        yield Try(InLine(1, long, agents=1), "outside")
        ways = ("1", "2", *(("3",) if getattr(flow.nodes[call.node], "freeze", None) else ()))
        yield from (Try(InLine(1, 0, key, agents=1), "chosen") for key in ways)
        yield Try(InLine(1, 0, "4", agents=1), "missed")
        yield from (Try(one, "outside") for one in (LeftQueue("redirected"), Transferred(number=OUT)))
        yield from (Try(Transferred(queue=name), "outside") for name in flow.queues)
