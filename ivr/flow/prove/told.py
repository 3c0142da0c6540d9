"""A trap as operations read it: the caller, the hour, what is keyed and what happens, and what comes of it."""

from itertools import groupby
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.inputs import (
    Answered,
    Dialled,
    Found,
    HungUp,
    InLine,
    LeftQueue,
    NotFound,
    Pressed,
    Recorded,
    Rescued,
    Silence,
    Transferred,
)
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.tries import LONG, Try

LEFT: Final = {
    "bridged": "talks with an agent",
    "queue-full": "the line is full",
    "error": "the line fails",
    "leave": "leaves the line",
    "redirected": "is asked into another talk",
    "lost": "loses the agent amid the talk",
}


def told(flow: Flow, trap: Trap) -> str:
    """Return the way into a trap: who rings, when, each step with how often, and what it comes to."""
    way = " ".join(part if part.startswith("[") else f"{_often(part, times)}," for part, times in steps(flow, trap))
    return " → ".join(filter(None, (way, trap.words)))


def steps(flow: Flow, trap: Trap) -> list[tuple[str, int]]:
    """Return the way into a trap step by step, each with how often in a row; moments stand in brackets between them."""
    parts, before = list[str](), None
    for way in trap.way:
        if way.at != before:
            parts.append(f"[{way.at.astimezone(flow.zone):%Y-%m-%d %H:%M}]")
            before = way.at
        parts.append(_named(way.by))
    return [(part, sum(1 for _ in group)) for part, group in groupby(parts)]


def _often(part: str, times: int) -> str:
    return part if times == 1 else f"{part} ×{times}"


def _named(by: Try) -> str:
    if by.worn:
        return "silence, after being asked as often as the limit says"
    match by.heard:
        case Answered(caller):
            return "rings" if caller.startswith("+") else "rings with a withheld number"
        case Pressed(keys) | InLine(_, _, str(keys)) if keys:
            return str(keys)
        case Silence():
            return "silence"
        case InLine(position, waited, _, _, _, _, agents):
            return "waits too long" if waited >= LONG else f"waits, {position - 1} ahead, {agents} agents on"
        case LeftQueue(result):
            return LEFT.get(result, result)
        case Transferred(queue, _, number, _):
            return f"is sent on to {number or queue or 'the same line'}"
        case Dialled(result):
            return f"the number outside: {result}"
        case Recorded(_, seconds):
            return "speaks" if seconds else "says nothing"
        case Found(_, outcome):
            return f"the wallet: {outcome}"
        case NotFound(why):
            return f"the wallet: {why}"
        case Rescued():
            return "a fault of ours"
        case HungUp():
            return "hangs up"
        case other:
            return type(other).__name__
