"""The page /phone: a telephone in the browser to practise with, and the small JSON interface it drives a call by."""

from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from ivr.carrier.company import Carrier
from ivr.carrier.leg import KEYS, Leg
from ivr.carrier.phone_calls import LOOPBACK, PhoneCalls, TooManyCallsError, message_seconds, state, take_message
from ivr.carrier.phone_sound import phone_sound
from ivr.carrier.phone_texts import KEYPAD, TEXTS
from ivr.web import guarded

LARGEST: Final = 10_000_000  # A message of ten minutes, the longest that Twilio's recorder takes in one piece here.
LONGEST_POLL: Final = 5.0


def phone(carrier: Carrier, number: str) -> Blueprint:
    """Return the blueprint of `/phone`, which dials `number` unless told otherwise; for the practice carrier only.

    The carrier's clock must be the time of day, and the server needs a thread besides those that answer the carrier.
    """
    page = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates")
    calls = PhoneCalls(carrier)
    page.before_request(_guard)
    page.after_request(guarded)
    page.register_error_handler(HTTPException, _refusal)
    _page(page, number)
    _calls(page, calls)
    _acts(page, calls)
    _texts(page, carrier)
    phone_sound(page, calls, carrier.exchange)
    return page


def _guard() -> None:
    """Let in this machine's browser on its own page, and nobody else: another site's page could drive us otherwise."""
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        abort(403, "the practice phone answers on this machine only")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        if request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate":
            return
        abort(403, "the practice phone answers its own page only")
    if request.headers.get("Origin", request.host_url.rstrip("/")) != request.host_url.rstrip("/"):
        abort(403, "the practice phone answers its own page only")
    if request.method == "POST" and request.mimetype not in ("application/json", "audio/wav"):
        abort(415, "send application/json or audio/wav")
    request.max_content_length = LARGEST


def _refusal(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500


def _page(page: Blueprint, number: str) -> None:
    @page.get("")
    def show() -> str:
        asked = request.args.get("lang", "")
        language = asked if asked in TEXTS else request.accept_languages.best_match(list(TEXTS)) or next(iter(TEXTS))
        return render_template("phone.html", number=number, t=TEXTS[language], language=language, keypad=KEYPAD)


def _calls(page: Blueprint, calls: PhoneCalls) -> None:
    @page.post("/calls")
    def dial() -> tuple[Response, int]:
        asked = _json()
        try:
            leg = calls.dial(_text(asked, "from"), _text(asked, "to"))
        except LookupError:
            abort(404, "nobody has this number")
        except TooManyCallsError:
            abort(503, "too many calls are open")
        return jsonify(state(leg)), 201

    @page.get("/calls/<sid>")
    def stand(sid: str) -> Response:
        leg = _leg(calls, sid)
        leg.wait_beyond(request.args.get("turn", -1, int), min(request.args.get("wait", 0.0, float), LONGEST_POLL))
        return jsonify(state(leg))


def _acts(page: Blueprint, calls: PhoneCalls) -> None:
    @page.post("/calls/<sid>/finished")
    def finished(sid: str) -> Response:
        leg = _leg(calls, sid)
        leg.finish(_number(_json(), "turn"))
        return jsonify(state(leg))

    @page.post("/calls/<sid>/keys")
    def keys(sid: str) -> Response:
        leg, key = _leg(calls, sid), _text(_json(), "key")
        if len(key) != 1 or key not in KEYS:
            abort(400, "this is no key")
        turn = leg.turn
        leg.press(key)
        return jsonify({**state(leg), "heard": leg.turn != turn})

    @page.post("/calls/<sid>/message")
    def message(sid: str) -> Response:
        leg, end = _leg(calls, sid), request.args.get("end", "")
        if end not in ("", "hangup", *KEYS):
            abort(400, "a message ends by a key, by silence or by hanging up")
        if leg.turn == request.args.get("turn", -1, int):
            take_message(leg, *_spoken(), end)
        return jsonify(state(leg))

    @page.post("/calls/<sid>/hangup")
    def hang_up(sid: str) -> Response:
        leg = _leg(calls, sid)
        leg.hang_up()
        return jsonify(state(leg))


def _texts(page: Blueprint, carrier: Carrier) -> None:
    @page.get("/texts")
    def arrived() -> Response:
        """Tell which SMS have arrived at a number after this one of all, and which was the last."""
        last, after = carrier.inbox.last, request.args.get("after", -1, int)
        found = carrier.inbox.of(request.args.get("number", ""), after) if after >= 0 else []
        texts = [{"id": number, "from": text.from_, "text": text.body} for number, text in found]
        return jsonify(texts=texts, last=max(last, *(number for number, _ in found), 0))


def _spoken() -> tuple[float, bytes | None]:
    """Return the seconds and the sound of a message: a WAV file, or so many seconds of a tone."""
    if request.mimetype == "application/json":
        return min(float(_number(_json(), "seconds")), 60.0), None
    wav = request.get_data()
    try:
        return message_seconds(wav), wav
    except ValueError as error:
        abort(400, str(error))


def _leg(calls: PhoneCalls, sid: str) -> Leg:
    leg = calls.get(sid)
    if leg is None:
        abort(404, "this call is over")
    return leg


def _json() -> dict[str, Any]:
    asked = request.get_json()
    if not isinstance(asked, dict):
        abort(400, "send a JSON object")
    return asked


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 80:
        abort(400, f"{name} is missing")
    return value


def _number(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name)
    if not isinstance(value, int) or not 0 <= value < 1_000_000:
        abort(400, f"{name} is no number")
    return value
