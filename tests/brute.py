"""Callers who try everything, in every order: which traps they come to, told without the proof's help."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.events import AskedBack, Event, Learned, Missed
from ivr.flow.flow import Flow
from ivr.flow.identity import BARRED, PROVING, TRIES
from ivr.flow.inputs import (
    Answered,
    Dialled,
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
from ivr.flow.waits import Agent, Keys, Leaving, Lookup, Message, Outside, Room, Talking

CALLERS: Final = ("+8613800138000", "anonymous")
KEYS: Final = "01235*98"
NUMBERS: Final = ("0", "*", "1111", "13812345678", "8", "2222*")
SECRETS: Final = ("0", "*", "1", "2", "246810", "24681", "8")
ABOUT: Final = ("proven", "who", "holder", "registered", "suspect", "order", "no")
WRONG: Final = "8"
MOST: Final = 40_000
GONE: Final = ("finished", "hung-up")


class Caller(NamedTuple):
    """A call, and whether its caller had a person, left a message, or will be rung back."""

    call: Call
    helped: bool


After = tuple[Caller, tuple[Event, ...]]


@dataclass
class Brute:
    """All callers of a flow who can be told apart, and the traps they came to: a sort and a place each."""

    flow: Flow
    moments: tuple[datetime, ...]
    seen: set[Any] = field(default_factory=set)
    todo: list[Caller] = field(default_factory=list)
    traps: set[tuple[str, str]] = field(default_factory=set)
    known: dict[Any, "After | None"] = field(default_factory=dict)
    # Where the wallet is asked: the node, and where it is asked at once after that.
    asked: dict[Any, tuple[str, set[Any]]] = field(default_factory=dict)

    def run(self) -> set[tuple[str, str]]:
        """Return all traps; raise OverflowError for a flow of more callers than can be tried."""
        for caller in (
            CALLERS if any(type(node).__name__ == "Callback" for node in self.flow.nodes.values()) else CALLERS[:1]
        ):
            begun = [self._after(Caller(self.flow.new_call(), False), Answered(caller), at) for at in self.moments]
            self.traps |= {("cut off", one.call.node) for one, _ in filter(None, begun) if one.call.ended in GONE}
            self._urgent([one for one, _ in filter(None, begun) if not one.call.ended])
        while self.todo:
            self._try(self.todo.pop())
            if len(self.seen) > MOST:
                raise OverflowError(MOST)
        self._unasked()
        return self.traps

    def _after(self, before: Caller, heard: Input, at: datetime) -> After | None:
        key = _told_apart(before), heard, at
        if key not in self.known:
            self.known[key] = self._stepped(before, heard, at)
        return self.known[key]

    def _stepped(self, before: Caller, heard: Input, at: datetime) -> After | None:
        """Return the caller after a step, whom it puts on the list of those to be followed; None where it broke off."""
        try:
            done = step(self.flow, before.call._replace(asked=0), heard, at)
        except Exception:
            self.traps.add(("broken", before.call.node or self.flow.place("", self.flow.hotline.start)))
            return None
        after = Caller(done.call, before.helped or _had(heard, done.call, done.events))
        key = _told_apart(after)
        if not done.call.ended and key not in self.seen:
            self.seen.add(key)
            self.todo.append(after)
        return after, done.events

    def _try(self, caller: Caller) -> None:
        call = caller.call
        for heard in _possible(call):
            done = [self._after(caller, heard, at) for at in self.moments]
            if not caller.helped and not isinstance(call.wait, Message):
                self._cut_off(call, heard, [one for one in done if one])
            if isinstance(call.wait, Lookup):
                told = {_told_apart(one) for one, _ in filter(None, done) if isinstance(one.call.wait, Lookup)}
                self.asked.setdefault(_told_apart(caller), (call.node, set()))[1].update(told)
        if isinstance(call.wait, Keys):
            worn = call._replace(asked=self.flow.hotline.limits.turns)
            ended = [step(self.flow, worn, Silence(), at).call.ended for at in self.moments]
            if not caller.helped and any(one in GONE for one in ended):
                self.traps.add(("cut off", call.node))
            self._round(caller)
            if not call.silences + call.wrongs and not self._near(caller, 2):
                self.traps.add(("far", call.node))

    def _cut_off(self, call: Call, heard: Input, done: list[After]) -> None:
        for after, events in done:
            if after.call.ended not in GONE or after.helped:
                continue
            missed = any(isinstance(event, Missed) for event in events)
            chosen = isinstance(heard, Pressed) and not missed and heard.keys != self.flow.hotline.keys.person
            if not chosen or not all(one.call.ended for one, _ in done):
                self.traps.add(("cut off", call.node))

    def _round(self, caller: Caller) -> None:
        for heard in (Silence(), Pressed(WRONG)):
            if any(self._goes_round(caller, heard, at, ()) for at in self.moments):
                self.traps.add(("round", ""))

    def _goes_round(self, on: Caller, heard: Input, at: datetime, passed: tuple[Any, ...]) -> bool:
        """Tell whether who only does this is asked again where they were before, by any answer of the wallet's."""
        wait, key = on.call.wait, _told_apart(on)
        if on.call.ended or not isinstance(wait, Keys | Lookup) or self._somebody(on):
            return False
        if key in passed:
            return any(one not in self.asked for one in passed[passed.index(key) :])
        does = (heard,) if isinstance(wait, Keys) else answers(wait.question)
        done = [self._after(on, one, at) for one in does]
        return any(one and self._goes_round(one[0], heard, at, (*passed, key)) for one in done)

    def _unasked(self) -> None:
        """Find where the wallet may be asked for ever, and the caller nothing."""
        ahead = {key: {*after} for key, (_, after) in self.asked.items()}
        while ends := [key for key, after in ahead.items() if not after & ahead.keys()]:
            for key in ends:
                del ahead[key]
        self.traps |= {("unasked", self.asked[key][0]) for key in ahead}

    def _near(self, caller: Caller, keys: int) -> bool:
        """Tell whether so many keys bring somebody, at whatever hours they are pressed."""
        if caller.call.ended or self._somebody(caller):
            return not caller.call.ended
        if not keys or not isinstance(caller.call.wait, Keys):
            return False
        return any(self._brings(caller, pressed, keys) for pressed in _possible(caller.call))

    def _brings(self, caller: Caller, pressed: Input, keys: int) -> bool:
        done = [self._after(caller, pressed, at) for at in self.moments] if isinstance(pressed, Pressed) else [None]
        return all(
            one and not any(isinstance(event, Missed) for event in one[1]) and self._near(one[0], keys - 1)
            for one in done
        )

    def _somebody(self, caller: Caller) -> bool:
        return caller.helped or type(self.flow.nodes[caller.call.node]).__name__ in ("Agent", "Voicemail", "Callback")

    def _urgent(self, begun: list[Caller]) -> None:
        least = min(queue.priority for queue in self.flow.queues.values())
        urgent = [name for name, queue in self.flow.queues.items() if queue.priority == least]
        if len(urgent) > 1 or not any(matter.queue == urgent[0] for matter in self.flow.matters.values()):
            return
        for one in begun:
            pressed = [[self._after(one, Pressed(key), at) for at in self.moments] for key in KEYS]
            if not any(
                all(after and after[0].call.facts.get("queue") == urgent[0] for after in key) for key in pressed
            ):
                self.traps.add(("urgent", one.call.node))


