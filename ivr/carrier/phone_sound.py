"""What a browser's page asks about the sound of its talk, and is answered, as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, abort, jsonify, request

from ivr.carrier.exchange import Exchange, Note
from ivr.carrier.leg import Leg
from ivr.carrier.music import tune
from ivr.carrier.phone_calls import PhoneCalls

LONGEST_SDP: Final = 12_000
LONGEST_NAME: Final = 64
MOST: Final = 16
KINDS: Final = ("offer", "answer", "again")


def phone_sound(page: Blueprint, calls: PhoneCalls, exchange: Exchange) -> None:
    """Add to the page /phone what its sound needs."""

    @page.post("/calls/<sid>/sound")
    def sound(sid: str) -> Response:
        leg = calls.get(sid)
        if leg is None:
            abort(404, "this call is over")
        try:
            return jsonify(asked(exchange, sid, lambda: leg, request.get_json()))
        except ValueError as error:
            abort(400, str(error))

    @page.get("/music.wav")
    def music() -> Response:
        return Response(tune(), mimetype="audio/wav")


def asked(exchange: Exchange, seat: str, leg: Callable[[], Leg | None], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the news for a window, as JSON; raise ValueError for what no page of ours tells."""
    window = told.get("window") if isinstance(told, dict) else None
    if not isinstance(window, str) or not 0 < len(window) <= LONGEST_NAME:
        raise ValueError("window is missing")
    if told.get("closes") is True:
        exchange.close(seat, window)
        return {}
    return asdict(exchange.ask(seat, window, leg, _notes(told.get("notes", [])), told.get("first") is True))


def _notes(told: object) -> list[Note]:
    if not isinstance(told, list) or len(told) > MOST:
        raise ValueError(f"notes are {MOST} at most")
    return [_note(one) for one in told]


def _note(told: object) -> Note:
    match told:
        case {"link": int(link), "kind": str(kind), "sdp": str(sdp)} if kind in KINDS and len(sdp) <= LONGEST_SDP:
            return Note(link, kind, sdp)
        case _:
            raise ValueError("a note has link, kind and sdp")
