"""What is masked at the desk, shown whole to whoever has the caller or the work in hand; each use is audited."""

from flask import Blueprint, Response, abort, jsonify

from ivr.console import card, office
from ivr.console.audit import audit
from ivr.console.glance import BUSY, WORK
from ivr.console.office import Office, asked
from ivr.console.rights import needs
from ivr.desk.keeping import Place
from ivr.desk.places import OPEN

LONGEST = 64


def acts(page: Blueprint, given: Office) -> None:
    """Add the path by which a number is shown whole."""

    @page.post("/show")
    @needs("desk.work")
    def reveal() -> Response:
        place, what = _theirs(given), office.text("what", LONGEST)
        whole = _whole(given, place, what)
        if not whole:
            abort(404, "nothing_to_show")
        audit("number.show", what, line=place.id, call=place.call_id)
        return jsonify(whole=whole)


def _theirs(given: Office) -> Place:
    """Return the place that the page names: that of the agent's talk, wrap-up or work, or work of their own to come."""
    agent, wanted = office.agent(given), asked().get("place")
    place = given.desk.place(wanted) if isinstance(wanted, str) else None
    if place is None:
        abort(404, "nothing_to_show")
    in_hand = agent.line == place.id and agent.state in BUSY[1:]
    if not in_hand and not (place.kind in WORK and place.owner == agent.id and place.state in OPEN):
        abort(409, "not_yours")
    return place


def _whole(given: Office, place: Place, what: str) -> str:
    """Return the number that called, the one to be rung back, or what was keyed under this name in the menus."""
    match what:
        case "caller":
            return given.journal.caller(place.call_id) if place.last4 else ""
        case "number":
            return place.number or ""
    return card.told(given.flow(), given.journal.events(place.call_id)).get(what, "")
