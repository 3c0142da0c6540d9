"""What comes too late for a call to go on by it: it is kept, with what that makes known, and nobody hears anything."""

from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Learned, Texted
from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, Input, NotFound, Recorded
from ivr.flow.words import GAP

TEXT: Final = "hotline.lifeboat.text"


def late(flow: Flow, call: Call, heard: Input) -> tuple[Learned | Texted, ...] | None:
    """Return what comes of an input that the call no longer waits for; None where it goes on by it."""
    match heard:
        case Recorded(adrift=False) if call.ended:
            move = flow.nodes[call.node].hear(flow, call, heard)
            return tuple(one for one in move.first if isinstance(one, Learned))
        case Found(facts, "frozen", "freeze"):
            return _owner(flow, call, facts["hold"])
        case Found() if heard.late or call.ended:
            return ()
        case NotFound() if call.ended:
            return ()
    return None


def owned(flow: Flow, language: str, hold: str, number: str) -> Texted:
    """Return the SMS by which the owner of a wallet hears of a hold, in the caller's language or the base one."""
    spoken = language if language in flow.words else flow.base
    facts = {**flow.hotline.facts, "hold": hold}
    words = GAP.sub(lambda gap: facts.get(gap[1].partition(":")[0], ""), flow.words[spoken][TEXT])
    return Texted(number, TEXT, words, spoken)


def _owner(flow: Flow, call: Call, hold: str) -> tuple[Texted, ...]:
    """Tell the owner of a new hold, as nobody has told the caller."""
    number, boat = call.facts.get("registered", ""), flow.hotline.lifeboat
    return (owned(flow, call.language, hold, number),) if number and boat and boat.text else ()
