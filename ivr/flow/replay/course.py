"""How a call went and how it would go now, and in what the two differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, Literal

from ivr.flow.events import Ended, Entered, Event, Heard, Missed, Said, Waiting
from ivr.flow.inputs import HungUp, InLine, Input, LeftQueue, Pressed
from ivr.flow.prove.goals import seconds
from ivr.flow.replay.stand import SORTS
from ivr.flow.waits import Agent, Message, Wait

Turn = tuple[Event, ...]
# From what matters most to what matters least.
Sort = Literal["cut off", "lost", "outcome", "way", "words", "same"]
SHOWN: Final = ("cut off", "lost", "outcome", "way", "words")


@dataclass(frozen=True, slots=True)
class Course:
    """A call turn by turn, what it came to (empty where that is not known), and whether our menus cut it off."""

    turns: tuple[Turn, ...]
    outcome: str
    cut_off: bool

    @property
    def seconds(self) -> float:
        """About how many seconds the caller listened to words."""
        return seconds([event for turn in self.turns for event in turn if isinstance(event, Said)])

    @property
    def keys(self) -> int:
        """How many keys the caller pressed."""
        return sum(len(_keys(event.input)) for turn in self.turns for event in turn if isinstance(event, Heard))

    @property
    def way(self) -> list[tuple[str, str]]:
        """What the call came to: ("place", its name) and ("queue", its name), in order."""
        found = list[tuple[str, str]]()
        for turn in self.turns:
            for event in turn:
                match event:
                    case Entered(node):
                        found.append(("place", node))
                    case Waiting(Agent(queue)):
                        found.append(("queue", queue))
        return found


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a call cannot be followed from here on, and where it stands in the new menus.

    `choice`: what the caller chose is offered nowhere near; `several`: it is offered in several places as near;
    `keyed`: what they keyed is not asked for; `answer`: something is asked that the recording has no answer to;
    `asked`: the wallet is, by the question that `words` name; `breaks`: the menus lead nowhere. Else, `words` are those
    of the choice, or of the fault.
    """

    why: Literal["choice", "several", "keyed", "answer", "asked", "breaks"]
    place: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A call before and now; in which turn they first differ (None: in none), and at which place."""

    before: Course
    now: Course
    lost: Lost | None
    turn: int | None
    place: str

    @property
    def sort(self) -> Sort:
        """In what it differs, by what matters most."""
        if self.now.cut_off and not (self.before.cut_off and self.turn is None):
            return "cut off"
        if self.lost:
            return "lost"
        if self.before.outcome != self.now.outcome:
            return "outcome"
        if self.turn is None:
            return "same"
        return "words" if self.before.way == self.now.way else "way"

    @property
    def matters(self) -> str:
        """The place that shows why: where the call is lost or cut off, else where it first differs."""
        if self.lost:
            return self.lost.place
        places = [name for what, name in self.now.way if what == "place"]
        return places[-1] if self.sort == "cut off" and places else self.place


def compared(before: Course, now: Course, lost: Lost | None) -> Replayed:
    """Return both with what they first differ in: for whoever hears it, and for who answers the call."""
    for number, (old, new) in enumerate(zip_longest(before.turns, now.turns, fillvalue=())):
        if old != new and (place := _differ(old, new)):
            return Replayed(before, now, lost, number, place)
    return Replayed(before, now, lost, None, "")


def cut_off(wait: Wait | None, turn: Sequence[Event]) -> bool:
    """Say whether this turn ended a call that waited so, though the caller neither wanted that nor got anybody."""
    ended = [event.reason for event in turn if isinstance(event, Ended)]
    if not ended or ended[0] not in ("finished", "hung-up") or isinstance(wait, Message):
        return False
    match turn[0]:
        case Heard(HungUp() | LeftQueue("hangup")):
            return False
        case Heard(Pressed()):
            return any(isinstance(event, Missed) for event in turn)
    return True


def _differ(old: Turn, new: Turn) -> str:
    """Return the place of the first thing that differs in a turn; empty where nothing does."""
    for one, other in zip_longest(_told(old), _told(new), fillvalue=None):
        if one is None or other is None or one[0] != other[0]:
            return (one or other or ("", ""))[1]
    return ""


def _told(turn: Turn) -> Iterator[tuple[Any, str]]:
    """Yield what a caller hears, what is awaited and how it ends, each with its place.

    What a node is called is nothing that differs, nor which of two keys stands for the same.
    """
    place = next((event.node for event in turn if isinstance(event, Entered)), "")
    for event in turn:
        match event:
            case Entered(node):
                place = node
            case Said(at, words, language):
                yield (words, language), at
            case Waiting(wait):
                yield (SORTS[type(wait)], wait.queue if isinstance(wait, Agent) else ""), place
            case Ended(reason):
                yield reason, place


def _keys(heard: Input) -> str:
    match heard:
        case Pressed(keys):
            return str(keys)
        case InLine(keys=keys):
            return keys
    return ""
