"""Recordings by REST: their data, their sound as WAV, deleting them, and pausing that of a conference."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.record import Recorded
from ivr.carrier.rest_shapes import Refused, Routes, Shape, answer, date, gone, missing, page, path_of

CURRENT = "Twilio.CURRENT"


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    return [
        ("/Recordings.json", "GET", lambda account: _list(carrier, {})),
        ("/Calls/<call>/Recordings.json", "GET", lambda account, call: _list(carrier, {"CallSid": call})),
        ("/Conferences/<sid>/Recordings.json", "GET", lambda account, sid: _list(carrier, {"ConferenceSid": sid})),
        ("/Conferences/<sid>/Recordings/<one>.json", "POST", lambda account, sid, one: _pause(carrier, sid, one)),
        ("/Recordings/<sid>.json", "GET", lambda account, sid: answer(shape(carrier, _find(carrier, sid)))),
        ("/Recordings/<sid>.json", "DELETE", lambda account, sid: _delete(carrier, _find(carrier, sid))),
        ("/Recordings/<sid>.wav", "GET", lambda account, sid: _media(_find(carrier, sid))),
        ("/Recordings/<sid>", "GET", lambda account, sid: _media(_find(carrier, sid))),
    ]


def shape(carrier: Carrier, kept: Recorded) -> Shape:
    """A recording as JSON."""
    uri = path_of(carrier.account_sid, "Recordings", kept.sid)
    return {
        "sid": kept.sid,
        "account_sid": carrier.account_sid,
        "api_version": "2010-04-01",
        "call_sid": kept.call or None,
        "conference_sid": kept.conference or None,
        "date_created": date(kept.started),
        "date_updated": date(kept.started),
        "start_time": date(kept.started),
        "duration": str(kept.seconds),
        "price": None,
        "price_unit": "USD",
        "status": kept.status,
        "channels": 1,
        "source": kept.source,
        "error_code": None,
        "encryption_details": None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "add_on_results": f"{uri}/AddOnResults.json",
            "transcriptions": f"{uri}/Transcriptions.json",
        },
        "media_url": carrier.recording_url(kept.sid),
    }


def _find(carrier: Carrier, sid: str) -> Recorded:
    kept = carrier.recordings.get(sid)
    if kept is None:
        raise missing(request.path)
    return kept


def _list(carrier: Carrier, fixed: dict[str, str]) -> Response:
    wanted = {name: fixed.get(name, request.args.get(name)) for name in ("CallSid", "ConferenceSid")}
    since = _since(request.args.get("DateCreated>", ""))
    kept = [
        one
        for one in reversed(list(carrier.recordings.values()))
        if one.started > since
        and wanted["CallSid"] in (None, one.call)
        and wanted["ConferenceSid"] in (None, one.conference)
    ]
    shapes = [shape(carrier, one) for one in kept]
    for one in shapes if fixed else ():
        # Twilio names the sound's address only where recordings are asked for by themselves.
        del one["media_url"]
        if "CallSid" in fixed:
            one["track"] = "both"
    return page("recordings", shapes)


def _since(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)
    except ValueError:
        raise Refused(400, 20001, f"DateCreated> is no date: {text}") from None


def _pause(carrier: Carrier, sid: str, one: str) -> Response:
    """Pause the recording of a conference, by its SID or as the current one, or go on with it."""
    room = carrier.conferences.get(sid)
    taped = room.taped() if room and not room.over else None
    if room is None or taped is None or one not in (taped.sid, CURRENT):
        raise missing(request.path)
    status, behaviour = request.form.get("Status", ""), request.form.get("PauseBehavior", "silence")
    if status not in ("in-progress", "paused"):
        raise Refused(400, 21220, f"Status {status} cannot be set here")
    if behaviour not in ("skip", "silence"):
        raise Refused(400, 20001, f"PauseBehavior cannot be {behaviour}")
    found = shape(carrier, room.pause(status == "paused", behaviour == "skip") or taped)
    del found["media_url"]
    return answer(found)


def _media(kept: Recorded) -> Response:
    if kept.status != "completed":
        raise missing(request.path)
    return Response(kept.wav, content_type="audio/x-wav")


def _delete(carrier: Carrier, kept: Recorded) -> Response:
    carrier.recordings.pop(kept.sid, None)
    return gone()
