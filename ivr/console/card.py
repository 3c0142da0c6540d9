"""What an agent sees of a call: what was keyed, masked as the menus say, and what was said, all numbers masked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from itertools import takewhile
from typing import Final

from ivr import transcript
from ivr.flow import speech
from ivr.flow.events import Entered, Event, Heard, Learned, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import LeftQueue
from ivr.flow.nodes.collect import Collect
from ivr.flow.nodes.survey import Survey
from ivr.flow.questions import HOLDER
from ivr.flow.sealing import WRONG
from ivr.flow.secret import SEALED

SHORT: Final = 4  # A number of so many digits tells nobody apart.
NUMBER: Final = re.compile(r"[0-9]{5,}")
IDENTITY: Final = frozenset({"account", "phone", "who", *HOLDER})  # By what an account is known.
Besides = Callable[[Event], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Line:
    """What was said or keyed in one go, by the `hotline` or the `customer`, or happened besides, and when.

    `audio` names the recorded prompt of each line of the text, "" where a voice spoke it.
    """

    who: str
    text: str
    language: str
    at: datetime | None = field(default=None, compare=False)
    audio: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """What the caller keyed, by its name in the menus: the text to be read, and whether that hides some of it."""

    name: str
    text: str
    masked: bool


def nothing(_event: Event) -> Iterable[tuple[str, str]]:
    """Tell nothing else of an event."""
    return ()


def masked(number: str) -> str:
    """Return a number with all but its last four digits hidden."""
    return f"••••{number[-SHORT:]}" if len(number) > SHORT else number


def keyed(flow: Flow, events: Iterable[Event]) -> tuple[Fact, ...]:
    """Return what the caller keyed and confirmed: amounts, dates, and numbers, masked where the menus say so.

    Where several questions ask for the same, the strictest of them counts.
    """
    forms = {node.name: node.form for node in flow.nodes.values() if isinstance(node, Collect)}
    facts, masks = told(flow, events), hidden(flow)
    twice = {"who", *_twice(facts)}
    return tuple(
        _fact(name, shown(forms.get(name, ""), value), name in masks)
        for name, value in facts.items()
        if name not in twice
    )


def hidden(flow: Flow) -> frozenset[str]:
    """Return which facts are masked: whatever names the caller's account, and what the menus say."""
    asked = (node for node in flow.nodes.values() if isinstance(node, Collect))
    return IDENTITY | {node.name for node in asked if node.masked}


def told(flow: Flow, events: Iterable[Event]) -> dict[str, str]:
    """Return the whole of what the caller keyed and confirmed, and of whose account that is, as it is stored."""
    names = IDENTITY | {node.name for node in flow.nodes.values() if isinstance(node, Collect)}
    facts: dict[str, str] = {}
    for event in events:
        if isinstance(event, Learned) and event.name in names:
            facts.pop(event.name, None)
            facts |= {event.name: event.value} if event.value else {}
    return facts


def path(flow: Flow, events: Iterable[Event], aside: Besides = nothing) -> list[Line]:
    """Return what was said and keyed, in order and masked; what was said in one go stands in one piece, in lines.

    `aside` tells what else an event is to the reader: who tells it, and the words. It ends where the caller is asked
    how it was: that is not for whom they talked with.
    """
    surveys = {place for place, node in flow.nodes.items() if isinstance(node, Survey)}
    return whole(flow, takewhile(lambda one: not (isinstance(one, Entered) and one.node in surveys), events), aside)


def whole(flow: Flow, events: Iterable[Event], aside: Besides = nothing) -> list[Line]:
    """Return all that was said and keyed, and what `aside` tells, in order and masked, with the moment of each."""
    numbers, at = set[str](), None
    lines: list[Line] = []
    for event in events:
        at = event.at if isinstance(event, Heard) else at
        lines += [Line(who, text, "", at) for who, text in aside(event)]
        if isinstance(event, Learned) and NUMBER.fullmatch(event.value.removeprefix("+")):
            numbers.add(event.value)
        elif isinstance(event, Said):
            said = Line("hotline", _hidden(event, numbers), event.language, at, (event.audio,))
            last = (lines[-1].who, lines[-1].language, lines[-1].at) if lines else None
            joined = last == ("hotline", said.language, at)
            lines[-1:] = [_joined(lines[-1], said)] if joined else [*lines[-1:], said]
        else:
            lines += [Line("customer", told, "", at) for told in acts(event, flow.base)]
    return lines


def acts(event: Event, base: str) -> Iterator[str]:
    """Yield what the caller did, in the words of a page of text and masked, if they did anything."""
    for line in transcript.lines([event], base):
        if line == f"> {WRONG}":
            yield SEALED  # Digits keyed in confidence, too many or too few.
        elif line.startswith("> "):
            yield NUMBER.sub(lambda number: masked(number[0]), line[2:])


def _joined(one: Line, other: Line) -> Line:
    return replace(one, text=f"{one.text}\n{other.text}", audio=(*one.audio, *other.audio))


def waited(events: Iterable[Event], joined: float) -> float | None:
    """Return the seconds from joining the line (a timestamp) until leaving it; None while still in it."""
    left = [event.at.timestamp() for event in events if isinstance(event, Heard) and isinstance(event.input, LeftQueue)]
    return left[-1] - joined if left and left[-1] >= joined else None


def shown(form: str, value: str, zone: tzinfo | None = None) -> str:
    """Return a fact as it is read, by what it is: yuan, a day, a moment by the clock of this zone."""
    with suppress(ValueError):  # Whatever another company's server told is better shown than nothing.
        match form:
            case "amount":
                return f"¥{int(value) / 100:,.2f}"
            case "date":
                return date.fromisoformat(value).isoformat()
            case "moment":
                return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return value


def covered(words: str, number: str, language: str) -> str:
    """Return the words with a number masked, as figures and as it is spoken."""
    for written in (speech.voice_of(language).digits(number), number):
        words = words.replace(written, masked(number)) if written else words
    return words


def _twice(facts: Mapping[str, str]) -> Iterator[str]:
    """Yield what the wallet calls as the caller keyed it."""
    for name, keyed in {"holder": facts.get("account"), "registered": facts.get("phone")}.items():
        if keyed and facts.get(name, "").endswith(keyed):
            yield name


def _fact(name: str, text: str, hidden: bool) -> Fact:
    shown = masked(text) if hidden else text
    return Fact(name, shown, shown != text)


def _hidden(said: Said, numbers: Iterable[str]) -> str:
    """Return the words with every number that was read back masked, as they spell it."""
    words = said.words
    for number in numbers:
        words = covered(words, number, said.language)
    return words
