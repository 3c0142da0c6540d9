"""Seconds of talk and key presses from the answer to each outcome of each question; `python -m tests.bench.outcomes`.

Counted from the prompts' lengths as the proof counts them (`ivr/flow/prove/goals.py`): a caller who knows what they
want keys as soon as their choice was named, and listens to the end where a number is asked for. The digits that are
keyed, some 1 s each, are counted apart, and so is what the wallet takes.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from pathlib import Path

from ivr import folders
from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.events import Entered, Event, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Input, Pressed
from ivr.flow.load import load
from ivr.flow.nodes.menu import Menu
from ivr.flow.prove.goals import seconds
from ivr.flow.prove.tries import tries
from ivr.flow.questions import outcome
from ivr.flow.waits import Keys, Lookup

ROOT = Path(__file__).resolve().parents[2]
OPEN = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
PHONE = "+8613800138000"
FREEZE = ("freeze", "frozen")
PART = re.compile(r"(?<=[。！？；，.!?;,])")
AIM = 25.0  # Seconds until a wallet is frozen.


@dataclass(frozen=True, slots=True)
class Reached:
    """How soon an outcome is told: seconds of talk, keys that choose, digits of numbers, and the way in places."""

    seconds: float
    keys: int
    digits: int
    way: tuple[str, ...]


def soonest(flow: Flow, language: str, at: datetime = OPEN) -> dict[tuple[str, str], Reached]:
    """Return how soon each outcome of each question is told to callers who speak a language."""
    found: dict[tuple[str, str], Reached] = {}
    first = step(flow, flow.new_call(), Answered(PHONE), at)
    ahead: list[tuple[float, int, int, int, Call, tuple[str, ...]]] = []
    count = 0
    heappush(ahead, (0.0, 0, 0, count, first.call, (first.call.node,)))
    done = set[object]()
    while ahead:
        spent, keys, digits, _, call, way = heappop(ahead)
        if (state := _state(call)) in done:
            continue
        done.add(state)
        for by in tries(flow, call):
            if by.why != "chosen" and not isinstance(call.wait, Lookup):
                continue
            made = step(flow, call, by.heard, at)
            listened = spent + _listened(flow, call, by.heard)
            pressed = str(by.heard.keys) if isinstance(by.heard, Pressed) else ""
            chosen = isinstance(call.wait, Keys) and call.wait.most == 1
            keys_, digits_ = keys + len(pressed) * chosen, digits + len(pressed) * (not chosen)
            if isinstance(call.wait, Lookup) and call.language == language:
                came, _facts = outcome(by.heard)
                told = listened + _told(made.events)
                known = found.get((call.wait.question, came))
                if known is None or (told, keys_) < (known.seconds, known.keys):
                    found[call.wait.question, came] = Reached(told, keys_, digits_, way)
            if not made.call.ended and made.call.language in (flow.base, language):
                count += 1
                heappush(ahead, (listened, keys_, digits_, count, made.call, (*way, made.call.node)))
    return {what: one for what, one in found.items() if _spoken(what)}


def _spoken(what: tuple[str, str]) -> bool:
    return what[0] not in ("check_pin", "check_code", "send_code")


def _state(call: Call) -> object:
    asked = call.wait.question if isinstance(call.wait, Lookup) else type(call.wait)
    return (
        call.node,
        asked,
        call.language,
        call.facts.get("proving"),
        "keyed" in call.facts,
        "proven" in call.facts,
        call.silences + call.wrongs,
    )


def _listened(flow: Flow, call: Call, heard: Input) -> float:
    """Return how long a caller listens before they do this: until their choice was named, or to the end."""
    node = flow.nodes[call.node]
    if isinstance(node, Menu) and isinstance(heard, Pressed) and (choice := node.choices.get(str(heard.keys))):
        named = f"{node.place}.choices.{choice.go}"
        upto = [number for number, one in enumerate(call.said) if one.place == named]
        return seconds(call.said[: upto[0] + 1] if upto else call.said)
    return seconds(call.said)


def _told(events: tuple[Event, ...]) -> float:
    """Return how long what is said takes until the outcome is known: the first words of the place that it leads to."""
    said = [event for event in events if isinstance(event, Said)]
    here = [event.node for event in events if isinstance(event, Entered)]
    first = [one for one in said if here and one.place.startswith(f"{here[0]}.")] or said[:1]
    return seconds([replace(one, words=PART.split(one.words)[0]) for one in first[:1]])


def rows(flow: Flow) -> Iterator[str]:
    """Yield the table's lines, the freeze first."""
    languages = list(flow.words)
    found = {language: soonest(flow, language) for language in languages}
    yield f"{'question':15} {'outcome':12} " + "  ".join(f"{name:>6} s  keys  digits" for name in languages)
    for what in sorted(found[languages[0]], key=lambda one: (one != FREEZE, one)):
        told = [found[language].get(what) for language in languages]
        cells = "  ".join(f"{one.seconds:8.1f}  {one.keys:4}  {one.digits:6}" if one else "-" for one in told)
        yield f"{what[0]:15} {what[1]:12} {cells}"


def shipped() -> Flow:
    """Return the menus of this project."""
    flow, problems = load(folders.menus(ROOT / "menus"))
    if flow is None:
        raise SystemExit("\n".join(map(str, problems)))
    return flow


if __name__ == "__main__":
    for row in rows(shipped()):
        print(row)
    sys.exit(0)
