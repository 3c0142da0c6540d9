"""How things stand for one agent, read cheaply: enough to tell whether anything changed since the page last asked."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ivr.console import emergencies, office
from ivr.console.office import Office
from ivr.desk.cases import Case
from ivr.desk.guests import Guest
from ivr.desk.keeping import AgentState, Place
from ivr.flow.emergency import Declared

BUSY: Final = ("ringing", "talking", "wrapping", "working")
WORK: Final = ("message", "callback")


@dataclass(frozen=True, slots=True)
class Glance:
    """What one agent's page depends on; `turn` is how far the caller's call has come, `work` how much is theirs.

    `guests` are others than this agent, `notes` those of colleagues who had the caller before.
    """

    agent: AgentState
    place: Place | None
    turn: int
    guests: tuple[Guest, ...]
    cases: tuple[Case, ...]
    case: str
    notes: tuple[tuple[str, str], ...]
    colleagues: tuple[AgentState, ...]
    waiting: tuple[Place, ...]
    work: int
    emergencies: tuple[Declared, ...]


def take(given: Office) -> Glance:
    """Look how things stand for who asks."""
    desk, agent = given.desk, office.agent(given)
    place = desk.place(agent.line) if agent.line and agent.state in BUSY else None
    waiting = tuple(one for one in desk.waiting() if one.state in ("waiting", "offered"))
    talks = bool(place) and agent.state == "talking"
    return Glance(
        agent=agent,
        place=place,
        turn=given.journal.turn(place.call_id) if place else 0,
        guests=tuple(one for one in desk.guests.of(place.id) if one.agent != agent.id) if place else (),
        cases=tuple(desk.cases.of(place.caller_hash)) if place else (),
        case=(desk.notes.case(place.id, agent.id) or "") if place else "",
        notes=desk.notes.others(place.call_id, place.id, agent.id) if place else (),
        colleagues=tuple(one for one in desk.agents() if one.id != agent.id) if talks else (),
        waiting=waiting,
        emergencies=emergencies.on(given.flow(), given.now()),
        work=sum(1 for one in waiting if one.kind in WORK and one.owner == agent.id),
    )


def tag(seen: Glance, language: str) -> str:
    """Return what is the same for as long as the page in this language need not be drawn anew."""
    return sha256(f"{language} {seen!r}".encode()).hexdigest()
