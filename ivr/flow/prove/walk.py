"""Walks every state that a call can come to: each node, with each count of misses, at each hour, whatever happens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from ivr.flow.call import Call
from ivr.flow.engine import FlowError, Step, step
from ivr.flow.events import Entered
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Pressed
from ivr.flow.prove.tries import Try, tries
from ivr.flow.waits import Agent, Keys, Room

KEYED: Final = "keyed"
CALLERS: Final = ("+8613800138000", "anonymous")
State = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One step: from which state (None: a call begins), what happened at which moment, what that made.

    `to` is the state that it leads to, None at the call's end; where the engine could not go on, `broke` says why.
    """

    start: int | None
    by: Try
    at: datetime
    made: Step | None
    to: int | None = None
    broke: str = ""


@dataclass(slots=True)
class Walk:
    """All states, in the order in which they were come to: a call that stands there, how it came, how it goes on.

    A state that only differs in where the key for back leads is that of its `same`, and has no ways of its own.
    """

    flow: Flow
    moments: Sequence[datetime]
    most: int
    calls: list[Call] = field(default_factory=list)
    came: list[Way] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    ways: list[list[Way]] = field(default_factory=list)
    known: dict[State, int] = field(default_factory=dict)

    def path(self, way: Way) -> list[Way]:
        """Return the steps from a call's beginning up to this one."""
        found = [way]
        while found[-1].start is not None:
            found.append(self.came[found[-1].start])
        return found[::-1]

    @property
    def states(self) -> Iterator[tuple[int, Call, list[Way]]]:
        """Yield the number of each state that is not the same as another, a call there, and its ways."""
        return ((number, self.calls[number], ways) for number, ways in enumerate(self.ways) if ways)

    def go(self) -> None:
        """Walk; raise OverflowError where there are more states than so many."""
        for caller in CALLERS:
            for at in self.moments:
                self._come(_way(self.flow, None, self.flow.new_call(), Try(Answered(caller), "chosen"), at))
        for number, call in enumerate(self.calls):  # They grow while we walk.
            self.ways.append([])
            back = Try(Pressed(self.flow.hotline.keys.back), "chosen")
            same, ways = self.same[number], _ways(self.flow, number, call, self.moments)
            if same != number:
                ways = iter([_way(self.flow, number, call, back, self.moments[0])])
            self.ways[same] += map(self._come, ways)

    def _come(self, way: Way) -> Way:
        if way.made is None or way.made.call.ended:
            return way
        call, number = way.made.call, len(self.calls)
        state = _state(self.flow, call)
        same, back = self.known.setdefault(state, number), call.trail[-2:-1] if isinstance(call.wait, Keys) else ()
        if number == self.known.setdefault((*state, back), number):
            if number >= self.most:
                raise OverflowError(self.most)
            self.calls.append(call)
            self.same.append(same)
            self.came.append(way)
        return replace(way, to=same)


def walk(flow: Flow, moments: Sequence[datetime], most: int) -> Walk:
    """Return the walk of a flow at these moments; raise OverflowError where there are more states than so many."""
    made = Walk(flow, moments, most)
    made.go()
    return made


def _ways(flow: Flow, number: int, call: Call, moments: Sequence[datetime]) -> Iterator[Way]:
    for by in tries(flow, call):
        first = _way(flow, number, call, by, moments[0])
        yield first
        if _timed(flow, call, first):
            yield from (_way(flow, number, call, by, at) for at in moments[1:])


def _way(flow: Flow, number: int | None, call: Call, by: Try, at: datetime) -> Way:
    worn = call._replace(asked=flow.hotline.limits.turns) if by.worn else call
    try:
        return Way(number, by, at, step(flow, worn, by.heard, at))
    except (FlowError, LookupError, TypeError, ValueError) as error:
        return Way(number, by, at, None, None, f"{type(error).__name__}: {error}")


def _timed(flow: Flow, call: Call, way: Way) -> bool:
    places = [call.node, *(event.node for event in way.made.events if isinstance(event, Entered))] if way.made else []
    return any(flow.nodes[place].timed for place in places)


def _state(flow: Flow, call: Call) -> State:
    """Return what decides how a call can go on.

    That is neither when it is, nor what was keyed, nor in which language, nor how often it was asked; nor is it by
    which prompts it came, but for the key that leads back. Who comes to a prompt by way of a line may have come into
    that from elsewhere: of their ways back, one is followed.
    """
    node, queue = flow.nodes[call.node], call.facts.get("queue", "")
    keyed = KEYED in call.facts and KEYED in node.learns()  # Whoever asks for a number forgets what was keyed before.
    misses = tuple(sorted((call.silences, call.wrongs)))  # Either leads on by the same way out.
    return (call.node, _wait(call), misses, queue, keyed, "closed" in call.facts, call.reached)


def _wait(call: Call) -> Any:
    match call.wait:
        case Keys(most):
            return "keys", most == 1
        case Agent(queue):
            return "agent", queue
        case Room():
            return "room"
        case wait:
            return wait
