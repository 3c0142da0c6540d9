"""Walks every state that a call can come to: each node, with each count of misses, at each hour, whatever happens."""

from collections import deque
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from ivr.flow.call import Call
from ivr.flow.engine import FlowError, Step, step
from ivr.flow.events import AskedBack, Entered, Learned
from ivr.flow.flow import Flow
from ivr.flow.identity import BARRED, PROVEN, PROVING, TRIES
from ivr.flow.inputs import Answered, LeftQueue, Pressed, Transferred
from ivr.flow.nodes.verify import Verify
from ivr.flow.prove.ahead import Ahead, Where
from ivr.flow.prove.tries import Try, tries
from ivr.flow.questions import QUESTIONS
from ivr.flow.waits import Agent, Keys, Lookup, Room

KEYED: Final = "keyed"
# What a question to the wallet needs, and cannot be asked without: who knows less of it may be trapped where others are
# not. Who has proven who they are only comes sooner to where others come, too.
# The number or the PIN that is asked for to prove it is always told just before.
ASKED: Final = frozenset(name for one in QUESTIONS.values() for name in one.about) - {"who", "pin", "code"} | {PROVEN}
CALLERS: Final = ("+8613800138000", "anonymous")
State = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One step: from which stand (None: a call begins), what happened at which moment, what that made.

    `to` is the stand whose state it leads to, None at the call's end; where the engine could not go on, `broke` says
    why.
    """

    start: int | None
    by: Try
    at: datetime
    made: Step | None
    to: int | None = None
    broke: str = ""


@dataclass(frozen=True, slots=True)
class Stand:
    """A call that stands somewhere, and how it came there.

    `helped`: the caller had a person, a message or a call back before. `same` is the stand that was first in this
    state: others of that state differ in where the key for back leads, or in how often they were asked.
    """

    call: Call
    came: Way
    helped: bool
    same: int


@dataclass(slots=True)
class Walk:
    """How calls begin, all stands in the order in which they were come to, and the ways that lead on from each state.

    `aside` are those that came to a known state by another way, by prompt that they can go back to: they are only
    walked on from where going back to it may lead to a new state. Whoever was helped is no longer followed back.
    """

    flow: Flow
    moments: Sequence[datetime]
    most: int
    begun: list[Way] = field(default_factory=list)
    stands: list[Stand] = field(default_factory=list)
    ways: list[list[Way]] = field(default_factory=list)
    known: dict[State, list[tuple[frozenset[str], int]]] = field(default_factory=dict)
    prompts: dict[str, set[Where]] = field(default_factory=dict)
    aside: dict[tuple[int, str], Stand] = field(default_factory=dict)
    behind: set[tuple[int, str]] = field(default_factory=set)
    todo: tuple[deque[int], deque[int]] = field(default_factory=lambda: (deque(), deque()))

    def path(self, way: Way) -> list[Way]:
        """Return the steps from a call's beginning up to this one."""
        found = [way]
        while found[-1].start is not None:
            found.append(self.stands[found[-1].start].came)
        return found[::-1]

    @property
    def states(self) -> Iterator[tuple[int, Stand, list[Way]]]:
        """Yield the number of each state, the first stand there, and its ways."""
        return ((number, self.stands[number], ways) for number, ways in enumerate(self.ways) if ways)

    def go(self) -> None:
        """Walk; raise OverflowError where there are more stands than so many."""
        for caller in CALLERS:
            for at in self.moments:
                begins = _way(self.flow, None, self.flow.new_call(), Try(Answered(caller), "outside"), at)
                self.begun.append(self._come(begins))
        while (number := self._next()) is not None or self._again():
            if number is None:
                continue
            stand = self.stands[number]
            ways = [self._come(way) for way in _ways(self.flow, number, stand, self.moments)]
            back = Pressed(self.flow.hotline.keys.back)
            self.ways[stand.same] += [way for way in ways if stand.same == number or way.by.heard == back]

    def _next(self) -> int | None:
        """Return the stand to walk on from; whoever was helped comes after all others, whose ways are theirs, too."""
        todo = self.todo[0] or self.todo[1]
        return todo.popleft() if todo else None

    def _come(self, way: Way) -> Way:
        if way.made is None or way.made.call.ended:
            return way
        call = way.made.call
        helped = (way.start is not None and self.stands[way.start].helped) or _helps(way)
        state = _state(self.flow, call, helped)
        # Who was helped can do all that others can, and is no more trapped by it.
        facts = frozenset(call.facts)
        same = self._as_before((*state, False), facts)
        same = self._as_before((*state, True), facts) if same is None and helped else same
        if same is None:
            same = len(self.stands)
            self.known.setdefault((*state, helped), []).append((facts & ASKED, same))
            self._add(Stand(call, way, helped, same))
        elif not helped:
            for place in _behind(call):
                if (same, place) not in self.behind:
                    self.aside.setdefault((same, place), Stand(call, way, helped, same))
        return replace(way, to=same)

    def _as_before(self, state: State, facts: frozenset[str]) -> int | None:
        """Return the stand that was here before and knew no more than these facts, which can do no more, either."""
        return next((number for known, number in self.known.get(state, ()) if known <= facts), None)

    def _add(self, stand: Stand) -> None:
        if len(self.stands) >= self.most:
            raise OverflowError(self.most)
        call = stand.call
        self.todo[stand.helped].append(len(self.stands))
        self.stands.append(stand)
        self.ways.append([])
        self.behind.update((stand.same, place) for place in _behind(call))
        if isinstance(call.wait, Keys) and not stand.helped:
            self.prompts.setdefault(call.node, set()).add(_where(self.flow, call))

    def _again(self) -> bool:
        """Take up what was put aside, where that may lead to a new state; tell whether there was any."""
        callers = set[Where]().union(*self.prompts.values())
        wanted = {place for place in self.prompts if self._new(place, callers)}
        ahead = self._ahead()
        again = [
            (number, place)
            for (number, place), stand in self.aside.items()
            if place in wanted and self._new(place, ahead.later(stand.same, _forgotten(stand.call, place)))
        ]
        for one in again:
            stand = self.aside.pop(one)
            if one not in self.behind:
                self._add(stand)
        return bool(again)

    def _new(self, place: str, callers: Set[Where]) -> bool:
        """Tell whether any of these callers, going back to a prompt, would be the first of their sort there."""
        file = place.partition(".")[0]
        matter = self.flow.matters.get(file)
        there = {(matter.queue, "") if matter and one[1] != file else one for one in callers}
        return not there <= self.prompts[place]

    def _ahead(self) -> Ahead:
        """Return what lies ahead of each stand, up to where somebody walks on."""
        after = [frozenset(way.to for way in ways if way.to is not None) for ways in self.ways]
        whose = [None if one.helped else _where(self.flow, one.call) for one in self.stands]
        return Ahead(after, [one.call.node for one in self.stands], whose)


