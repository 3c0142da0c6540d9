"""A call as a page of text and back: what was said, what was keyed, how it ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.flow.events import AskedBack, Ended, Event, Heard, Said, Texted
from ivr.flow.inputs import (
    Dialled,
    Found,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    NotFound,
    Pressed,
    Recorded,
    Silence,
    Transferred,
)

STAMP: Final = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Script:
    """The head of a page: what it shows, when the call is made (in the hotline's zone) and from which number."""

    title: str
    at: datetime
    caller: str


def head(script: Script) -> list[str]:
    """Return the first lines of a page."""
    return [f"# {script.title}", f"@ {script.at:{STAMP}} {script.caller}"]


def lines(events: Iterable[Event], base: str) -> Iterator[str]:
    """Yield the lines of a page for events; words are marked with their language where it is not the base one."""
    for event in events:
        match event:
            case Said():
                yield said(event.words, event.language, base, event.interrupt)
            case Heard(heard):
                yield from keyed(heard)
            case AskedBack(_, queue):
                yield f"~ will be rung back: {queue}"
            case Texted(number, _, words):
                yield f"~ SMS to …{number[-4:]}: {' '.join(words.split())}"
            case Ended(reason):
                yield f"= {reason}"
            case _:
                continue  # Nodes, facts, misses and waits are what a caller does not hear.


def said(words: str, language: str, base: str, interrupt: bool = True) -> str:
    """Return the line for words that the caller hears."""
    mark = "<" if interrupt else "<!"
    return f"{mark} {words}" if language == base else f"{mark} [{language}] {words}"


def keyed(heard: Input) -> Iterator[str]:
    """Yield the line for what the caller did, if they did anything."""
    match heard:
        case Pressed(keys):
            yield f"> {keys}"
        case InLine(_, _, keys) if keys:
            yield f"> {keys}"
        case Silence():
            yield "> (silence)"
        case Recorded(_, seconds):
            yield f"> (speaks {seconds} s)"
        case InLine(position, waited, _, low, high, longer):
            minutes = f", {low} to {high} minutes more" if high else ""
            yield f"~ waits at {position} for {waited} s{minutes}{f' ({longer})' if longer else ''}"
        case Transferred(queue, agent, _, level):
            # The number outside is somebody's, too.
            yield f"~ sent on: {queue or agent or (f'level {level}' if level else 'a number outside')}"
        case Dialled(result):
            yield f"~ the number outside: {result}"
        case Found(_, answer) | NotFound(answer):
            yield f"~ the wallet: {answer}"
        case LeftQueue(result):
            yield f"~ left the queue: {result}"
        case HungUp():
            yield "> (hangs up)"
        case _:
            return


def read(page: str, name: str) -> tuple[Script, list[str]]:
    """Return a page's head and what its caller does (the text after each `>`); name the file and line of an error."""
    title, moment, caller, does = "", None, "", list[str]()
    for number, line in enumerate(page.splitlines(), 1):
        mark, _, rest = line.partition(" ")
        if mark == "#":
            title = rest
        elif mark == "@":
            stamp, caller = rest[:16], rest[17:].strip()
            try:
                moment = datetime.strptime(stamp, STAMP)  # noqa: DTZ007 - the zone is the hotline's, which the reader knows
            except ValueError:
                raise ValueError(f"{name}:{number}: write @ 2026-11-23 10:00 +8613800138000") from None
        elif mark == ">":
            does.append(rest)
        elif mark not in ("<", "<!", "=", "~", ""):
            raise ValueError(f"{name}:{number}: a line begins with # @ < <! > ~ or =")
    if moment is None:
        raise ValueError(f"{name}:1: the line `@ 2026-11-23 10:00 +8613800138000` is missing")
    return Script(title or name, moment, caller), does
