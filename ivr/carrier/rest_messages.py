"""Text messages by REST: send one, look at them; its status callback tells of sent and delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.fetching import notify
from ivr.carrier.messages import TextMessage
from ivr.carrier.parameters import API_VERSION
from ivr.carrier.rest_shapes import Refused, Routes, Shape, answer, date, missing, page, path_of, request_of
from ivr.carrier.signals import Request

MOST = 1600
# Twilio's own numbers for tests: no number, out of reach, not allowed, blocked, unable to get SMS.
REFUSED = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    return [
        ("/Messages.json", "POST", lambda account: _create(carrier)),
        ("/Messages.json", "GET", lambda account: _list(carrier)),
        ("/Messages/<sid>.json", "GET", lambda account, sid: answer(shape(carrier, _find(carrier, sid)))),
    ]


def shape(carrier: Carrier, message: TextMessage) -> Shape:
    """A message as JSON."""
    uri = path_of(carrier.account_sid, "Messages", message.sid)
    return {
        "sid": message.sid,
        "account_sid": carrier.account_sid,
        "api_version": "2010-04-01",
        "from": message.from_ or None,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": "outbound-api",
        "num_segments": str(message.segments),
        "num_media": "0",
        "messaging_service_sid": message.service or None,
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "error_message": None,
        "date_created": date(message.created),
        "date_updated": date(message.sent or message.created),
        "date_sent": date(message.sent),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def _find(carrier: Carrier, sid: str) -> TextMessage:
    message = carrier.messages.get(sid)
    if message is None:
        raise missing(request.path)
    return message


def _list(carrier: Carrier) -> Response:
    to, from_ = request.args.get("To"), request.args.get("From")
    found = [one for one in reversed(list(carrier.messages.values())) if _sent_then(one)]
    return page(
        "messages", [shape(carrier, one) for one in found if to in (None, one.to) and from_ in (None, one.from_)]
    )


def _sent_then(message: TextMessage) -> bool:
    """Was it sent when the query says? A text that still waits was not, at any time."""
    on, until, since = (request.args.get(f"DateSent{sign}", "")[:10] for sign in ("", "<", ">"))
    if not on + until + since:
        return True
    day = message.sent.astimezone(UTC).date().isoformat() if message.sent else ""
    return bool(day) and on in ("", day) and (not until or day <= until) and day >= since


def _create(carrier: Carrier) -> Response:
    form = request.form
    to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        raise Refused(400, 21604, "A 'To' phone number is required.")
    if not (to.startswith("+") and to[1:].isdigit() and len(to) < 17):
        raise Refused(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if to in REFUSED:
        raise Refused(400, REFUSED[to], f"The number {to} cannot be sent an SMS.")
    service = form.get("MessagingServiceSid", "")
    if not from_ and not service:
        raise Refused(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise Refused(400, 21602, "Message body is required.")
    if len(body) > MOST:
        raise Refused(400, 21617, f"The message body exceeds the {MOST} character limit.")
    callback = request_of("StatusCallback", "StatusCallbackMethod")
    message = TextMessage(
        carrier.new_sid("SM"), from_, to, body, "accepted" if service else "queued", carrier.clock(), service=service
    )
    carrier.messages[message.sid] = message
    made = answer(shape(carrier, message), 201)
    carrier.background(lambda: _deliver(carrier, message, callback))
    return made


def _deliver(carrier: Carrier, message: TextMessage, callback: Request | None) -> None:
    for status in ("sent", "delivered"):
        carrier.messages[message.sid] = replace(message, status=status, sent=carrier.clock())
        if callback is not None:
            form = (
                ("AccountSid", carrier.account_sid),
                ("ApiVersion", API_VERSION),
                ("From", message.from_),
                ("To", message.to),
                ("MessageSid", message.sid),
                ("MessageStatus", status),
                ("SmsSid", message.sid),
                ("SmsStatus", status),
            )
            notify(carrier, None, callback, form)
    carrier.inbox.put(carrier.messages[message.sid])
