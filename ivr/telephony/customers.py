"""The paths of a customer who is rung back: who we are, press 1 to be connected, the talk, and its end."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from ivr.desk.keeping import Place
from ivr.flow.events import Said
from ivr.telephony.calls import told
from ivr.telephony.documents import CALLER, KEY, Seat, begun, hung_up, last_words, phrased, question, recorded, talk
from ivr.telephony.routes import OVER, Line
from ivr.telephony.switchboard import Switchboard


def add(paths: Blueprint, line: Line, board: Switchboard) -> None:
    """Add `/<offer>/customer…` to the agents' paths."""
    desk, url = board.desk, f"{line.site.url}/voice/agent"

    @paths.post("/<offer>/customer")
    def customer(offer: str) -> Response:
        place = desk.offered(offer)
        if place is None or place.state != "talking" or place.answered_back:
            return last_words(line, "later", place.language if place else "")
        return question(_greeting(line, place), f"{url}/{offer}/confirmed", line.site)

    @paths.post("/<offer>/confirmed")
    def confirmed(offer: str) -> Response:
        place = desk.offered(offer)
        if told().get("Digits") != KEY:
            board.unanswered(place)
            return hung_up()
        if place is None or not (desk.callbacks.answered(place.id) or place.answered_back):
            return last_words(line, "later", place.language if place else "")
        begun(line, place)
        return talk(line, place, Seat(CALLER, f"{url}/{offer}/parted?{urlencode({'place': place.id})}", host=True))

    _ended(paths, line, board)


def _ended(paths: Blueprint, line: Line, board: Switchboard) -> None:
    desk = board.desk

    @paths.post("/<offer>/parted")
    def parted(offer: str) -> Response:
        place = desk.place(request.args.get("place", ""))
        lost = told().get("CallStatus") not in OVER and place and desk.talks.lost(place.call_id)
        if place and lost and desk.talks.cut_off(place.id):
            board.changed()
            return last_words(line, "later", place.language)
        return hung_up()

    @paths.post("/<offer>/missed")
    def missed(offer: str) -> Response:
        return last_words(line, "missed")

    @paths.post("/<offer>/rung")
    def rung(offer: str) -> Response:
        place = desk.offered(offer)
        if place and place.answered_back:
            desk.over(place.id)
        else:
            board.unanswered(place)
        board.changed()
        return Response(status=204)


def _greeting(line: Line, place: Place) -> list[Said]:
    """Return what is said to whoever answers: who we are, and nothing of the matter."""
    flow, language = line.flow(), place.language
    notice = [phrased(flow, "recorded", language)] if recorded(flow, place.queue) else []
    return [phrased(flow, "called", language), *notice, phrased(flow, "connect", language, KEY)]
