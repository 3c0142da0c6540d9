"""What is done in a call, by the caller, by agents and by the desk, as tests/pages.py understands it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ivr.console.practice import OUTSIDE
from ivr.flow.events import Event, Learned
from ivr.flow.inputs import (
    Answered,
    Dialled,
    Found,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    NotFound,
    Pressed,
    Recorded,
    Silence,
    Transferred,
)
from ivr.flow.nodes.receipt import RECEIPT
from ivr.flow.questions import outcome
from ivr.flow.sealing import WRONG
from ivr.flow.waits import Agent, Keys, Talking, Wait


class NoTestError(ValueError):
    """The call cannot be made again from a page: a fault of ours was in it, say."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was heard while the call waited for something, and what came of it."""

    wait: Wait | None
    heard: Input
    events: tuple[Event, ...]


def does(turn: Turn) -> list[str]:
    """Return what is done for a turn; nothing where it comes by itself. Raise NoTestError where there is no word."""
    match turn.heard:
        case Answered() | LeftQueue("leave" | "queue-full") | Found() | NotFound():
            return []
        case Pressed(keys):
            return [f"{keys}{_end(turn.wait, str(keys))}"]
        case InLine(_, _, keys):
            return [] if isinstance(turn.wait, Agent) else [keys or "(waits)"]
        case Silence() | Recorded(_, 0):
            return ["(silence)"]
        case Recorded(_, seconds):
            return [f"(speaks {seconds} s)"]
        case HungUp() | LeftQueue("hangup"):
            return ["(hangs up)"]
        case _:
            return _agents(turn)


def _end(wait: Wait | None, keys: str) -> str:
    """Return the key that ends a number which might go on; what is secret has its length, or is known to be wrong."""
    if not isinstance(wait, Keys) or keys == WRONG or (wait.secret and not keys.isdigit()):
        return ""
    return wait.finish if not wait.most or len(keys) < wait.most else ""


def _agents(turn: Turn) -> list[str]:
    match turn.heard:
        case LeftQueue("bridged"):
            return [*([] if isinstance(turn.wait, Talking) else ["(an agent answers)"]), "(the agent hangs up)"]
        case LeftQueue("lost"):
            return ["(Alice's phone is lost)"]
        case LeftQueue("redirected"):
            return ["(Alice takes the call)"]
        case Transferred(queue, "", "", 0) if queue:
            return [f"(Alice sends the caller to the queue {queue})"]
        case Transferred(_, _, number) if number:
            return [f"(Alice sends the caller to the number {number})"]
        case Dialled("busy"):
            return [f"({OUTSIDE} is busy)"]
        case _:
            raise NoTestError(f"a page has no line for {turn.heard}")


@dataclass
class Desk:
    """What the waiting room was last told."""

    minutes: str = "(0 to 0 minutes)"
    agents: str = "(1 agent is on)"
    place: str = "(stands at 1 after 0 s)"

    def tells(self, turns: Sequence[Turn]) -> Iterator[str]:
        """Yield what must be known before these turns, of which only the first is done by somebody."""
        yield from (f"(the receipt is {number})" for number in _receipts(turns))
        yield from (_answer(turn.heard) for turn in turns if isinstance(turn.heard, Found | NotFound))
        if any(turn.heard == LeftQueue("queue-full") for turn in turns):
            yield "(every queue is full)"
        waits = [turn.heard for turn in turns if isinstance(turn.heard, InLine)]
        if len(waits) > 1:
            raise NoTestError("the caller stood in two lines without doing anything")
        for wait in waits:
            yield from self._changed(wait)

    def _changed(self, wait: InLine) -> Iterator[str]:
        longer = f": {wait.longer}" if wait.longer else ""
        minutes = f"({wait.low} to {wait.high} minutes{longer})"
        agents = "(1 agent is on)" if wait.agents else "(no agent is on)"
        place = f"(stands at {wait.position} after {wait.waited} s)"
        for name, told in {"minutes": minutes, "agents": agents, "place": place}.items():
            if told != getattr(self, name):
                setattr(self, name, told)
                yield told


def _answer(heard: Input) -> str:
    came, facts = outcome(heard)
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    return f"(the wallet answers {came}{f': {told}' if told else ''})"


def _receipts(turns: Sequence[Turn]) -> Iterator[str]:
    for event in (event for turn in turns for event in turn.events):
        if isinstance(event, Learned) and event.name == RECEIPT:
            yield event.value
