"""What the agents' pages show, in the words of the menus."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from ivr.console import card, office
from ivr.console.card import Fact, Line, masked
from ivr.console.glance import Glance
from ivr.console.office import Office
from ivr.console.reader import Aside, Known, reader
from ivr.console.texts import TEXTS, language
from ivr.desk.cases import Case
from ivr.desk.guests import Guest
from ivr.desk.keeping import AgentState, Place
from ivr.flow.events import Event
from ivr.flow.flow import Flow
from ivr.flow.names import mark_name, matter_name, queue_name
from ivr.flow.nodes.agent import FIRST

CODES: Final = ("resolved", "follow-up", "transferred", "wrong number", "other")
REASONS: Final = {"break": "b", "meal": "m", "training": "t", "other": "o"}  # and their keys
STAMP: Final = "%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the line, since a moment (a timestamp); `mark` tells what they are in, "" for nothing."""

    matter: str
    language: str
    kind: str
    since: float
    offered: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and who waits in it, first come first."""

    name: str
    people: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier call of the same number: when, about what, how it ended, and what agents made of it."""

    at: str
    matter: str
    outcome: str
    wraps: tuple[tuple[str, str, str], ...]  # outcome code, agent, note


@dataclass(frozen=True, slots=True)
class Caller:
    """The agent's caller; `waited` are seconds, None while they still wait since `joined` (a timestamp).

    `who` is the number that called, masked, "" where it is withheld; `number` the one to be rung back. A message is
    `seconds` long, None where that is not known, and `here` once it can be heard. `known` is what is proven of the
    caller, what the wallet answered, what they are in, and what they were sent.
    """

    place: str
    kind: str
    matter: str
    queue: str
    language: str
    joined: float
    waited: float | None
    received: str
    who: str
    keyed: tuple[Fact, ...]
    path: tuple[Line, ...]
    number: str
    tries: int
    answered_back: bool
    seconds: int | None
    here: bool
    earlier: tuple[Before, ...]
    known: Known


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody else in the talk: an agent by name, an outside number masked, or a supervisor."""

    name: str
    kind: str
    mode: str
    state: str
    at: float


@dataclass(frozen=True, slots=True)
class View:
    """All that one agent sees now."""

    agent: AgentState
    caller: Caller | None
    people: tuple[Person, ...]
    host: str  # whose talk it is, where that is a colleague's
    cases: tuple[Case, ...]
    case: str
    notes: tuple[tuple[str, str], ...]  # colleague, what they noted of this call
    colleagues: tuple[AgentState, ...]
    choices: dict[str, str]
    queues: tuple[Queue, ...]
    now: float


def shown(given: Office, seen: Glance) -> View:
    """Return what an agent sees, in the reader's language."""
    flow = given.flow()
    spoken = office.spoken(flow)
    return View(
        agent=seen.agent,
        caller=_caller(given, flow, spoken, seen.agent, seen.place) if seen.place else None,
        people=people(seen.guests),
        host=_host(seen),
        cases=seen.cases,
        case=seen.case,
        notes=seen.notes,
        colleagues=seen.colleagues,
        choices={name: queue_name(flow, spoken, name) for name in flow.queues},
        queues=queues(flow, spoken, seen.waiting),
        now=given.now().timestamp(),
    )


def people(guests: Sequence[Guest]) -> tuple[Person, ...]:
    """Return who else is in a talk, or rung for it."""
    return tuple(
        Person(
            (one.by if one.kind == "monitor" else one.agent) or masked(one.phone),
            one.kind,
            one.mode,
            one.state,
            one.at.timestamp(),
        )
        for one in guests
        if one.state != "host"
    )


def queues(flow: Flow, spoken: str, places: Sequence[Place]) -> tuple[Queue, ...]:
    """Return who waits, by queue in the menus' order; who goes before all others stands before them here, too."""
    order = {name: number for number, name in enumerate(flow.queues)}

    def stands(place: Place) -> tuple[int, str, bool, datetime]:
        return order.get(place.queue, len(order)), place.queue, place.rank > FIRST, place.since

    def one(place: Place) -> Waiting:
        since, offered = place.joined_at.timestamp(), place.state == "offered"
        matter, mark = matter_name(flow, spoken, place.matter), mark_words(flow, spoken, place.mark)
        return Waiting(matter, place.language, place.kind, since, offered, mark)

    found = groupby(sorted(places, key=stands), key=lambda place: place.queue)
    return tuple(Queue(queue_name(flow, spoken, name), tuple(one(place) for place in them)) for name, them in found)


def mark_words(flow: Flow, spoken: str, mark: str) -> str:
    """Return what a mark tells, "" for none; that there is one, where the menus no longer have its words."""
    return (mark_name(flow, spoken, mark) or TEXTS[language()]["mark_none"]) if mark else ""


def stamp(flow: Flow, at: datetime) -> str:
    """Return a moment as the hotline's clock shows it."""
    return at.astimezone(flow.zone).strftime(STAMP)


def caller_number(place: Place) -> str:
    """Return the number that called, masked; "" where it is withheld."""
    return f"••••{place.last4}" if place.last4 else ""


def _caller(given: Office, flow: Flow, spoken: str, agent: AgentState, place: Place) -> Caller:
    """Return what is known of a caller, in this language of the menus."""
    events, reads = given.journal.events(place.call_id), reader(flow)
    joined = place.joined_at.timestamp()
    sound = given.messages.recorded(place.recording) if place.recording else None
    return Caller(
        place=place.id,
        kind=place.kind,
        matter=matter_name(flow, spoken, place.matter),
        queue=queue_name(flow, spoken, place.queue),
        language=place.language,
        joined=joined,
        waited=_waited(agent, place, events),
        received=stamp(flow, place.joined_at),
        who=caller_number(place),
        keyed=card.keyed(flow, events),
        path=tuple(card.path(flow, events, Aside(reads))),
        number=masked(place.number or ""),
        tries=place.tries,
        answered_back=place.answered_back,
        seconds=sound.seconds if sound else None,
        here=bool(sound and sound.state == "fetched"),
        earlier=_earlier(given, flow, spoken, place),
        known=reads.known(events),
    )


def _host(seen: Glance) -> str:
    place = seen.place
    theirs = place is not None and place.state == "talking" and place.agent != seen.agent.id
    return place.agent or "" if place and theirs else ""


def _waited(agent: AgentState, place: Place, events: Sequence[Event]) -> float | None:
    if agent.state == "ringing":
        return None
    if place.answered_at:
        return (place.answered_at - place.joined_at).total_seconds()
    return card.waited(events, place.joined_at.timestamp())


def _earlier(given: Office, flow: Flow, spoken: str, place: Place) -> tuple[Before, ...]:
    found = given.desk.cases.history(place.caller_hash, place.joined_at)
    return tuple(
        Before(
            stamp(flow, one.at),
            matter_name(flow, spoken, one.matter),
            one.outcome or "",
            tuple((wrap.code, wrap.agent, wrap.note) for wrap in one.wraps),
        )
        for one in found
        if one.call_id != place.call_id
    )
