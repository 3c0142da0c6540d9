"""Our numbers by REST: which there are, and what is asked about their calls."""

from __future__ import annotations

from dataclasses import replace
from hashlib import md5
from typing import Any

from flask import Response, request

from ivr.carrier.company import Carrier, Line
from ivr.carrier.parameters import API_VERSION
from ivr.carrier.rest_shapes import Routes, Shape, answer, date, missing, page, path_of, request_of
from ivr.carrier.signals import Request


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    return [
        ("/IncomingPhoneNumbers.json", "GET", lambda account: _list(carrier)),
        ("/IncomingPhoneNumbers/<sid>.json", "GET", lambda account, sid: answer(shape(carrier, _find(carrier, sid)))),
        ("/IncomingPhoneNumbers/<sid>.json", "POST", lambda account, sid: _change(carrier, _find(carrier, sid))),
    ]


def sid_of(line: Line) -> str:
    """The number's SID, which is always the same."""
    return f"PN{md5(line.address.encode(), usedforsecurity=False).hexdigest()}"


def shape(carrier: Carrier, line: Line) -> Shape:
    """A number as JSON."""
    account, sid = carrier.account_sid, sid_of(line)
    uri = path_of(account, "IncomingPhoneNumbers", sid)
    return {
        "sid": sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "phone_number": line.address,
        "friendly_name": line.address,
        "date_created": date(carrier.begun),
        "date_updated": date(carrier.begun),
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        **_asked("voice", line.voice),
        **_asked("voice_fallback", line.fallback),
        "status_callback": line.status_callback.url if line.status_callback else None,
        "status_callback_method": line.status_callback.method if line.status_callback else "POST",
        **_asked("sms", None),
        **_asked("sms_fallback", None),
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "address_requirements": "none",
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "uri": f"{uri}.json",
        **dict.fromkeys(
            ("address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "sms_application_sid", "trunk_sid")
        ),
        "voice_application_sid": line.application or None,
    }


def _asked(name: str, asks: Request | None) -> Shape:
    return {f"{name}_url": asks.url if asks else None, f"{name}_method": asks.method if asks else "POST"}


def _find(carrier: Carrier, sid: str) -> Line:
    found = next((line for line in carrier.numbers.values() if sid_of(line) == sid), None)
    if found is None:
        raise missing(request.path)
    return found


def _change(carrier: Carrier, line: Line) -> Response:
    """Change what is asked, as far as the request tells."""
    asked = {
        "voice": ("VoiceUrl", "VoiceMethod"),
        "fallback": ("VoiceFallbackUrl", "VoiceFallbackMethod"),
        "status_callback": ("StatusCallback", "StatusCallbackMethod"),
    }
    given = {part: names for part, names in asked.items() if names[0] in request.form}
    told: dict[str, Any] = {part: request_of(*names) for part, names in given.items()}
    changed = replace(line, **told)
    carrier.numbers[line.address] = changed
    return answer(shape(carrier, changed))


def _list(carrier: Carrier) -> Response:
    wanted = request.args.get("PhoneNumber", "")
    found = [line for line in carrier.numbers.values() if wanted in line.address]
    return page("incoming_phone_numbers", [shape(carrier, line) for line in found])
