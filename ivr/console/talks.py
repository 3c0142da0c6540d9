"""The page /desk/talks, for supervisors: who talks with whom, to listen, to coach the agent, or to join."""

from typing import Any

from flask import Blueprint, Response, abort, render_template

from ivr.console import bell, office
from ivr.console.audit import audit
from ivr.console.lists import agents, conversations
from ivr.console.office import Office, asked, done, me
from ivr.console.rights import needs
from ivr.console.softphone import mode as sounds
from ivr.desk.guests import Guest, Mode

MODES: dict[str, Mode] = {"listen": "listen", "coach": "coach", "join": "join"}


def page(pages: Blueprint, given: Office) -> None:
    """Add the talks, and what supervisors do to them."""
    _looks(pages, given)
    _acts(pages, given)


def _looks(pages: Blueprint, given: Office) -> None:
    @pages.get("/talks")
    @needs("talks.supervise")
    def talks() -> str:
        told = _rows(given, given.now().timestamp())
        sound = sounds(office.agent(given).phone, given.practice, given.token)
        return render_template("talks.html", sound=sound, bell=bell.bell(given), **told)

    @pages.get("/talks/news")
    @needs("talks.supervise", look=True)
    def talks_news() -> Response:
        told = _rows(given, None)
        parts = {name: render_template(f"talks_{name}.html", **told) for name in ("rows", "agents", "ring")}
        return office.listed(given, **parts, bell=bell.drawn(given))


def _acts(pages: Blueprint, given: Office) -> None:
    @pages.post("/talks/<any(listen, coach, join):way>")
    @needs("talks.supervise")
    def watch(way: str) -> Response:
        place, mode = given.desk.place(str(asked().get("place"))), MODES[way]
        if place is None or place.state != "talking" or place.agent == me():
            abort(409, "not_now")
        guest = _mine(given, place.id)
        audit("talk.supervise", place.id, way=way, agent=place.agent, call=place.call_id)
        board, phone = given.board, office.agent(given).phone
        done(board.mode(guest.id, mode) if guest else board.monitor(place.id, me(), phone, mode))
        return Response(status=204)

    @pages.post("/talks/leave")
    @needs("talks.supervise")
    def leave() -> Response:
        guest = _mine(given, str(asked().get("place")))
        done(given.board.drop(guest.id) if guest else False)
        return Response(status=204)


def _mine(given: Office, place: str) -> Guest | None:
    """Return the guest that this supervisor is in a talk, or rung for it."""
    return next((one for one in given.desk.guests.of(place) if one.kind == "monitor" and one.by == me()), None)


def _rows(given: Office, now: float | None) -> dict[str, Any]:
    shown = conversations(given)
    ring = next((one for one in shown if one.my_state == "ringing"), None)
    return office.words(given) | {"talks": shown, "agents": agents(given), "ring": ring, "now": now}
