"""What the agent's page shows, in the words of the menus."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ivr.console import card
from ivr.console.card import Line
from ivr.desk.keeping import AgentState, Place
from ivr.flow.events import Event
from ivr.flow.flow import Flow

CODES: Final = ("resolved", "follow-up", "transferred", "wrong number", "other")
REASONS: Final = {"break": "b", "meal": "m", "training": "t", "other": "o"}  # and their keys


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the line, since a moment (a timestamp)."""

    matter: str
    language: str
    since: float
    offered: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and who waits in it, first come first."""

    name: str
    people: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """The agent's caller; `waited` are seconds, None while they still wait since `joined` (a timestamp)."""

    matter: str
    queue: str
    language: str
    joined: float
    waited: float | None
    keyed: dict[str, str]
    path: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class View:
    """All that one agent sees now."""

    agent: AgentState
    caller: Caller | None
    queues: tuple[Queue, ...]
    now: float


def caller(flow: Flow, spoken: str, agent: AgentState, place: Place, events: Sequence[Event]) -> Caller:
    """Return what is known of a caller, in this language of the menus."""
    joined = place.joined_at.timestamp()
    waited = agent.since.timestamp() - joined if agent.state == "talking" else card.waited(events, joined)
    return Caller(
        matter=_matter(flow, spoken, place.matter),
        queue=_queue(flow, spoken, place.queue),
        language=place.language,
        joined=joined,
        waited=None if agent.state == "ringing" else waited,
        keyed=card.keyed(flow, events),
        path=tuple(card.path(flow, events)),
    )


def queues(flow: Flow, spoken: str, places: Sequence[Place]) -> tuple[Queue, ...]:
    """Return who waits, by queue in the menus' order."""
    order = {name: number for number, name in enumerate(flow.queues)}
    waiting = [place for place in places if place.state in ("waiting", "offered")]
    waiting.sort(key=lambda place: (order.get(place.queue, len(order)), place.queue, place.since))

    def one(place: Place) -> Waiting:
        matter = _matter(flow, spoken, place.matter)
        return Waiting(matter, place.language, place.joined_at.timestamp(), place.state == "offered")

    found = groupby(waiting, key=lambda place: place.queue)
    return tuple(Queue(_queue(flow, spoken, name), tuple(one(place) for place in them)) for name, them in found)


def _matter(flow: Flow, spoken: str, matter: str) -> str:
    return flow.words[spoken].get(f"{matter}.matter", matter)


def _queue(flow: Flow, spoken: str, queue: str) -> str:
    """Return the queue's name; menus name it in their base language only, so that others see what files call it."""
    return flow.queues[queue].name if spoken == flow.base and queue in flow.queues else queue.capitalize()
