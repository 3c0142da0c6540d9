"""The bell on every page of an agent's: who rings, or that work was given out, and how it is taken."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from ivr.console import office
from ivr.console.glance import BUSY
from ivr.console.office import Office
from ivr.console.rights import may, needs
from ivr.console.softphone import mode
from ivr.console.view import caller_number, mark_words
from ivr.desk.keeping import AgentState, Place
from ivr.flow.names import matter_name, queue_name
from ivr.store.roles import OWN


@dataclass(frozen=True, slots=True)
class Bell:
    """Somebody who rings, or work that waits (`rings` is False); `id` is another each time.

    `phone` says where it rings: `practice`, `browser`, or "" for a telephone elsewhere. `host` is a colleague who asks
    the agent in, `who` the number that called, masked; `since` (a timestamp) they wait.
    """

    id: str
    rings: bool
    phone: str
    kind: str
    matter: str
    mark: str
    queue: str
    language: str
    who: str
    host: str
    since: float


def page(pages: Blueprint, given: Office) -> None:
    """Add the news for pages that show nothing else that changes."""

    @pages.get("/ring")
    @needs(OWN, look=True)
    def ring_news() -> Response:
        return office.listed(given, bell=drawn(given))


def drawn(given: Office) -> str:
    """Return the bell as the pages other than the desk show it."""
    return render_template("desk_bell.html", bell=bell(given), here="", now=None, **office.words(given))


def bell(given: Office) -> Bell | None:
    """Return what the agent who asks is to be told of now, wherever they are; None for nothing."""
    if not may("desk.work"):
        return None
    agent = office.agent(given)
    place = given.desk.place(agent.line) if agent.line and agent.state in BUSY else None
    return bell_of(given, agent, place)


def bell_of(given: Office, agent: AgentState, place: Place | None) -> Bell | None:
    """Return what this agent is to be told of now, whose place in the line this is."""
    if place is None or agent.state not in ("ringing", "working"):
        return None
    flow = given.flow()
    spoken = office.spoken(flow)
    return Bell(
        id=f"{place.id} {agent.since.timestamp()}",
        rings=agent.state == "ringing",
        phone="practice" if given.practice else mode(agent.phone, None, given.token),
        kind=place.kind,
        matter=matter_name(flow, spoken, place.matter),
        mark=mark_words(flow, spoken, place.mark),
        queue=queue_name(flow, spoken, place.queue),
        language=place.language,
        who=caller_number(place),
        host=place.agent or "" if place.state == "talking" and place.agent != agent.id else "",
        since=place.joined_at.timestamp(),
    )
