"""The paths of guests in a talk, whom an agent consults or who watch: the whisper, press 1 to join, and their going."""

from flask import Blueprint, Response

from ivr.desk.guests import Guest
from ivr.desk.keeping import Place
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.telephony.calls import told
from ivr.telephony.documents import KEY, Seat, about, hung_up, last_words, phrased, question, talk
from ivr.telephony.routes import Line
from ivr.telephony.switchboard import Switchboard


def add(paths: Blueprint, line: Line, board: Switchboard) -> None:
    """Add `/guest/<id>/…` to the agents' paths."""
    desk, url = board.desk, f"{line.site.url}/voice/agent/guest"

    @paths.post("/guest/<guest>/whisper")
    def guest_whisper(guest: str) -> Response:
        found, place = _found(board, guest)
        if found is None or place is None or found.state != "ringing":
            return last_words(line, "gone")
        return question(_whisper(line.flow(), found, place), f"{url}/{guest}/join", line.site)

    @paths.post("/guest/<guest>/join")
    def guest_join(guest: str) -> Response:
        if told().get("Digits") != KEY:
            board.talks.gone(guest)
            return hung_up()
        joined = desk.guests.joined(guest)
        found, place = _found(board, guest)
        if found is None or place is None or not (joined or _again(found)):
            return last_words(line, "gone")
        if joined:
            board.talks.joined(found)
        return talk(line, place, _seat(found, place, f"{url}/{guest}/left"))

    @paths.post("/guest/<guest>/left")
    def guest_left(guest: str) -> Response:
        board.talks.gone(guest)
        return hung_up()

    @paths.post("/guest/<guest>/over")
    def guest_over(guest: str) -> Response:
        board.talks.gone(guest)
        board.changed()
        return Response(status=204)


def _found(board: Switchboard, guest: str) -> tuple[Guest | None, Place | None]:
    """Return a guest, and the place if somebody still talks there."""
    found = board.desk.guests.one(guest)
    place = board.desk.place(found.line) if found else None
    return found, place if place and place.state == "talking" else None


def _again(guest: Guest) -> bool:
    """Does the carrier ask once more for who has joined already, maybe before we noted their call?"""
    return guest.state == "talking" and guest.leg in (None, told()["CallSid"])


def _seat(guest: Guest, place: Place, action: str) -> Seat:
    coached = place.leg or "" if guest.mode == "coach" else ""
    return Seat(guest.id, action, muted=guest.mode == "listen", coached=coached)


def _whisper(flow: Flow, guest: Guest, place: Place) -> list[Said]:
    """Return what a guest hears before the key; somebody outside is told nothing of the caller."""
    if guest.kind == "monitor":
        return [phrased(flow, "watch"), about(flow, place), phrased(flow, "connect", key=KEY)]
    if guest.agent is None:
        return [phrased(flow, "outside"), phrased(flow, "connect", key=KEY)]
    return [phrased(flow, "assist"), about(flow, place), phrased(flow, "take", key=KEY)]