def walk(flow: Flow, moments: Sequence[datetime], most: int) -> Walk:
    """Return the walk of a flow at these moments; raise OverflowError where there are more stands than so many."""
    made = Walk(flow, moments, most)
    made.go()
    return made


def _ways(flow: Flow, number: int, stand: Stand, moments: Sequence[datetime]) -> Iterator[Way]:
    now = stand.came.at
    for by in tries(flow, stand.call):
        first = _way(flow, number, stand.call, by, now)
        yield first
        if _timed(flow, stand.call, first):
            yield from (_way(flow, number, stand.call, by, at) for at in moments if at != now)


def _way(flow: Flow, number: int | None, call: Call, by: Try, at: datetime) -> Way:
    worn = call._replace(asked=flow.hotline.limits.turns) if by.worn else call
    try:
        return Way(number, by, at, step(flow, worn, by.heard, at))
    except (FlowError, LookupError, TypeError, ValueError) as error:
        return Way(number, by, at, None, None, f"{type(error).__name__}: {error}")


def _timed(flow: Flow, call: Call, way: Way) -> bool:
    places = [call.node, *(event.node for event in way.made.events if isinstance(event, Entered))] if way.made else []
    return any(flow.nodes[place].timed for place in places)


def _behind(call: Call) -> tuple[str, ...]:
    """Return the prompts to which a call can go back, by one step or more."""
    return call.trail[:-1] if isinstance(call.wait, Keys) else call.trail


def _forgotten(call: Call, place: str) -> frozenset[str]:
    """Return the prompts at which a call forgets the way back to this one."""
    behind = _behind(call)
    return frozenset(behind[: behind.index(place) + 1])


def _helps(way: Way) -> bool:
    """Tell whether this step shows that the caller had a person, or left a message, or will be rung back."""
    match way.by.heard:
        case LeftQueue("bridged") | Transferred():
            return True
    if way.made is None:
        return False
    left = (
        isinstance(one, AskedBack) or (isinstance(one, Learned) and one.name == "message") for one in way.made.events
    )
    return way.made.call.reached is not None or any(left)


def _state(flow: Flow, call: Call, helped: bool) -> State:
    """Return what decides how a call can go on.

    That is neither when it is, nor what was keyed, nor in which language. How often it was asked counts only where
    that is too often; by which prompts it came, only where it goes back.
    """
    # Whoever asks for a number forgets what was keyed before.
    keyed = KEYED in call.facts and KEYED in flow.nodes[call.node].learns()
    # Either leads on by the same way out; more than there may be are only counted where that way leads back here.
    misses = tuple(sorted(min(count, flow.hotline.limits.misses) for count in (call.silences, call.wrongs)))
    worn = isinstance(call.wait, Keys) and call.asked >= flow.hotline.limits.turns
    queue, other = _where(flow, call)
    if helped and isinstance(call.wait, Keys | Lookup):
        queue = ""  # Which only says how soon they get somebody again.
    return call.node, _wait(call), misses, queue, "" if helped else other, keyed, worn, *_proof(flow, call)


def _proof(flow: Flow, call: Call) -> State:
    """Return how far a caller is in proving who they are: where that is asked, each step and try, and ways barred."""
    if PROVING not in call.facts or not isinstance(flow.nodes[call.node], Verify):
        return ()
    return call.facts[PROVING], call.facts.get(TRIES, "0"), call.facts.get(BARRED, "")


def _where(flow: Flow, call: Call) -> Where:
    """Return whose caller this is: a matter that is entered again is the same, so that its queue is not told anew."""
    queue, matter = call.facts.get("queue", ""), call.facts.get("matter", "")
    return queue, "" if not matter or flow.matters[matter].queue == queue else matter


def _wait(call: Call) -> Any:
    match call.wait:
        case Keys(most):
            return "keys", most == 1
        case Agent(queue):
            return "agent", queue
        case Room():
            return "room"
        case Lookup(question):
            return "lookup", question
        case wait:
            return wait
