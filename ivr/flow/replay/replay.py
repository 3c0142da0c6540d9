"""Does again in new menus what a caller did in old ones."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from ivr.flow.call import Call
from ivr.flow.engine import FlowError, step
from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, HungUp, Input, LeftQueue, NotFound, Pressed, Recorded
from ivr.flow.replay.answers import Answers
from ivr.flow.replay.course import Course, Lost, Replayed, Turn, compared, cut_off
from ivr.flow.replay.meaning import chosen, idle, same
from ivr.flow.replay.moved import Moved, Way
from ivr.flow.replay.stand import Stand, alike
from ivr.flow.waits import Lookup

MOST: Final = 30  # Questions to the wallet in a row.
BROKEN: Final = (FlowError, LookupError, TypeError, ValueError)


class UnreadableError(ValueError):
    """A recording does not go again as it went on the menus that it was made with."""


@dataclass(frozen=True)
class Between:
    """Old menus and new ones, between which any number of calls are compared."""

    old: Flow
    new: Flow

    def replay(self, told: Sequence[tuple[Input, datetime]]) -> Replayed:
        """Return how a call went in the old menus by what was told at which moment (UTC), and how it goes in the new.

        Raise UnreadableError where it does not go in the old ones.
        """
        before, now = _Side(self.old), _Side(self.new)
        follower = _Follower(before, now, self._moved, self._answers(told))
        for heard, at in told:
            follower.follow(heard, at)
            try:
                before.hear(heard, at)
            except BROKEN as error:
                raise UnreadableError(f"{before.call.node}: {type(error).__name__}: {error}") from error
        if told:
            follower.end(told[-1][1])
        return compared(before.course(True), now.course(follower.lost is None), follower.lost)

    def _answers(self, told: Sequence[tuple[Input, datetime]]) -> Answers:
        """Return what the wallet answered, up to where the recording can be read."""
        side, found = _Side(self.old), Answers()
        if any(isinstance(heard, Found | NotFound) for heard, _ in told):
            with suppress(*BROKEN):
                for heard, at in told:
                    found.learn(side.call.wait, heard)
                    side.hear(heard, at)
        return found

    @cached_property
    def _moved(self) -> Moved:
        return Moved(self.old, self.new)


@dataclass(slots=True)
class _Side:
    """A call on its way through one of the two menus."""

    flow: Flow
    call: Call = field(init=False)
    turns: list[Turn] = field(default_factory=list)
    cut_off: bool = False

    def __post_init__(self) -> None:
        self.call = self.flow.new_call()

    @property
    def stand(self) -> Stand:
        return Stand(self.flow, self.call)

    def hear(self, heard: Input, at: datetime) -> None:
        done = step(self.flow, self.call, heard, at)
        self.cut_off = self.cut_off or cut_off(self.call.wait, done.events)
        self.turns.append(done.events)
        self.call = done.call

    def told(self, answers: Answers, at: datetime, most: int = MOST) -> str:
        """Hear what the wallet answers, as often as it is asked and the caller is not; return what has no answer."""
        for _ in range(most):
            if not isinstance(wait := self.call.wait, Lookup):
                break
            if (answer := answers.to(wait)) is None:
                return wait.question
            self.hear(answer, at)
        return ""

    def course(self, known: bool) -> Course:
        return Course(tuple(self.turns), self.call.ended if known else "", self.cut_off)


@dataclass(slots=True)
class _Follower:
    """Follows a caller through the new menus by what they do in the old ones.

    What cannot be done where they now stand is left `open`: the new menus may be ahead of the old ones, or have one
    prompt less. It is forgotten once the call waits for the same in both.

    The wallet is heard by what the new menus ask it, whenever that is: what it said to something else is passed over.
    """

    before: _Side
    now: _Side
    moved: Moved
    answers: Answers
    open: Lost | None = None
    lost: Lost | None = None

    def follow(self, heard: Input, at: datetime) -> None:
        """Do in the new menus what was done in the old ones, which have not heard it yet."""
        late = isinstance(heard, Found) and heard.late
        if self.lost or late or self._over(heard) or self._wallet(heard, at):
            return
        if self.before.stand.sort != "leaving":
            self._leave(at)
        old, new = self.before.stand, self.now.stand
        self.open = self.open if self.open and not alike(old, new) else None
        if self.open and (idle(old, heard) or isinstance(heard, HungUp)):
            self.lost = self.open if isinstance(heard, HungUp) else None
        elif (said := same(old, new, heard)) is not None or (said := self._elsewhere(old, new, heard, at)) is not None:
            self.open = None
            self._hear(said, at)
        elif not self.lost:
            self._stray(old, new, heard)

    def _over(self, heard: Input) -> bool:
        """Has the call come to its end in the new menus? A message may be told after it."""
        told = isinstance(heard, Recorded) and (heard.adrift or self.before.call.ended)
        return bool(self.now.call.ended) and not told

    def end(self, at: datetime) -> None:
        """Come to the end of a call about which there is no more to tell; who got what they wanted hangs up."""
        self._leave(at)
        self._ask(at)
        if self.lost or self.now.call.ended:
            return
        if self.open or not self.now.call.reached:
            self.lost = self.open or Lost("answer", self.now.call.node)
        else:
            self._hear(HungUp(), at)

    def _hear(self, heard: Input, at: datetime) -> None:
        try:
            self.now.hear(heard, at)
        except BROKEN as error:
            self._breaks(error)

    def _breaks(self, error: Exception) -> None:
        self.lost = Lost("breaks", self.now.call.node, f"{type(error).__name__}: {error}")
        self.now.cut_off = True

    def _wallet(self, heard: Input, at: datetime) -> bool:
        """Hear what the wallet answers to what is asked now; tell whether that is all that there is to this input.

        Who hung up, or met a fault, while the wallet was asked does so again while it is.
        """
        if isinstance(heard, Found | NotFound):
            self._ask(at, 1)
            return True
        if not (self.before.stand.question and self.now.stand.question):
            self._ask(at)
        return bool(self.lost)

    def _ask(self, at: datetime, most: int = MOST) -> None:
        """Answer what the wallet is asked now."""
        try:
            if not self.lost and (question := self.now.told(self.answers, at, most)):
                self.lost = Lost("asked", self.now.call.node, question)
        except BROKEN as error:
            self._breaks(error)

    def _leave(self, at: datetime) -> None:
        """Leave the line, which needs nobody's answer."""
        if not self.lost and self.now.stand.sort == "leaving":
            self._hear(LeftQueue("leave"), at)

    def _elsewhere(self, old: Stand, new: Stand, heard: Input, at: datetime) -> Input | None:
        """Go to where the same can be done, if there is one way to go; return how it is done there."""
        way = None if self.open else self._way(old, new, heard)
        if way is None or way.several:
            return None
        there, answers = _Side(new.flow), self.answers.again()
        there.call = new.call
        try:
            for key in way.keys:
                there.hear(Pressed(key), at)
                if there.told(answers, at):
                    return None
        except BROKEN:
            return None
        said, queues = same(old, there.stand, heard), [one.flow.queue_of(one.call) for one in (old, there.stand)]
        if said is None or (old.sort != "keys" and queues[0] != queues[1]):
            return None
        self.now.call = there.call
        self.now.turns += there.turns
        self.answers = answers
        return said

    def _way(self, old: Stand, new: Stand, heard: Input) -> Way | None:
        if new.sort != "keys":
            return None
        if choice := chosen(old, heard):
            return self.moved.to(choice, old.call.node, new.call.trail, new.call.language)
        return None if idle(old, heard) else self.moved.on(new.call.node, old.call.node)

    def _stray(self, old: Stand, new: Stand, heard: Input) -> None:
        self.open = self.open or self._reason(old, new, heard)
        if old.sort != "keys":
            self.lost = self.open

    def _reason(self, old: Stand, new: Stand, heard: Input) -> Lost:
        if choice := chosen(old, heard):
            way = self._way(old, new, heard)
            return Lost("several" if way and way.several else "choice", new.call.node, choice.words)
        return Lost("keyed" if old.sort == new.sort == "keys" else "answer", new.call.node)
