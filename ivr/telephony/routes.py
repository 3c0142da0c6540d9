"""The paths that Twilio asks; every one of them answers signed requests only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

import structlog
from flask import Blueprint, Response, abort, request

from ivr.desk.keeping import Desk
from ivr.flow.events import Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import InLine
from ivr.flow.waits import Agent
from ivr.hotline import Caller, Hotline, Reply
from ivr.store.messages import Messages, Status
from ivr.telephony import lifeboat
from ivr.telephony.calls import asked, told
from ivr.telephony.decode import decode, decode_wait, keys, recording, seconds
from ivr.telephony.render import Site, render
from ivr.telephony.signature import Signatures

LARGEST: Final = 64 * 1024
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
STATES: Final[Mapping[str, Status]] = {"completed": "completed", "absent": "absent", "failed": "failed"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Line:
    """What the paths need: the hotline, the messages, our address and voices, whose requests count, the present flow.

    `wanted` is told the id of every message whose file is to be fetched, `changed` that somebody joined the line or
    left it.
    """

    hotline: Hotline
    messages: Messages
    site: Site
    signatures: Signatures
    account: str
    flow: Callable[[], Flow]
    now: Callable[[], datetime]
    wanted: Callable[[str], None]
    changed: Callable[[], None]
    desk: Desk


def voice(line: Line) -> Blueprint:
    """Return the blueprint of `/voice/…`."""
    paths = Blueprint("voice", __name__, url_prefix="/voice")
    guarded(paths, line)
    _calls(paths, line)
    _callbacks(paths, line)
    _fallback(paths, line)
    return paths


def guarded(paths: Blueprint, line: Line, of_a_call: bool = True) -> None:
    """Have a blueprint answer nobody but the carrier, and only about a call where all its requests are."""
    paths.before_request(lambda: _guard(line, of_a_call))
    paths.after_request(_plain)


def _guard(line: Line, of_a_call: bool) -> None:
    """Let in what Twilio signed for us and nothing else, before anything of it is read or believed."""
    got = asked()
    if not (signature := got.environ.get("HTTP_X_TWILIO_SIGNATURE", "")):
        abort(403, "this path answers the telephone company only: the request is not signed")
    if (length := got.content_length) is None:
        got.max_content_length = LARGEST
    elif length > LARGEST:
        abort(413)
    query = got.query_string.decode("ascii", "replace")
    if not line.signatures.good(quote(got.path), query, got.fields, signature):
        log.warning("wrong signature", path=got.path)
        abort(403, "the signature is wrong: is PUBLIC_URL the address that the telephone company asks?")
    if got.told.get("AccountSid") != line.account:
        abort(403, "this is another account's call")
    if of_a_call and not (got.told.get("CallSid") or got.told.get("ConferenceSid")):
        abort(400, "CallSid is missing")


def _plain(response: Response) -> Response:
    """Errors must not be read aloud, nor answers be cached."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _calls(paths: Blueprint, line: Line) -> None:
    hotline = line.hotline

    @paths.post("/incoming")
    def incoming() -> Response:
        return _twiml(line, lambda: hotline.answer(told()["CallSid"], _caller()))

    @paths.post("/turn/<int:turn>")
    def turn(turn: int) -> Response:
        form = told()
        return _twiml(line, lambda: hotline.hear(form["CallSid"], f"turn/{turn}", decode(form)))

    @paths.post("/wait/<int:turn>")
    def wait(turn: int) -> Response:
        form = told()
        heard = _foreseen(line, turn, form["CallSid"], decode_wait(form))
        return _twiml(line, lambda: hotline.hear(form["CallSid"], f"wait/{turn}", heard), heard.keys)


def _callbacks(paths: Blueprint, line: Line) -> None:
    @paths.post("/status")
    def status() -> Response:
        form = told()
        if form.get("CallStatus") in OVER:
            line.hotline.hang_up(form["CallSid"], _caller())
            line.changed()
        return Response(status=204)

    @paths.post("/recording")
    def recording_ready() -> Response:
        form = told()
        if (state := STATES.get(form.get("RecordingStatus", ""))) and (sid := recording(form)):
            length = seconds(form.get("RecordingDuration"))
            line.wanted(line.messages.report(sid, form["CallSid"], state, length, line.now()))
        return Response(status=204)

    @paths.post("/recording/<place>")
    def talk_recorded(place: str) -> Response:
        form, found = told(), line.desk.place(place)
        if found and (state := STATES.get(form.get("RecordingStatus", ""))) and (sid := recording(form)):
            length = seconds(form.get("RecordingDuration"))
            line.wanted(line.messages.report(sid, found.call_id, state, length, line.now(), "talk"))
        return Response(status=204)


def _fallback(paths: Blueprint, line: Line) -> None:
    @paths.post("/fallback")
    def fallback() -> Response:
        failed = told().get("ErrorUrl", "")
        log.error("the carrier fell back", error=told().get("ErrorCode", ""), url=failed[:200])
        language = parse_qs(urlsplit(failed).query).get("language", [""])[0]
        return xml(lifeboat.apology(line.flow(), line.site, language))

    @paths.post("/fallback/wait/<int:turn>")
    def fallback_wait(turn: int) -> Response:
        pressed = keys(told().get("Digits") or "")
        return xml(lifeboat.waiting(line.flow(), line.site, _language(), turn, pressed))

    @paths.post("/fallback/left")
    def fallback_left() -> Response:
        return xml(lifeboat.left(line.flow(), line.site, _language(), told().get("QueueResult", "")))

    @paths.post("/fallback/thanks")
    def fallback_thanks() -> Response:
        return xml(lifeboat.thanks(line.flow(), line.site, _language()))


def _foreseen(line: Line, turn: int, call_id: str, heard: InLine) -> InLine:
    """Add how long it still takes; a round of music is worth more than that, so it goes on without where it fails."""
    if heard.keys:
        return heard
    try:
        call = line.hotline.present(call_id, turn)
        seen = line.desk.outlook(call_id, call) if call else None
    except Exception:
        log.exception("no outlook", call=call_id)
        return heard
    if seen is None:
        return heard
    return InLine(seen.ahead + 1, heard.waited, "", seen.low, seen.high, seen.longer, seen.agents)


def answered(line: Line, document: Callable[[], str]) -> Response:
    """Answer a caller whose talk is over; whatever goes wrong on our side, they hear an apology and get a person."""
    try:
        return xml(document())
    except Exception:
        log.exception("a turn failed", call=told().get("CallSid"), path=request.path)
        return xml(lifeboat.apology(line.flow(), line.site, _language()))


def _twiml(line: Line, take: Callable[[], Reply], waiting: str | None = None) -> Response:
    """Answer with what happened; whatever goes wrong on our side, the caller hears an apology and gets a person.

    Who is `waiting`, and pressed these keys there, stays in line: a waiting room's document cannot queue anybody.
    """
    try:
        reply = take()
        if any(isinstance(event, Waiting) and isinstance(event.wait, Agent) for event in reply.events):
            line.changed()
        return xml(render(reply.events, line.site, reply.language))
    except Exception:
        log.exception("a turn failed", call=told().get("CallSid"), path=request.path)
        if waiting is None:
            return xml(lifeboat.apology(line.flow(), line.site, _language()))
        return xml(lifeboat.waiting(line.flow(), line.site, _language(), 0, waiting))


def _caller() -> Caller:
    form = told()
    return Caller(form.get("From", "")[:80], form.get("To", "")[:80])


def _language() -> str:
    return request.args.get("language", "")


def xml(document: str) -> Response:
    """Return a document as the carrier wants it."""
    return Response(document, mimetype="text/xml")
