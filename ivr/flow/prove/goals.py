"""How soon callers get where they want to, and how long what they must listen to takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Pressed
from ivr.flow.prove.walk import Walk, Way
from ivr.flow.waits import Agent, Keys, Lookup, Message

SIGN: Final = 1 / 4.5  # Seconds that a Chinese character takes, as the shipped voices speak.
WORD: Final = 1 / 2.6
KEY: Final = 1.0
SIGNS: Final = re.compile(r"[\u3400-\u9fff]")
WORDS: Final = re.compile(r"[A-Za-z0-9']+")


@dataclass(frozen=True, slots=True)
class Heard:
    """What callers must listen to at a place: how many seconds, and among how many choices they are to choose."""

    place: str
    seconds: float
    choices: int


def seconds(said: Sequence[Said]) -> float:
    """Return about how many seconds it takes to say this."""
    return sum(SIGN * len(SIGNS.findall(one.words)) + WORD * len(WORDS.findall(one.words)) for one in said)


def longest(flow: Flow, walk: Walk) -> tuple[Heard, Heard]:
    """Return the menu that takes longest to listen to, and the one with the most choices; nothing where none is."""
    menus = [
        Heard(call.node, seconds(call.said), len(flow.nodes[call.node].keys(flow, call)))
        for call in (stand.call for stand in walk.stands)
        if isinstance(call.wait, Keys) and call.wait.most == 1
    ]
    nothing = Heard("", 0, 0)
    slow = max(menus, key=lambda one: one.seconds, default=nothing)
    return slow, max(menus, key=lambda one: one.choices, default=nothing)


def goals(walk: Walk) -> dict[str, tuple[float, int]]:
    """Return how soon each queue is reached, a message, a call back: in seconds, and keys; from a call's first word."""
    found: dict[str, tuple[float, int]] = {}
    ahead: list[tuple[float, int, int]] = []
    for number, stand in enumerate(walk.stands):
        if stand.came.start is None:
            heappush(ahead, (_spent(stand.came), 0, number))
    done = set[int]()
    while ahead:
        spent, keys, number = heappop(ahead)
        call = walk.stands[number].call
        if (goal := _goal(call)) and goal not in found:
            found[goal] = spent, keys
        if number in done:
            continue
        done.add(number)
        for further in walk.ways[number]:
            wanted = further.by.why == "chosen" or isinstance(call.wait, Lookup)
            if wanted and further.to is not None and further.to not in done:
                pressed = len(str(further.by.heard.keys)) if isinstance(further.by.heard, Pressed) else 0
                heappush(ahead, (spent + _spent(further) + KEY * pressed, keys + pressed, further.to))
    return found


def _spent(way: Way) -> float:
    return seconds(way.made.call.said) if way.made else 0.0


def _goal(call: Call) -> str:
    match call.wait:
        case Agent(queue):
            return queue
        case Message():
            return "message"
    return "callback" if call.reached == "callback" else ""
