"""The paths of an agent's leg: the whisper, press 1 to take it, the talk, and its end."""

from flask import Blueprint, Response, request
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.desk.keeping import Place
from ivr.flow import speech
from ivr.flow.events import Said
from ivr.flow.inputs import LeftQueue
from ivr.telephony.render import render, speak
from ivr.telephony.routes import Line, guarded, xml
from ivr.telephony.switchboard import Switchboard

TAKE = "1"


def agents(line: Line, board: Switchboard) -> Blueprint:
    """Return the blueprint of `/voice/agent/…`, which answers signed requests only."""
    paths = Blueprint("agents", __name__, url_prefix="/voice/agent")
    guarded(paths, line)
    _ringing(paths, line, board)
    _talking(paths, line, board)
    return paths


def _ringing(paths: Blueprint, line: Line, board: Switchboard) -> None:
    @paths.post("/<offer>/whisper")
    def whisper(offer: str) -> Response:
        place = board.desk.offered(offer)
        if place is None or place.state != "offered":
            return xml(_gone(line))
        document = VoiceResponse()
        gather = Gather(
            input="dtmf",
            action=f"{line.site.url}/voice/agent/{offer}/take",
            method="POST",
            action_on_empty_result=True,
            num_digits=1,
            finish_on_key="",
            timeout=8,
        )
        speak(gather, _whisper(line, place), line.site)
        document.append(gather)
        return xml(str(document))

    @paths.post("/<offer>/take")
    def take(offer: str) -> Response:
        if request.form.get("Digits") != TAKE:
            board.desk.refuse(offer, "refused")
            board.changed()
            return xml(str(_hung_up()))
        place = board.desk.accept(offer)
        if place is None:
            return xml(_gone(line))
        board.connect(offer, place.call_id)
        return xml(_conference(place.id, f"{line.site.url}/voice/agent/{offer}/talked"))

    @paths.post("/<offer>/over")
    def over(offer: str) -> Response:
        place = board.desk.offered(offer)
        if place and not board.desk.over(place.id):
            board.desk.refuse(offer, "no answer" if place.state == "offered" else "left")
        board.changed()
        return Response(status=204)


def _talking(paths: Blueprint, line: Line, board: Switchboard) -> None:
    @paths.post("/<offer>/talked")
    def talked(offer: str) -> Response:
        return xml(str(_hung_up()))

    @paths.post("/<offer>/caller")
    def caller(offer: str) -> Response:
        place = board.desk.offered(offer)
        if place is None:
            return xml(str(_hung_up()))
        return xml(_conference(place.id, f"{line.site.url}/voice/agent/{offer}/back"))

    @paths.post("/<offer>/back")
    def back(offer: str) -> Response:
        reply = line.hotline.hear(request.form["CallSid"], f"talk/{offer}", LeftQueue("bridged"))
        board.changed()
        return xml(render(reply.events, line.site, reply.language))


def _whisper(line: Line, place: Place) -> list[Said]:
    flow = line.flow()
    base, words = flow.base, flow.words[flow.base]
    matter = words.get(f"{place.matter}.matter", flow.queues[place.queue].name if place.queue in flow.queues else "")
    tongue = words.get(f"hotline.tongues.{place.language}", place.language)
    said = [f"{matter}。{tongue}。", speech.voice_of(base).press(words["hotline.phrases.take"], TAKE)]
    return [Said("hotline.phrases.take", one, base) for one in said]


def _gone(line: Line) -> str:
    flow = line.flow()
    document = VoiceResponse()
    place = "hotline.phrases.gone"
    speak(document, [Said(place, flow.words[flow.base][place], flow.base)], line.site)
    document.hangup()
    return str(document)


def _conference(name: str, action: str) -> str:
    """Return the document that puts a leg into the talk; whoever leaves it ends it."""
    document = VoiceResponse()
    dial = Dial(action=action, method="POST")
    dial.conference(name, beep="false", wait_url="", start_conference_on_enter=True, end_conference_on_exit=True)
    document.append(dial)
    return str(document)


def _hung_up() -> VoiceResponse:
    document = VoiceResponse()
    document.hangup()
    return document
