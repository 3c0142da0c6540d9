"""The part of Twilio's REST that the hotline uses, as a Flask blueprint: who may ask, and what is refused."""

import hmac
import json
import threading
from collections.abc import Callable

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from ivr.carrier import (
    rest_calls,
    rest_conferences,
    rest_messages,
    rest_numbers,
    rest_queues,
    rest_recordings,
    rest_verify,
)
from ivr.carrier.company import Carrier
from ivr.carrier.parameters import API_VERSION
from ivr.carrier.rest_shapes import Refused

ACCOUNT = f"/{API_VERSION}/Accounts/<account>"
REALM = 'Basic realm="Twilio API"'


def rest(carrier: Carrier, most_at_once: int = 100) -> Blueprint:
    """Twilio's REST for this carrier, for HTTP Basic with its auth token or one of its API keys.

    Its own is under /2010-04-01, that of Verify under /v2/Services.

    More than `most_at_once` requests at a time are refused with 429 and 20429, as at Twilio unprocessed.
    """
    blueprint = Blueprint("carrier_rest", __name__)
    places = threading.BoundedSemaphore(most_at_once) if most_at_once else None

    def enter() -> None:
        if places is None or not places.acquire(blocking=False):
            raise Refused(429, 20429, "Too Many Requests")
        g.carrier_place = places
        _authenticate(carrier)

    def leave(_: BaseException | None) -> None:
        place = g.pop("carrier_place", None)
        if place is not None:
            place.release()

    blueprint.before_request(enter)
    blueprint.teardown_request(leave)
    blueprint.register_error_handler(Refused, _refuse)
    blueprint.register_error_handler(HTTPException, _refuse_http)
    for resource in (rest_calls, rest_queues, rest_conferences, rest_recordings, rest_numbers):
        for path, method, view in resource.routes(carrier):
            _add(blueprint, f"{ACCOUNT}{path}", method, view)
    for prefix, routes in ((ACCOUNT, rest_messages.routes(carrier)), ("/v2", rest_verify.routes(carrier))):
        for path, method, view in routes:
            _add(blueprint, f"{prefix}{path}", method, carrier.faults.over(view))
    every = f"/{API_VERSION}/<path:anything>"
    blueprint.add_url_rule(every, "nothing", _nothing, methods=["GET", "POST", "DELETE"])
    return blueprint


def _add(blueprint: Blueprint, path: str, method: str, view: Callable[..., Response]) -> None:
    name = f"{method} {path}".replace(".", "_")
    blueprint.add_url_rule(path, name, view, methods=[method])


def _authenticate(carrier: Carrier) -> None:
    given = request.authorization
    secrets = {carrier.account_sid: carrier.auth_token, **carrier.api_keys}
    known = secrets.get(given.username or "", "") if given is not None and given.type == "basic" else ""
    password = (given.password or "") if given is not None else ""
    if not known or not hmac.compare_digest(known.encode(), password.encode()):
        raise Refused(401, 20003, "Authenticate")
    account = (request.view_args or {}).get("account")
    if account is not None and account != carrier.account_sid:
        raise Refused(404, 20404, f"The requested resource {request.path} was not found")


def _nothing(anything: str) -> Response:
    raise Refused(404, 20404, f"The requested resource /{API_VERSION}/{anything} was not found")


def _refuse(refused: Refused) -> Response:
    body = {
        "code": refused.code,
        "message": refused.text,
        "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
        "status": refused.status,
    }
    answer = Response(json.dumps(body), refused.status, content_type="application/json")
    answer.headers.update(refused.headers)
    if refused.status == 401:
        answer.headers["WWW-Authenticate"] = REALM
    return answer


def _refuse_http(error: HTTPException) -> Response:
    code = {405: 20004, 413: 20001}.get(error.code or 500, 20500)
    return _refuse(Refused(error.code or 500, code, error.description or ""))
