"""The keeping of the line and the agents: every change is a compare-and-set, so that two processes never both win."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import Engine

from ivr.desk.agents import BROWSER, Agents, AgentState
from ivr.desk.callbacks import Callbacks
from ivr.desk.cases import Cases
from ivr.desk.guests import Guests
from ivr.desk.inbox import Inbox
from ivr.desk.lasting import Lasting, quiet, ringing, talking, unheard
from ivr.desk.line import Rules
from ivr.desk.notes import Notes
from ivr.desk.offers import Offer, Offers
from ivr.desk.outlook import Outlook, Outlooks
from ivr.desk.places import OPEN, Place, places
from ivr.desk.presence import Presence
from ivr.desk.talks import Talks
from ivr.flow.call import Call
from ivr.store.desk_tables import line
from ivr.store.engine import opened
from ivr.store.queueing import place_id

__all__ = ["RULES", "AgentState", "Desk", "Lasting", "Offer", "Outlook", "Place"]

FIRST: Final = timedelta(days=365)  # Longer than anybody waits, so that whoever has it goes before all others.
RULES: Final = Rules(
    head_start={0: FIRST, 1: timedelta(minutes=30), 2: timedelta(minutes=5)},
    widen=((timedelta(minutes=2), frozenset({"merchant", "agent:"})), (timedelta(minutes=4), frozenset({"queue:"}))),
)


def always(_queue: str, _at: datetime) -> bool:
    """Say that customers may be rung back, for a desk without hours."""
    return True


@dataclass(frozen=True, slots=True)
class Desk:
    """Who waits, who is free, and who talks with whom.

    `rings` says whether customers of a queue may be rung back at a moment; `zone` is the hotline's.
    """

    engine: Engine
    now: Callable[[], datetime]
    rules: Rules
    zone: tzinfo = UTC
    rings: Callable[[str, datetime], bool] = always
    outlooks: Outlooks = field(init=False, repr=False, compare=False)
    presence: Presence = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make what remembers how the line stood, and whose page is open."""
        object.__setattr__(self, "presence", Presence(self.engine, self.now))
        object.__setattr__(self, "outlooks", Outlooks(self.engine, self.now, self.rules, self.zone))

    @property
    def staff(self) -> Agents:
        """The agents."""
        return Agents(self.engine, self.now)

    @property
    def offers(self) -> Offers:
        """Who is rung for whom."""
        return Offers(self.engine, self.now, self.rules, self.rings)

    @property
    def talks(self) -> Talks:
        """Talks: held, recorded, ended."""
        return Talks(self.engine, self.now, self.offers)

    @property
    def guests(self) -> Guests:
        """Who else is in a talk."""
        return Guests(self.engine, self.now, self.talks)

    @property
    def callbacks(self) -> Callbacks:
        """How call backs went."""
        return Callbacks(self.engine, self.now)

    @property
    def inbox(self) -> Inbox:
        """Messages and call backs as work."""
        return Inbox(self.engine, self.now)

    @property
    def notes(self) -> Notes:
        """What agents note while they talk."""
        return Notes(self.engine, self.now)

    @property
    def cases(self) -> Cases:
        """What is known of callers from before."""
        return Cases(self.engine, self.now)

    def enrol(self, agent: str, phone: str, skills: frozenset[str], level: int = 1) -> None:
        """Make an agent, or change where they are rung and what they can do."""
        self.staff.enrol(agent, phone, skills, level)

    def staff_all(self, queues: Iterable[str], languages: Iterable[str]) -> None:
        """Have somebody be there for every queue and language, as in a rehearsal, in which nobody is rung."""
        skills = {f"queue:{queue}" for queue in queues} | {f"language:{language}" for language in languages}
        self.enrol("rehearsal", "client:rehearsal", frozenset(skills))
        self.available("rehearsal")

    def agent(self, agent: str) -> AgentState | None:
        """Return an agent, or None where there is none of that name."""
        return self.staff.one(agent)

    def agents(self) -> list[AgentState]:
        """Return all agents by name."""
        return self.staff.all()

    def available(self, agent: str) -> bool:
        """Have an agent take calls; False while they are rung, talk, or wrap up."""
        return self.staff.turn(agent, "available", misses=0)

    def away(self, agent: str, reason: str) -> bool:
        """Have an agent take no calls for a reason; False while they are rung, talk, or wrap up."""
        return self.staff.turn(agent, "away", reason=reason)

    def offline(self, agent: str) -> bool:
        """Have an agent be gone; False while they are rung, talk, or wrap up."""
        return self.staff.turn(agent, "offline")

    def leave(self, agent: str) -> bool:
        """Have an agent be gone who logs out; whom their browser rings for is offered to somebody else."""
        found = self.agent(agent)
        rung = found and found.state == "ringing" and found.phone.startswith(BROWSER)
        place = self.place(found.line) if rung and found and found.line else None
        if place and place.agent == agent and place.offer:
            self.refuse(place.offer, "refused")
        return self.offline(agent)

    def waiting(self) -> list[Place]:
        """Return all who wait, are offered or talk, by when they first came."""
        query = places().where(line.c.state.in_(OPEN)).order_by(line.c.since, line.c.id)
        with opened(self.engine) as connection:
            return [Place(**row) for row in connection.execute(query).mappings()]

    def place(self, place: str) -> Place | None:
        """Return one caller's place, also when it is over."""
        with opened(self.engine) as connection:
            row = connection.execute(places().where(line.c.id == place)).mappings().first()
        return Place(**row) if row else None

    def offered(self, offer: str) -> Place | None:
        """Return the place that an offer is, or was, for; None for one that was taken back."""
        return self.offers.place(offer)

    def dispatch(self) -> list[Offer]:
        """Offer whoever waits to free agents by the rules; return the offers made, all durable, to be rung now."""
        return self.offers.dispatch()

    def give(self, call_id: str, agent: str, offer: str) -> Offer | None:
        """Offer who waits to this agent, as another router says under its id; None where either is not to be had."""
        return self.offers.give(call_id, agent, offer)

    def rung(self, offer: str, leg: str) -> bool:
        """Note the agent's call by which an offer rings; False where the offer was taken back meanwhile."""
        return self.offers.rung(offer, leg)

    def accept(self, offer: str) -> Place | None:
        """Give the caller to the agent; None where the caller is gone or somebody else's by now."""
        place = self.offers.accept(offer)
        return self.place(place) if place else None

    def refuse(self, offer: str, why: str) -> bool:
        """Take an offer back: the caller stands in front, and an agent who misses two is away; False if it is past."""
        return self.offers.refuse(offer, why)

    def stale(self) -> list[str]:
        """Return the offers that are past: rung too long, or whose caller is gone while the agent is still rung."""
        return self.offers.stale()

    def ringing(self, before: datetime) -> list[Lasting]:
        """Return the agents' calls that have rung since before this, each with its offer."""
        return ringing(self.engine, before)

    def talking(self, before: datetime) -> list[Lasting]:
        """Return the agents' calls that have been in talks since before this, each with its offer."""
        return talking(self.engine, before)

    def quiet(self, before: datetime) -> list[Lasting]:
        """Return the calls of those who wait, but have not asked for their next round since before this."""
        return quiet(self.engine, before)

    def unheard(self, before: datetime) -> list[Lasting]:
        """Return the calls of all others, as in a menu, in which nothing has happened since before this."""
        return unheard(self.engine, before)

    def over(self, place: str, meant: bool = True) -> bool:
        """Let the agent of a talk wrap it up, who ended it or was lost; False where nobody talks there."""
        return self.talks.over(place, meant)

    def done(self) -> list[str]:
        """Return the places whose talk is over while their agent still stands as talking."""
        return self.talks.done()

    def wrap_up(self, agent: str, code: str, note: str, case: str | None = None) -> bool:
        """Write down how a talk, or work, ended, and have the agent take calls again; False where nothing did."""
        return self.talks.wrap_up(agent, code, note, case)

    def outlook(self, call_id: str, call: Call) -> Outlook | None:
        """Return how a caller stands in line, and what to tell them; None for who is not in line."""
        return None if call.line is None else self.outlooks_of([(call_id, call)])[0]

    def outlooks_of(self, asked: Sequence[tuple[str, Call]]) -> list[Outlook | None]:
        """Return what `outlook` does for many, at one go."""
        nowhere = ""
        places = (nowhere if call.line is None else place_id(call_id, call.line) for call_id, call in asked)
        return self.outlooks.of([(place, call.told) for place, (_, call) in zip(places, asked, strict=True)])

    def outlook_at_hand(self, call_id: str, call: Call) -> Outlook | None:
        """Return what `outlook` returns where memory tells it; else None."""
        return None if call.line is None else self.outlooks.at_hand(place_id(call_id, call.line), call.told)

    def promised(self, days: int = 28) -> tuple[int, int]:
        """Return how many of the ranges that were told came true, and how many were told to who was answered."""
        return self.outlooks.promised(days)
