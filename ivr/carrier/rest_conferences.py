"""Conferences and their participants by REST: look, add, mute, hold, coach, announce, remove, end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.conferences import KICKED, Callbacks, Participant, Room
from ivr.carrier.rest_calls import parties, status_of, timeout_of, watch
from ivr.carrier.rest_shapes import (
    Refused,
    Routes,
    Shape,
    answer,
    date,
    flag_of,
    gone,
    int_of,
    missing,
    page,
    path_of,
    request_of,
)
from ivr.carrier.signals import Stirred

Edit = tuple[str, dict[str, Any]]


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    one = "/Conferences/<sid>/Participants/<call>.json"
    return [
        ("/Conferences.json", "GET", lambda account: _list(carrier)),
        ("/Conferences/<sid>.json", "GET", lambda account, sid: answer(shape(_find(carrier, sid)))),
        ("/Conferences/<sid>.json", "POST", lambda account, sid: _update(_find(carrier, sid))),
        ("/Conferences/<sid>/Participants.json", "GET", lambda account, sid: _participants(_find(carrier, sid))),
        ("/Conferences/<sid>/Participants.json", "POST", lambda account, sid: _add(carrier, sid)),
        (one, "GET", lambda account, sid, call: answer(_shape_of(_find(carrier, sid), call))),
        (one, "POST", lambda account, sid, call: _change(_find(carrier, sid), call)),
        (one, "DELETE", lambda account, sid, call: _kick(_find(carrier, sid), call)),
    ]


def shape(room: Room) -> Shape:
    """A conference as JSON."""
    account = room.carrier.account_sid
    uri = path_of(account, "Conferences", room.sid)
    return {
        "sid": room.sid,
        "account_sid": account,
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "api_version": "2010-04-01",
        "date_created": date(room.created),
        "date_updated": date(room.updated),
        "reason_conference_ended": room.reason or None,
        "call_sid_ending_conference": room.ended_by or None,
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json", "recordings": f"{uri}/Recordings.json"},
    }


def participant_shape(room: Room, one: Participant) -> Shape:
    """A participant as JSON."""
    account = room.carrier.account_sid
    there = one in room.participants
    return {
        "account_sid": account,
        "call_sid": one.leg.sid,
        "label": one.label or None,
        "conference_sid": room.sid,
        "muted": one.muted,
        "hold": one.hold,
        "coaching": bool(one.coach),
        "call_sid_to_coach": one.coach or None,
        "start_conference_on_enter": one.start_on_enter,
        "end_conference_on_exit": one.end_on_exit,
        "status": "connected" if there else {"in-progress": "connecting"}.get(one.leg.status, status_of(one.leg)),
        "queue_time": None,
        "date_created": date(one.leg.created),
        "date_updated": date(one.leg.answered_at or one.leg.created),
        "uri": path_of(account, "Conferences", room.sid, "Participants", f"{one.leg.sid}.json"),
    }


def _find(carrier: Carrier, sid: str) -> Room:
    room = carrier.conferences.get(sid)
    if room is None:
        raise missing(request.path)
    return room


def _one(room: Room, call: str) -> Participant:
    participant = room.find(call)
    if participant is None:
        raise missing(request.path)
    return participant


def _shape_of(room: Room, call: str) -> Shape:
    return participant_shape(room, _one(room, call))


def _list(carrier: Carrier) -> Response:
    name, status = request.args.get("FriendlyName"), request.args.get("Status")
    rooms = reversed(list(carrier.conferences.values()))
    return page(
        "conferences", [shape(room) for room in rooms if name in (None, room.name) and status in (None, room.status)]
    )


def _participants(room: Room) -> Response:
    wanted = {name: request.args.get(name, "").lower() for name in ("Muted", "Hold", "Coaching")}

    def matches(one: Participant) -> bool:
        is_ = {"Muted": one.muted, "Hold": one.hold, "Coaching": bool(one.coach)}
        return all(value in ("", str(is_[name]).lower()) for name, value in wanted.items())

    return page("participants", [participant_shape(room, one) for one in room.participants if matches(one)])


def _update(room: Room) -> Response:
    status = request.form.get("Status", "")
    if status not in ("", "completed"):
        raise Refused(400, 20001, f"Status cannot be {status}")
    announcement = request_of("AnnounceUrl", "AnnounceMethod")
    if announcement is not None:
        for one in room.participants:
            room.carrier.background(partial(room.change, one, "participant-modify", announcement=announcement))
    if status:
        room.carrier.background(lambda: room.end("conference-ended-via-api"))
    return answer(shape(room))


def _add(carrier: Carrier, name: str) -> Response:
    from_, to = parties(carrier)
    room = carrier.conferences.get(name) or carrier.room(name)
    if room.over:
        raise Refused(400, 16026, f"Conference {name} is over")
    label, seconds = request.form.get("Label", ""), timeout_of()
    if label and room.find(label) is not None:
        raise Refused(400, 16025, f"Participant label {label} is taken")
    participant = Participant(
        leg=carrier.leg(request.form.get("CallerId", from_), to, "outbound-api"),
        label=label,
        muted=flag_of("Muted", False),
        coach=request.form.get("CallSidToCoach", "") if flag_of("Coaching", False) else "",
        start_on_enter=flag_of("StartConferenceOnEnter", True),
        end_on_exit=flag_of("EndConferenceOnExit", False),
        music=request_of("WaitUrl", "WaitMethod"),
        silent=request.form.get("WaitUrl") == "",
    )
    watch(participant.leg)
    most = int_of(request.form.get("MaxParticipants"), 250, 20001)
    if room.callbacks is None:
        room.callbacks = _callbacks()
        room.record = request.form.get("ConferenceRecord", "do-not-record") not in ("do-not-record", "false")
    carrier.background(lambda: carrier.invite(participant, room, most, seconds))
    return answer({**participant_shape(room, participant), "status": "queued"}, 201)


def _callbacks() -> Callbacks:
    def words(name: str, default: str) -> tuple[str, ...]:
        return tuple(word for text in request.form.getlist(name) or [default] for word in text.split())

    return Callbacks(
        request_of("ConferenceStatusCallback", "ConferenceStatusCallbackMethod"),
        words("ConferenceStatusCallbackEvent", "start end"),
        request_of("ConferenceRecordingStatusCallback", "ConferenceRecordingStatusCallbackMethod"),
        words("ConferenceRecordingStatusCallbackEvent", "completed"),
    )


def _change(room: Room, call: str) -> Response:
    participant = _one(room, call)
    edits = _edits(participant)
    future = replace(participant, **{name: value for _, fields in edits for name, value in fields.items()})
    for event, fields in edits:
        room.carrier.background(partial(room.change, participant, event, **fields))
    return answer({**participant_shape(room, future), "status": "connected"})


def _edits(one: Participant) -> list[Edit]:
    """The changes that the form asks for, each with the event that tells of it."""
    form, edits = request.form, list[Edit]()
    if "Muted" in form:
        muted = flag_of("Muted", False)
        edits.append((f"participant-{'' if muted else 'un'}mute", {"muted": muted}))
    if "Hold" in form:
        hold, music = flag_of("Hold", False), request_of("HoldUrl", "HoldMethod")
        edits.append((f"participant-{'' if hold else 'un'}hold", {"hold": hold, "hold_music": music}))
    changes: dict[str, Any] = {}
    if "AnnounceUrl" in form:
        changes["announcement"] = request_of("AnnounceUrl", "AnnounceMethod")
    if "EndConferenceOnExit" in form:
        changes["end_on_exit"] = flag_of("EndConferenceOnExit", False)
    if "Coaching" in form or "CallSidToCoach" in form:
        coached = form.get("CallSidToCoach", one.coach)
        changes["coach"] = coached if flag_of("Coaching", bool(one.coach)) else ""
    return [*edits, ("participant-modify", changes)] if changes else edits


def _kick(room: Room, call: str) -> Response:
    participant = _one(room, call)

    def kick() -> None:
        room.remove(participant, KICKED)
        participant.leg.signal(Stirred(room))

    room.carrier.background(kick)
    return gone()
