"""The paths that Twilio asks; every one of them answers signed requests only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

import structlog
from flask import Blueprint, Response, abort

from ivr.desk.keeping import Desk, Outlook
from ivr.flow.events import Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import InLine, Input, Recorded
from ivr.flow.waits import Agent
from ivr.hotline import Hotline
from ivr.replies import Reply
from ivr.store.messages import Status
from ivr.telephony import rescue
from ivr.telephony.calls import TRIED, asked, caller, told, untried, xml
from ivr.telephony.decode import decode, decode_wait, recording, seconds
from ivr.telephony.facts import Fact, Left, Over, Ready
from ivr.telephony.render import Site, render
from ivr.telephony.rescue import Rescue
from ivr.telephony.signature import Signatures
from ivr.telephony.unwritten import Unwritten

LARGEST: Final = 64 * 1024
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
STATES: Final[Mapping[str, Status]] = {"completed": "completed", "absent": "absent", "failed": "failed"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Line:
    """What the paths need: the hotline, our address and voices, whose requests count, the present flow.

    `changed` is told that somebody joined the line or left it. `rescue` answers where we failed; what the database does
    not take is `unwritten`. `bars` tells whose calls are not taken.
    """

    hotline: Hotline
    sites: Callable[[], Site]
    signatures: Signatures
    account: str
    flow: Callable[[], Flow]
    now: Callable[[], datetime]
    changed: Callable[[], None]
    desk: Desk
    rescue: Rescue
    unwritten: Unwritten
    bars: Callable[[str], bool] = lambda _: False

    @property
    def site(self) -> Site:
        """How the carrier reaches us now, and by which voices we speak."""
        return self.sites()


def voice(line: Line) -> Blueprint:
    """Return the blueprint of `/voice/…`."""
    paths = Blueprint("voice", __name__, url_prefix="/voice")
    guarded(paths, line)
    _calls(paths, line)
    _callbacks(paths, line)
    rescue.add(paths, line.rescue)
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
    if not line.signatures.good(quote(got.path), query, set(got.fields), signature):
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
        if line.bars(caller().number):
            return line.rescue.refused()
        return _twiml(line, lambda: hotline.answer(told()["CallSid"], caller()))

    @paths.post("/turn/<int:turn>")
    def turn(turn: int) -> Response:
        form = told()
        heard = decode(form)
        return _twiml(line, lambda: hotline.hear(form["CallSid"], f"turn/{turn}", heard), heard)

    @paths.post("/wait/<int:turn>")
    def wait(turn: int) -> Response:
        form = told()
        heard = with_outlook(line, turn, form["CallSid"], decode_wait(form))
        return _twiml(line, lambda: hotline.hear(form["CallSid"], f"wait/{turn}", heard), heard)


def _callbacks(paths: Blueprint, line: Line) -> None:
    @paths.post("/status")
    def status() -> Response:
        if told().get("CallStatus") not in OVER:
            return Response(status=204)
        return _written(line, [Over(told().get("CallSid", ""), caller(), line.now())])

    @paths.post("/recording")
    def recording_ready() -> Response:
        return _written(line, _ready(line))

    @paths.post("/recording/<place>")
    def talk_recorded(place: str) -> Response:
        return _written(line, [replace(ready, place=place) for ready in _ready(line)])

    @paths.post("/fallback/recording")
    def saved() -> Response:
        told: list[Fact] = []
        for ready in _ready(line):
            about = asked().args
            left = Recorded(ready.sid, ready.seconds, matter=about.get("matter", ""), hold=about.get("hold", ""))
            spoken = ready.state == "completed" and ready.seconds
            told += [ready, Left(ready.call, caller(), left, ready.at)] if spoken else [ready]
        return _written(line, told)


def _ready(line: Line) -> list[Ready]:
    """Return the recording that is told to be ready, or lost; nothing for one that is on the way."""
    form = told()
    state, sid = STATES.get(form.get("RecordingStatus", "")), recording(form)
    if not state or not sid:
        return []
    return [Ready(form.get("CallSid", ""), sid, state, seconds(form.get("RecordingDuration")), line.now())]


def _written(line: Line, told: Sequence[Fact]) -> Response:
    """Have facts written down; the carrier is to tell again what neither the database nor the disk takes.

    What the database just had no time for waits for its turn: threads are few, and others wait for an apology.
    """
    write = line.unwritten.keep if asked().environ.get(TRIED) else line.unwritten.write
    safe = [write(fact) for fact in told]
    return Response(status=204 if all(safe) else 503)


def with_outlook(line: Line, turn: int, call_id: str, heard: InLine) -> InLine:
    """Add how long it still takes, where that is to be told.

    A round of music is worth more than that, so it goes on without where it fails.
    """
    if heard.keys and heard.keys != line.flow().hotline.keys.again:
        return heard
    try:
        call = line.hotline.present(call_id, turn)
        seen = line.desk.outlook(call_id, call) if call else None
    except Exception:
        log.exception("no outlook", call=call_id)
        return heard
    return foreseen(heard, seen) if seen else heard


def foreseen(heard: InLine, seen: Outlook) -> InLine:
    """Return what the waiting room says with how the caller stands in line."""
    return InLine(seen.ahead + 1, heard.waited, heard.keys, seen.low, seen.high, seen.longer, seen.agents)


def spoken(line: Line, reply: Reply) -> str:
    """Return a reply as the carrier wants it, and tell of whoever joins the line by it."""
    if any(isinstance(event, Waiting) and isinstance(event.wait, Agent) for event in reply.events):
        line.changed()
    return render(reply.events, line.site, reply.language)


def _twiml(line: Line, take: Callable[[], Reply], heard: Input | None = None) -> Response:
    """Answer with what happened; whatever goes wrong on our side, the caller hears an apology and gets a person."""
    try:
        untried()
        return xml(spoken(line, take()))
    except Exception as error:
        return line.rescue.failed(error, heard)
