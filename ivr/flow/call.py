"""A call: where this caller stands, changed in one function only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ivr.flow.events import (
    AskedBack,
    Ended,
    Entered,
    Event,
    Heard,
    Learned,
    Missed,
    Reason,
    Said,
    Switched,
    Texted,
    Waiting,
)
from ivr.flow.inputs import Answered, Dialled, Found, InLine, Input, LeftQueue, Rescued
from ivr.flow.waits import Agent, Keys, Outside, Talking, Wait

NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})


class Promised(NamedTuple):
    """What a caller in line was last told: from and to how many minutes, how many were ahead, how many agents on.

    `since` is when they were first told that so many are ahead.
    """

    low: int
    high: int
    ahead: int
    agents: int
    since: datetime


class Call(NamedTuple):  # A dataclass takes four times as long to copy, which every event does.
    """One caller's call as its events have made it.

    `turn` counts the turns taken, so it is the number of the next one; `due` is that by which what the call waits for
    is asked: the same, unless something came too late for the call meanwhile. `line` is the turn at which the caller
    was queued, as the queue's answer comes under that number; `trail` are the prompts passed on the way here, for going
    back; `said` is what this turn has said so far, for saying it again. `caller` is who rings, as the carrier
    says; `asked` counts the prompts for keys since the caller was last queued; `reached` is what the call has come to,
    should the caller go now; `told` is what they know of their wait; `rescues` counts our faults since they were last
    in line.
    """

    language: str
    caller: str = ""
    turn: int = 0
    at: datetime | None = None
    node: str = ""
    wait: Wait | None = None
    line: int | None = None
    silences: int = 0
    wrongs: int = 0
    trail: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    facts: Mapping[str, str] = NO_FACTS
    asked: int = 0
    reached: Reason | None = None
    told: Promised | None = None
    rescues: int = 0
    ended: str = ""
    due: int = 0

    @property
    def now(self) -> datetime:
        """The moment of the latest input, in UTC; LookupError for a call that has heard nothing yet."""
        if self.at is None:
            raise LookupError("a call that has heard nothing has no time")
        return self.at

    def after(self, event: Event) -> "Call":
        """Return the call as it stands once the event has happened."""
        match event:
            case Said():  # Most events are: this is `_with`, without what that takes to look for the place.
                values = list[Any](self)
                values[SAID] = (*self.said, event)
                return tuple.__new__(Call, values)
            case Entered(node):
                return self._at(node)
            case Heard(Found(late=question), at) if question:
                return self._with(turn=self.turn + 1, at=at)
            case Heard(heard, at):
                return self._with(turn=self.turn + 1, at=at, said=())._told(heard)
            case Waiting(wait, turn):
                return self._until(wait, turn)
            case Learned(name, value):
                facts = {key: old for key, old in self.facts.items() if key != name}
                return self._left(name)._with(facts=facts | {name: value} if value else facts)
            case AskedBack():
                return self._with(reached="callback")
            case Texted():
                return self
            case Missed("silence"):
                return self._with(silences=self.silences + 1)
            case Missed():
                return self._with(wrongs=self.wrongs + 1)
            case Switched(language):
                return self._with(language=language)
            case Ended(reason):
                return self._with(wait=None, line=None, ended=reason)

    def _with(self, **changes: Any) -> "Call":
        """Do as `_replace` does, which takes three times as long."""
        values = list[Any](self)
        for name, value in changes.items():
            values[PLACES[name]] = value
        return tuple.__new__(Call, values)

    def _told(self, heard: Input) -> "Call":
        match heard:
            case Answered(caller):
                return self._with(caller=caller)
            case LeftQueue(result):
                return self._with(line=None, reached="served" if result == "bridged" else self.reached)
            case Dialled("completed" | "answered"):
                return self._with(reached="served")
            case Rescued(caller):
                return self._with(caller=self.caller or caller, line=None, rescues=self.rescues + 1)
            case InLine():
                return self._promised(heard)._with(rescues=0)
            case _:
                return self

    def _left(self, name: str) -> "Call":
        """Return the call with the message that it now has come to, also where its caller hung up first."""
        if name != "message":
            return self
        return self._with(reached="message", ended="message" if self.ended == "hung-up" else self.ended)

    def _promised(self, heard: InLine) -> "Call":
        if heard.high <= heard.low or self.line is None:
            return self
        ahead = max(0, heard.position - 1)
        since = self.told.since if self.told and self.told.ahead == ahead else self.now
        return self._with(told=Promised(heard.low, heard.high, ahead, heard.agents, since))

    def _at(self, node: str) -> "Call":
        if node == self.node:
            return self
        # Coming back to a prompt forgets the way that led on from it, so that going back never runs in circles.
        trail = self.trail[: self.trail.index(node)] if node in self.trail else self.trail
        return self._with(node=node, trail=trail, silences=0, wrongs=0)

    def _until(self, wait: Wait, turn: int) -> "Call":
        match wait:
            case Keys():
                new = not self.trail or self.trail[-1] != self.node
                trail = (*self.trail, self.node) if new else self.trail
                return self._with(wait=wait, due=turn, trail=trail, asked=self.asked + 1)
            case Agent():
                return self._with(wait=wait, due=turn, line=turn, asked=0, reached=None, told=None)
            case Talking() | Outside():
                return self._with(wait=wait, due=turn, reached="served")
            case _:
                return self._with(wait=wait, due=turn)


PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(Call._fields)}
SAID: Final = PLACES["said"]


def fold(call: Call, events: Iterable[Event]) -> Call:
    """Return the call after all of these events, in order."""
    for event in events:
        call = call.after(event)
    return call
