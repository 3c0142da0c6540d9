"""Calls by REST: make one, look at them, end one, send one to another document."""

from __future__ import annotations

import re

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.leg import Leg
from ivr.carrier.log import Asked
from ivr.carrier.progress import FINAL, watcher
from ivr.carrier.rest_shapes import (
    Refused,
    Routes,
    Shape,
    answer,
    date,
    gone,
    int_of,
    method_of,
    missing,
    page,
    path_of,
    request_of,
)
from ivr.carrier.signals import Goal, HungUp, Inline, Moved

MOST_TWIML = 4000
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
EVENTS = ("initiated", "ringing", "answered", "completed")


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    return [
        ("/Calls.json", "POST", lambda account: _create(carrier)),
        ("/Calls.json", "GET", lambda account: _list(carrier)),
        ("/Calls/<sid>.json", "GET", lambda account, sid: answer(shape(_find(carrier, sid)))),
        ("/Calls/<sid>.json", "POST", lambda account, sid: _update(carrier, _find(carrier, sid))),
        ("/Calls/<sid>/Events.json", "GET", lambda account, sid: _events(_find(carrier, sid))),
        ("/Calls/<sid>.json", "DELETE", lambda account, sid: _delete(carrier, _find(carrier, sid))),
    ]


def status_of(leg: Leg) -> str:
    """The status as REST names it: a call that is being set up is queued."""
    return "queued" if leg.status == "initiated" else leg.status


def shape(leg: Leg) -> Shape:
    """A call as JSON."""
    account = leg.carrier.account_sid
    uri = path_of(account, "Calls", leg.sid)
    parts = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
    return {
        "sid": leg.sid,
        "account_sid": account,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "to": leg.to,
        "to_formatted": leg.to,
        "phone_number_sid": None,
        "status": status_of(leg),
        "direction": leg.direction,
        "date_created": date(leg.created),
        "date_updated": date(leg.ended_at or leg.answered_at or leg.created),
        "start_time": date(leg.answered_at or leg.created),
        "end_time": date(leg.ended_at),
        "duration": str(leg.seconds) if leg.over else None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": "2010-04-01",
        "forwarded_from": leg.extra.get("ForwardedFrom"),
        "group_sid": None,
        "caller_name": leg.extra.get("CallerName"),
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {part: f"{uri}/{part.capitalize()}.json" for part in parts},
    }


def _find(carrier: Carrier, sid: str) -> Leg:
    leg = carrier.legs.get(sid)
    if leg is None:
        raise missing(request.path)
    return leg


def _list(carrier: Carrier) -> Response:
    wanted = {name: request.args.get(name) for name in ("To", "From", "Status", "ParentCallSid")}

    def matches(leg: Leg) -> bool:
        is_ = {"To": leg.to, "From": leg.from_, "Status": status_of(leg)}
        is_["ParentCallSid"] = leg.parent.sid if leg.parent else ""
        return all(value in (None, is_[name]) for name, value in wanted.items())

    return page("calls", [shape(leg) for leg in reversed(list(carrier.legs.values())) if matches(leg)])


def _events(leg: Leg) -> Response:
    """What we were asked for a call, with all parameters, and what we answered: Twilio keeps that in its logs."""
    return page("events", [_event(asked) for asked in leg.carrier.log.of(leg.sid)])


def _event(asked: Asked) -> Shape:
    parameters = {CAPITAL.sub("_", name).lower(): value for name, value in asked.form}
    told = {"response_code": asked.status, "content_type": asked.content_type, "date_created": date(asked.at)}
    return {
        "request": {"method": asked.method, "url": asked.url, "parameters": parameters},
        "response": {**told, "request_duration": 0, "response_body": asked.body.decode("utf-8", "replace")},
    }


def parties(carrier: Carrier) -> tuple[str, str]:
    """From and To of a call to make. Raises Refused 400: 21201, 21213, 21210 (not our number), 21211."""
    from_, to = request.form.get("From", ""), request.form.get("To", "")
    if not to:
        raise Refused(400, 21201, "No 'To' number is specified")
    if not from_:
        raise Refused(400, 21213, "No 'From' number is specified")
    if not from_.startswith("client:") and from_ not in carrier.numbers:
        raise Refused(400, 21210, f"The source phone number provided, {from_}, is not yet verified for your account.")
    named = to.startswith(("client:", "sip:"))
    if not named and not (to.startswith("+") and to[1:].isdigit() and 3 < len(to) < 17):
        raise Refused(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    return from_, to


def timeout_of() -> int:
    """Timeout, 60 seconds by default. Raises Refused 400 21208."""
    seconds = int_of(request.form.get("Timeout"), 60, 21208)
    if not 1 <= seconds <= 600:
        raise Refused(400, 21208, f"Timeout {seconds} is not between 1 and 600")
    return seconds


def watch(leg: Leg) -> None:
    """Have the call's StatusCallback told, as the form says. Raises Refused 400 21205, 21209, 21626."""
    callback = request_of("StatusCallback", "StatusCallbackMethod")
    events = [word for text in request.form.getlist("StatusCallbackEvent") for word in text.split()]
    if set(events) - set(EVENTS):
        raise Refused(400, 21626, f"StatusCallbackEvent has one of {', '.join(EVENTS)}, not {' '.join(events)}")
    if callback is not None:
        leg.on_change.append(watcher(callback, tuple(events) or ("completed",)))


def _goal() -> Goal | None:
    goal = request_of("Url", "Method")
    twiml = request.form.get("Twiml", "")
    if goal is None and len(twiml) > MOST_TWIML:
        raise Refused(400, 20001, f"Twiml has more than {MOST_TWIML} characters")
    return goal or (Inline(twiml) if twiml else None)


def _create(carrier: Carrier) -> Response:
    from_, to = parties(carrier)
    goal, seconds = _goal(), timeout_of()
    method_of("Method")
    if goal is None:
        raise Refused(400, 21205, "Url parameter is required")
    leg = carrier.leg(request.form.get("CallerId", from_), to, "outbound-api")
    leg.fallback = request_of("FallbackUrl", "FallbackMethod")
    watch(leg)
    made = answer(shape(leg), 201)
    carrier.background(lambda: carrier.begin(leg, carrier.outbound(leg, goal, seconds)))
    return made


def _update(carrier: Carrier, leg: Leg) -> Response:
    status, goal = request.form.get("Status", ""), _goal()
    if status not in ("", "completed", "canceled"):
        raise Refused(400, 20001, f"Status cannot be {status}")
    if leg.status in FINAL or (goal is not None and not leg.answered):
        raise Refused(400, 21220, f"Call is not in-progress. Cannot redirect. It is {leg.status}.")
    if status == "canceled" and leg.answered:
        raise Refused(400, 21220, "Call is in-progress. Cannot cancel.")
    watch(leg)
    if goal is not None:
        leg.fallback = request_of("FallbackUrl", "FallbackMethod")
    signal = HungUp("" if leg.answered else "canceled") if status else Moved(goal) if goal is not None else None
    updated = shape(leg)
    if signal is not None:
        carrier.background(lambda: leg.signal(signal))
    return answer(updated if leg.status not in FINAL else shape(leg))


def _delete(carrier: Carrier, leg: Leg) -> Response:
    if leg.status not in FINAL:
        raise Refused(400, 21220, "Call is in progress. Cannot delete.")
    del carrier.legs[leg.sid]
    return gone()
