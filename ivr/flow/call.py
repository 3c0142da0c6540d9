"""A call: where this caller stands, changed in one function only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Missed, Said, Switched, Waiting
from ivr.flow.inputs import LeftQueue
from ivr.flow.waits import Agent, Keys, Wait

NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})


class Call(NamedTuple):  # A dataclass takes four times as long to copy, which every event does.
    """One caller's call as its events have made it.

    `turn` counts the turns taken, so it is the number of the next one; `line` is the turn at which the caller was
    queued, as the queue's answer comes under that number; `trail` are the prompts passed on the way here, for going
    back; `said` is what this turn has said so far, for saying it again.
    """

    language: str
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
    ended: str = ""

    @property
    def now(self) -> datetime:
        """The moment of the latest input, in UTC; LookupError for a call that has heard nothing yet."""
        if self.at is None:
            raise LookupError("a call that has heard nothing has no time")
        return self.at

    def after(self, event: Event) -> "Call":
        """Return the call as it stands once the event has happened."""
        match event:
            case Heard(heard, at):
                line = None if isinstance(heard, LeftQueue) else self.line
                return self._replace(turn=self.turn + 1, at=at, said=(), line=line)
            case Entered(node):
                return self._at(node)
            case Said():
                return self._replace(said=(*self.said, event))
            case Learned(name, value):
                facts = {key: old for key, old in self.facts.items() if key != name}
                return self._replace(facts=facts | {name: value} if value else facts)
            case Missed("silence"):
                return self._replace(silences=self.silences + 1)
            case Missed():
                return self._replace(wrongs=self.wrongs + 1)
            case Switched(language):
                return self._replace(language=language)
            case Waiting(wait, turn):
                return self._until(wait, turn)
            case Ended(reason):
                return self._replace(wait=None, line=None, ended=reason)

    def _at(self, node: str) -> "Call":
        if node == self.node:
            return self
        # Coming back to a prompt forgets the way that led on from it, so that going back never runs in circles.
        trail = self.trail[: self.trail.index(node)] if node in self.trail else self.trail
        return self._replace(node=node, trail=trail, silences=0, wrongs=0)

    def _until(self, wait: Wait, turn: int) -> "Call":
        asks = isinstance(wait, Keys) and (not self.trail or self.trail[-1] != self.node)
        trail = (*self.trail, self.node) if asks else self.trail
        return self._replace(wait=wait, trail=trail, line=turn if isinstance(wait, Agent) else self.line)


def fold(call: Call, events: Iterable[Event]) -> Call:
    """Return the call after all of these events, in order."""
    for event in events:
        call = call.after(event)
    return call
