"""What a call waits for, by the names under which that is asked, and what comes too late for it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Event, Heard, Waiting
from ivr.flow.inputs import Found, HungUp, Input, NotFound, Recorded, Rescued
from ivr.flow.questions import QUESTIONS
from ivr.flow.secret import SEALED
from ivr.flow.waits import Agent, Leaving, Lookup, Room, Talking
from ivr.store.entries import Turn

TALK: Final = "talk/"  # A talk's end is asked by the offer's own name, whatever was told before it.
ADRIFT: Final = "adrift/"  # And what a fault of ours kept from the journal, by the name of what failed.
AT_ONCE: Final = "+"  # What the wallet answered in time for a reply belongs to it: turn/7, turn/7+, turn/7++.
LATE: Final = "late/"  # And what came when the call had gone on stands by the turn for which it was meant.
BESIDE: Final = (TALK, ADRIFT, LATE)


def fresh(call: Call, asked: str, heard: Input) -> bool:
    """Is this what the call now waits for? A queue's answer comes under the number at which the caller was queued."""
    if (isinstance(heard, Recorded) and heard.adrift) or asked.startswith(LATE):
        return True
    if call.ended:
        return False
    if isinstance(heard, HungUp | Rescued):
        return True
    match call.wait:
        case Agent() | Room():
            return asked in (f"wait/{call.due}", f"turn/{call.line}") or asked.startswith(TALK)
        case Talking():
            return asked == f"turn/{call.due}" or asked.startswith(TALK)
        case Leaving():  # An agent may just have taken them.
            return asked == f"turn/{call.line}" or asked.startswith(TALK)
        case Lookup():
            return isinstance(heard, Found | NotFound) and asked == f"turn/{call.due}"
        case _:
            return asked == f"turn/{call.due}"


def overdue(turns: Sequence[Turn], number: int, heard: Input) -> Input | None:
    """Return what came too late for the turn of this number as it is to be written down; None where it is of no use.

    That is a message whose caller had hung up by then, and what the wallet did, unless another told that already.
    """
    taken = next((_heard(turn) for turn in turns if turn.number >= number and not turn.asked.startswith(LATE)), None)
    match heard:
        case Recorded(sid, seconds) if isinstance(taken, HungUp) and sid and seconds > 0:
            return heard
        case Found() if taken is not None and not isinstance(taken, Found):
            question = next(_questions(turns, number), "")
            known = QUESTIONS.get(question)
            done = known is not None and known.acts and known.proven
            return replace(heard, late=question) if done or isinstance(taken, HungUp) else None
        case NotFound() if isinstance(taken, HungUp):
            return heard
    return None


def sealed(event: Event) -> bool:
    """Is the wallet asked about what was keyed in confidence, which the journal does not know?"""
    return isinstance(event, Waiting) and isinstance(event.wait, Lookup) and SEALED in dict(event.wait.about).values()


def used_up(event: Event) -> bool:
    """Is the wallet asked about a code, which is right once?"""
    match event:
        case Waiting(Lookup(question)):
            return sealed(event) and QUESTIONS[question].acts
    return False


def _heard(turn: Turn) -> Input | None:
    first = turn.events[0]
    return first.input if isinstance(first, Heard) else None


def _questions(turns: Sequence[Turn], number: int) -> Iterator[str]:
    """Yield what the wallet was asked by the name of this turn."""
    for turn in turns:
        for event in turn.events:
            if isinstance(event, Waiting) and isinstance(event.wait, Lookup) and event.turn == number:
                yield event.wait.question
