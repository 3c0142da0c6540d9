"""A call's journal without the numbers of whoever called: gone through again with nobody's instead.

So the journal still folds to the same state, and its inputs still make its events.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ivr.console.practice import CUSTOMER, TELLING, Practice
from ivr.flow import record
from ivr.flow.call import Call, fold
from ivr.flow.engine import FlowError, step
from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Missed, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, Input, LeftQueue, Pressed, Rescued, Spoke

GONE: Final = "…"
Turns = Sequence[tuple[Event, ...]]
TOLD: Final = (
    "words",
    "number",
    "caller",
    "keys",
    "hold",
)  # Of what is said, keyed and texted, where it is not done again.
KEPT: Final = frozenset({"matter", "queue", "mark", "level", "score", "back", "remark"})


@dataclass
class Nobody(Practice):
    """Numbers that are nobody's, in place of all numbers of a call, or of a few."""

    only: Collection[str] = ()

    def of(self, heard: Input, call: Call) -> Input:
        """Return what was heard without what names a person; a hang-up stays what it was."""
        match heard:
            case Answered(caller):
                return heard if self.only and caller not in self.only else Answered(self._caller(caller))
            case Rescued(caller):
                return heard if self.only and caller not in self.only else Rescued(CUSTOMER)
            case Spoke(words):
                return replace(heard, words=GONE if not self.only else TELLING.sub(self._number, words))
            case Pressed(str(keys)) if self.only:
                return Pressed(TELLING.sub(self._number, keys))
            case Found(facts):
                return replace(heard, facts={name: TELLING.sub(self._number, value) for name, value in facts.items()})
            case _ if self.only:
                return heard
        found = super().of(heard, call)
        return heard if isinstance(found, LeftQueue) else found

    def _number(self, found: re.Match[str]) -> str:
        return found[0] if self.only and found[0] not in self.only else super()._number(found)


def nameless(
    flow: Flow, greeted: str, turns: Turns, only: Collection[str] = ()
) -> tuple[list[tuple[Event, ...]], bool]:
    """Return the turns of a call without its numbers, and whether its inputs still make them.

    They do not where menus go another way with other numbers; then digits and words are struck out, and the journal
    still folds. With `only`, no other numbers than these go.
    """
    try:
        made = list(_again(flow, greeted, turns, Nobody(flow, only=only)))
    except (FlowError, KeyError, TypeError, AttributeError):
        made = []
    if [_way(one) for one in made] == [_way(one) for one in turns] and _same(greeted, made, turns):
        return made, True
    return [_struck(one, only) for one in turns], False


def _again(flow: Flow, greeted: str, turns: Turns, nobody: Nobody) -> Iterator[tuple[Event, ...]]:
    call = Call(greeted)
    for turn in turns:
        match turn[0]:
            case Heard(heard, at):
                done = step(flow, call, nobody.of(heard, call), at)
                call = done.call
                yield done.events
            case _:
                raise FlowError("a turn began with nothing heard")


def _way(turn: Sequence[Event]) -> list[object]:
    """Return what must stay as it was: where the call went, what it waited for, how it ended."""
    told = list[object]()
    for event in turn:
        match event:
            case Waiting(wait, number):
                told.append((type(wait), number))
            case Learned(name, value):
                told.append((name, value if name in KEPT else bool(value)))
            case Entered() | Missed() | Ended():
                told.append(event)
            case _:
                told.append(type(event))
    return told


def _same(greeted: str, made: Turns, before: Turns) -> bool:
    one, other = (fold(Call(greeted), [event for turn in some for event in turn]) for some in (made, before))
    return (one.node, one.turn, one.ended, one.language, one.line) == (
        *(other.node, other.turn, other.ended),
        *(other.language, other.line),
    )


def _struck(turn: tuple[Event, ...], only: Collection[str]) -> tuple[Event, ...]:
    return record.read(json.dumps(_strike(json.loads(record.write(turn)), only), ensure_ascii=False))


def _strike(told: Any, only: Collection[str]) -> Any:
    match told:
        case dict():
            return {name: _named(name, value, only) for name, value in told.items()}
        case list():
            return [_strike(one, only) for one in told]
        case str():
            return TELLING.sub(lambda found: GONE if not only or found[0] in only else found[0], told)
    return told


def _named(name: str, value: Any, only: Collection[str]) -> Any:
    if name in ("is", "at", "sid"):
        return value
    if name in TOLD and isinstance(value, str):
        return value if only and not any(one in value for one in only) else GONE
    return _strike(value, only)