def _had(heard: Input, call: Call, events: Iterable[Event]) -> bool:
    if isinstance(call.wait, Talking | Outside) or isinstance(heard, Transferred) or heard == LeftQueue("bridged"):
        return True
    return any(isinstance(one, AskedBack) or (isinstance(one, Learned) and one.name == "message") for one in events)


def _told_apart(caller: Caller) -> Any:
    """Return what may matter of a caller: not the words, the hour, what was keyed, or how often they were asked.

    Of who was helped only where they are: all that can happen to them is that the call breaks off.
    """
    call = caller.call
    wait: Any = type(call.wait) if isinstance(call.wait, Room) else call.wait
    wait = (Lookup, wait.question) if isinstance(wait, Lookup) else wait
    keyed, known = "keyed" in call.facts, _known(call)
    if caller.helped:
        return call.node, wait, keyed, call.facts.get("queue"), known
    whose = call.caller, call.facts.get("queue"), call.facts.get("matter")
    return call.node, wait, keyed, min(call.silences, 5), min(call.wrongs, 5), call.trail, whose, known


def _known(call: Call) -> frozenset[Any]:
    """Return what is known that the wallet may be asked about, and how far the caller is in proving who they are."""
    counted = {(name, call.facts[name]) for name in (PROVING, TRIES, BARRED) if name in call.facts}
    return frozenset(counted | {name for name in call.facts if name in ABOUT})


def _possible(call: Call) -> Iterator[Input]:
    """Yield whatever can happen to a call."""
    if not call.rescues:
        yield Rescued()
    match call.wait:
        case Keys(most, secret=secret):
            yield Silence()
            yield from map(Pressed, SECRETS if secret else KEYS if most == 1 else NUMBERS)
        case Lookup(question):
            yield from answers(question)
        case Message():
            yield from (Recorded("RE1", 5), Recorded("", 0))
        case Agent() | Room():
            yield from (InLine(1, 0, keys, agents=1) for keys in ("", "1", "2", "7"))
            yield InLine(2, 0, agents=0)
            yield InLine(1, 10_000, agents=1)
            yield from map(LeftQueue, ("bridged", "queue-full", "error", "redirected"))
            yield from (Transferred(queue="accounts"), Transferred(number="+8613800138000"))
        case Leaving():
            yield from map(LeftQueue, ("leave", "bridged", "error"))
        case Talking():
            yield from (LeftQueue("bridged"), Transferred(queue="general"))
        case Outside():
            yield from map(Dialled, ("completed", "no-answer"))
