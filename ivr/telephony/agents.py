"""The paths of an offer: the agent's whisper, press 1 to take it, the talk, and where the caller goes after it."""

from collections.abc import Callable
from typing import Final

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from ivr.desk.keeping import Place
from ivr.flow.flow import Flow
from ivr.flow.inputs import LeftQueue, Transferred
from ivr.telephony import customers, guests
from ivr.telephony.calls import path, told, xml
from ivr.telephony.decode import seconds
from ivr.telephony.documents import CALLER, KEY, Seat, about, begun, hung_up, last_words, music, phrased, question, talk
from ivr.telephony.render import RETRY, render
from ivr.telephony.routes import OVER, Line, guarded
from ivr.telephony.switchboard import Switchboard

FAILED: Final = "failed"
CALLBACKS: Final = ("over", "rung")
CUSTOMERS: Final = ("customer", "confirmed")
log = structlog.get_logger()


def agents(line: Line, board: Switchboard) -> Blueprint:
    """Return the blueprint of `/voice/agent/…`, which answers signed requests only."""
    paths = Blueprint("agents", __name__, url_prefix="/voice/agent")
    guarded(paths, line)
    _ringing(paths, line, board)
    _caller(paths, line, board)
    guests.add(paths, line, board)
    customers.add(paths, line, board)
    paths.register_error_handler(Exception, lambda error: _failed(line, error))
    return paths


def _failed(line: Line, error: Exception) -> Response | HTTPException:
    """Answer a request that failed: a callback is to be told again, and a phone to be hung up.

    An agent's caller gets the next one then; whoever is rung back hears that it will be tried later.
    """
    if isinstance(error, HTTPException):
        return error
    what = path().rpartition("/")[2]
    log.error("an agent's request failed", call=told().get("CallSid"), path=path(), exc_info=error)
    if what in CALLBACKS:
        return Response(status=503)
    return last_words(line, "later") if what in CUSTOMERS else hung_up()


def _ringing(paths: Blueprint, line: Line, board: Switchboard) -> None:
    url = f"{line.site.url}/voice/agent"

    @paths.post("/<offer>/whisper")
    def whisper(offer: str) -> Response:
        place = board.desk.offered(offer)
        if place is None or place.state != "offered":
            return last_words(line, "gone")
        flow = line.flow()
        kind = [phrased(flow, "callback")] if place.kind == "callback" else []
        said = [*kind, about(flow, place), phrased(flow, "take", key=KEY)]
        return question(said, f"{url}/{offer}/take", line.site)

    @paths.post("/<offer>/take")
    def take(offer: str) -> Response:
        if told().get("Digits") != KEY:
            board.desk.refuse(offer, "refused")
            board.changed()
            return hung_up()
        place = board.desk.accept(offer)
        if place:
            if place.leg is None:  # The agent was quicker than the answer to our ringing them.
                board.desk.rung(offer, told()["CallSid"])
            board.connect(offer, place)
        else:
            place = _taken(board, offer)
        if place is None:
            return last_words(line, "gone")
        waits = f"{url}/hold" if place.kind == "callback" else ""
        return talk(line, place, Seat(offer, f"{url}/{offer}/talked", host=True, music=waits))

    @paths.post("/<offer>/talked")
    def talked(offer: str) -> Response:
        return hung_up()

    @paths.post("/<offer>/over")
    def over(offer: str) -> Response:
        board.left(offer)
        return Response(status=204)


def _taken(board: Switchboard, offer: str) -> Place | None:
    """Return the place that this very call has taken: the carrier asked once more, maybe before we noted the call."""
    place = board.desk.offered(offer)
    mine = place and place.state == "talking" and place.leg in (None, told()["CallSid"])
    return place if mine else None


def _caller(paths: Blueprint, line: Line, board: Switchboard) -> None:
    @paths.post("/hold")
    def hold() -> Response:
        return music(line.site)

    @paths.post("/<offer>/caller")
    def caller(offer: str) -> Response:
        try:
            place = board.desk.offered(offer) if board.desk.talks.arrived(offer) else None
            if place is None:
                return _on(line, board, offer, Transferred)
            begun(line, place)
            return talk(line, place, Seat(CALLER, f"{line.site.url}/voice/agent/{offer}/back{RETRY}", host=True))
        except Exception as error:
            return line.rescue.failed(error)

    @paths.post("/<offer>/back")
    def back(offer: str) -> Response:
        return _on(line, board, offer, lambda: _parted(board))

    @paths.post("/<offer>/sent")
    def sent(offer: str) -> Response:
        return _on(line, board, offer, lambda: _transferred(line.flow()))


def _on(line: Line, board: Switchboard, offer: str, heard: Callable[[], LeftQueue | Transferred]) -> Response:
    """Tell the call how its talk ended; without an answer of ours, the caller gets a person by the lifeboat."""
    try:
        reply = line.hotline.hear(told()["CallSid"], f"talk/{offer}", heard())
        board.changed()
        return xml(render(reply.events, line.site, reply.language))
    except Exception as error:
        return line.rescue.failed(error)


def _parted(board: Switchboard) -> LeftQueue | Transferred:
    """Return how a talk ended for its caller: never begun, or by the agent, or by the loss of the agent's browser."""
    if told().get("DialCallStatus") == FAILED:
        return Transferred()
    lost = told().get("CallStatus") not in OVER and board.desk.talks.lost(told()["CallSid"])
    return LeftQueue("lost" if lost else "bridged")


def _transferred(flow: Flow) -> Transferred:
    asked = request.args
    queue = asked.get("queue", "")
    return Transferred(
        queue=queue if queue in flow.queues else "",
        agent=asked.get("agent", ""),
        number=asked.get("number", ""),
        level=seconds(asked.get("level")),
    )
