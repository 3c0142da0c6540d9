"""What the inbox and the supervisors' page list, in the words of the menus."""

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.console import office
from ivr.console.card import masked
from ivr.console.office import Office, me
from ivr.console.view import Person, caller_number, mark_words, people, stamp
from ivr.desk.keeping import AgentState, Place
from ivr.flow.names import matter_name, queue_name


@dataclass(frozen=True, slots=True)
class Task:
    """A message or a call back: when it was `received` from `who`; a message's length, and whether it is `here`."""

    place: str
    kind: str
    matter: str
    mark: str
    queue: str
    language: str
    state: str
    owner: str
    mine: bool
    closed: bool
    done_by: str
    code: str
    received: str
    who: str
    due: str
    overdue: bool
    number: str
    tries: int
    not_before: str
    seconds: int | None
    here: bool
    transcript: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A talk now: whose, about what, since when (a timestamp), who else is there, and how this supervisor is."""

    place: str
    agent: str
    matter: str
    mark: str
    queue: str
    language: str
    since: float
    held: bool
    record: str
    people: tuple[Person, ...]
    my_mode: str
    my_state: str


def tasks(given: Office, found: Sequence[Place]) -> tuple[Task, ...]:
    """Return work as the reader sees it."""
    return tuple(_task(given, place) for place in found)


def conversations(given: Office) -> tuple[Conversation, ...]:
    """Return the talks of others now, the longest first."""
    talking = [one for one in given.desk.waiting() if one.state == "talking" and one.kind != "message"]
    talking.sort(key=lambda one: (one.answered_at or one.joined_at, one.id))
    return tuple(_conversation(given, one) for one in talking if one.agent != me())


def agents(given: Office) -> list[AgentState]:
    """Return all agents; who is offline comes last."""
    return sorted(given.desk.agents(), key=lambda one: (one.state == "offline", one.id))


def _task(given: Office, place: Place) -> Task:
    flow, now = given.flow(), given.now()
    spoken = office.spoken(flow)
    closed = place.state in ("done", "failed", "left")
    sound = given.messages.recorded(place.recording) if place.recording else None
    later = bool(place.not_before and place.not_before > now)
    return Task(
        place=place.id,
        kind=place.kind,
        matter=matter_name(flow, spoken, place.matter),
        mark=mark_words(flow, spoken, place.mark),
        queue=queue_name(flow, spoken, place.queue),
        language=place.language,
        state=place.state,
        owner=place.owner or place.agent or "",
        mine=office.me() in (place.owner, place.agent),
        closed=closed,
        done_by=place.done_by or "",
        code=place.closed_code or "",
        received=stamp(flow, place.joined_at),
        who=caller_number(place),
        due=stamp(flow, place.due_at) if place.due_at else "",
        overdue=bool(place.due_at and place.due_at < now and not closed),
        number=masked(place.number or ""),
        tries=place.tries,
        not_before=stamp(flow, place.not_before) if place.not_before and later else "",
        seconds=sound.seconds if sound else None,
        here=bool(sound and sound.state == "fetched"),
        transcript=(sound and sound.transcript) or "",
    )


def _conversation(given: Office, place: Place) -> Conversation:
    flow = given.flow()
    spoken, guests = office.spoken(flow), given.desk.guests.of(place.id)
    mine = next((one for one in guests if one.kind == "monitor" and one.by == me()), None)
    return Conversation(
        place=place.id,
        agent=place.agent or "",
        matter=matter_name(flow, spoken, place.matter),
        mark=mark_words(flow, spoken, place.mark),
        queue=queue_name(flow, spoken, place.queue),
        language=place.language,
        since=(place.answered_at or place.joined_at).timestamp(),
        held=place.held,
        record=place.record,
        people=people(guests),
        my_mode=mine.mode if mine else "",
        my_state=mine.state if mine else "",
    )
