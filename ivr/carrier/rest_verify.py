"""Twilio Verify by REST: its service; send a one-time code by SMS, look it up by its phone, check what was keyed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.messages import TextMessage
from ivr.carrier.rest_shapes import Refused, Routes, Shape, answer, missing
from ivr.carrier.verifications import CODE, SERVICE, TooManyError, Verification

SENDER = "+861069054321"
WORDS = {
    "zh": "【数字钱包】您的验证码是 {code}，10 分钟内有效。任何人都不会向您索要，请只在电话按键上输入。",
    "en": "Your wallet verification code is {code}, for 10 minutes. Nobody will ask you for it: only key it in.",
}
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    service = "/Services/<service>"
    return [
        (service, "GET", lambda service: _service(carrier, service)),
        (f"{service}/Verifications", "POST", lambda service: _create(carrier, service)),
        (f"{service}/Verifications/<to>", "GET", lambda service, to: _fetch(carrier, service, to)),
        (f"{service}/VerificationCheck", "POST", lambda service: _check(carrier, service)),
    ]


def _service(carrier: Carrier, service: str) -> Response:
    if service != SERVICE:
        raise missing(request.path)
    url, at = f"{request.host_url}v2/Services/{service}", _date(carrier.clock())
    flags = ("lookup", "psd2", "do_not_share_warning", "custom_code", "verify_event_subscription")
    told: Shape = {f"{name}_enabled": False for name in flags}
    told |= {
        "skip_sms_to_landlines": False,
        "dtmf_input_required": False,
        "tts_name": None,
        "default_template_sid": None,
    }
    told |= {"push": {}, "totp": {}, "whatsapp": {}, "passkeys": {}, "url": url, "links": {}}
    told |= {"friendly_name": "practice", "code_length": len(CODE), "date_created": at, "date_updated": at}
    return answer({"sid": service, "account_sid": carrier.account_sid, **told})


def _create(carrier: Carrier, service: str) -> Response:
    to, locale = _phone(), request.form.get("Locale", "en")[:2]
    if request.form.get("Channel") != "sms":
        raise Refused(400, 60200, "Invalid parameter `Channel`")
    try:
        found = carrier.verifications.send(service, to)
    except TooManyError:
        raise Refused(429, 60203, "Max send attempts reached") from None
    words = WORDS.get(locale, WORDS["en"]).format(code=CODE)
    text = TextMessage(carrier.new_sid("SM"), SENDER, to, words, "delivered", carrier.clock(), carrier.clock())
    carrier.background(lambda: carrier.inbox.put(text))
    return answer(_whole(carrier, found), 201)


def _fetch(carrier: Carrier, service: str, to: str) -> Response:
    found = carrier.verifications.pending(service, to)
    if found is None:
        raise missing(request.path)
    return answer(_whole(carrier, found))


def _check(carrier: Carrier, service: str) -> Response:
    to, code = _phone(), request.form.get("Code", "")
    if not 4 <= len(code) <= 10:
        raise Refused(400, 60200, "Invalid parameter `Code`")
    try:
        found = carrier.verifications.check(service, to, code)
    except TooManyError:
        raise Refused(429, 60202, "Max check attempts reached") from None
    if found is None:
        raise missing(request.path)
    return answer(_shape(carrier, found) | {"sna_attempts_error_codes": None})


def _phone() -> str:
    to = request.form.get("To", "")
    if not _PHONE.fullmatch(to):
        raise Refused(400, 60200, "Invalid parameter `To`")
    return to


def _whole(carrier: Carrier, found: Verification) -> Shape:
    attempts = [{"time": _date(at), "channel": "SMS", "attempt_sid": sid} for at, sid in found.sends]
    url = f"{request.host_url}v2/Services/{found.service}/Verifications/{found.sid}"
    told: Shape = {"lookup": {}, "send_code_attempts": attempts, "sna": None, "url": url}
    return _shape(carrier, found) | told


def _shape(carrier: Carrier, found: Verification) -> Shape:
    return {
        "sid": found.sid,
        "service_sid": found.service,
        "account_sid": carrier.account_sid,
        "to": found.to,
        "channel": "sms",
        "status": found.status,
        "valid": found.status == "approved",
        "amount": None,
        "payee": None,
        "date_created": _date(found.created),
        "date_updated": _date(found.updated),
    }


def _date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
