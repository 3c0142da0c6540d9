"""No path that the carrier, an agent's leg or the practice phone asks fails, whatever it is told, or by whom."""

import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as some
from schemathesis import Case
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from ivr.factory import create_app, utc_now
from ivr.hotline import UnknownCallError
from tests.test_crawl import described
from tests.test_webhooks import ASKED, URL
from tests.world import ACCOUNT, TOKEN, hotline_settings

EXAMPLES = int(os.environ.get("FUZZ", "4"))
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
TOLD = (
    *("CallSid", "From", "To", "Digits", "CallStatus", "SpeechResult", "Confidence", "RecordingSid", "RecordingUrl"),
    *("RecordingDuration", "RecordingStatus", "QueueResult", "QueueTime", "QueuePosition", "DialCallStatus"),
    *("DialBridged", "ErrorCode", "ErrorUrl", "ConferenceSid", "StatusCallbackEvent", "SequenceNumber", "EventType"),
    *("TaskSid", "TaskAttributes", "ReservationSid", "WorkerSid", "WorkerAttributes", "WorkerActivityName"),
)
ODD = ("", "1", "#", "*", "1" * 200, "completed", "absent", "hangup", "leave", "bridged", "-1", "1e400", "9" * 400)
ODDER = ("{}", "[]", '{"agent": 1}', "null", "RE" + "3" * 32, "CA" + "2" * 32, "NaN", "٣", "\0", "queue-full")
VALUES = some.one_of(some.text(max_size=40), some.sampled_from(ODD), some.sampled_from(ODDER))
FORMS = some.dictionaries(some.sampled_from(TOLD), VALUES, max_size=8)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """All that there is without a login: the hotline, the practice carrier beside it, and TaskRouter's paths."""
    found = hotline_settings(tmp_path_factory.mktemp("fuzz"), 8000, workspace="WS" + "1" * 32)
    made = create_app(replace(found, practice=True, public_url=URL), utc_now)
    made.config["PROPAGATE_EXCEPTIONS"] = True  # A fault is told as it is.
    yield made
    made.extensions["hotline"].close()


def cases(app: Flask, room: str) -> Iterator[Case]:
    """Yield what schemathesis asks of the paths in a room."""
    found: list[Case] = []
    operations = schemathesis.openapi.from_dict(json.loads(json.dumps(described(app)))).get_all_operations()
    for number, result in enumerate(operations):
        operation = result.ok()
        if operation.path.startswith(room):
            seed(number)(QUICK(given(case=operation.as_strategy())(lambda case: found.append(case))))()
    yield from found


def signed(app: Flask, path: str, form: dict[str, str], query: dict[str, Any]) -> TestResponse:
    """Ask as the carrier does."""
    url = quote(path) + (f"?{urlencode(query)}" if query else "")
    signature = RequestValidator(TOKEN).compute_signature(f"{URL}{url}", form)
    return app.test_client().post(url, data=form, headers={"X-Twilio-Signature": signature})


def forms(count: int) -> list[dict[str, str]]:
    """Return what the carrier might tell, and what it never would."""
    found: list[dict[str, str]] = []
    seed(7)(settings(QUICK, max_examples=count)(given(form=FORMS)(lambda form: found.append(form))))()
    return found


def test_whatever_the_carrier_tells_it_is_answered_and_by_what_it_understands(app: Flask) -> None:
    statuses, paths, told = Counter[int](), set[str](), cycle(forms(50 * EXAMPLES))
    with capture_logs() as logged:
        for case in cases(app, "/voice"):
            form, query = {**ASKED, **next(told)}, {name: str(value) for name, value in (case.query or {}).items()}
            answer = signed(app, case.formatted_path, form, query)
            assert answer.status_code < 500, (case.formatted_path, form)
            if answer.status_code == 200 and answer.data and answer.mimetype == "text/xml":
                assert ElementTree.fromstring(answer.data).tag == "Response"
            statuses[answer.status_code] += 1
            paths.add(case.path)
    print(dict(statuses))
    assert len(paths) > 20
    assert {200, 204} <= statuses.keys(), statuses
    # What went wrong behind an apology: calls that never rang, and nothing else.
    assert {type(line["exc_info"]) for line in logged if "exc_info" in line} <= {UnknownCallError}


def test_whoever_is_not_the_carrier_is_let_in_nowhere(app: Flask) -> None:
    assert signed(app, "/voice/incoming", ASKED, {}).status_code == 200  # So that who comes from here is heard.
    for case in cases(app, "/voice"):
        for signature in ("", "made up", "\u00e4", "A" * 5000):
            answer = app.test_client().open(
                quote(case.formatted_path), method=case.method, data=ASKED, headers={"X-Twilio-Signature": signature}
            )
            assert answer.status_code in (403, 404, 405), case.formatted_path


@pytest.mark.parametrize("room", ["/2010-04-01", "/v2", "/phone", "/audio", "/web"])
def test_no_path_beside_fails(app: Flask, room: str) -> None:
    password = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    statuses = Counter[int]()
    for case in cases(app, room):
        told = case.as_transport_kwargs(base_url="http://localhost")
        sent = {name: told[name] for name in ("json", "data") if told.get(name) is not None}
        path = case.formatted_path.replace("%7Baccount%7D", ACCOUNT)
        for headers in ({}, {"Authorization": f"Basic {password}"}):
            with app.test_client().open(
                path, method=case.method, query_string=case.query or {}, headers=headers, **sent
            ) as answer:
                assert answer.status_code < 500 or answer.status_code in (501, 503), (case.method, path, sent)
                statuses[answer.status_code] += 1
                assert headers or room not in ("/2010-04-01", "/v2") or answer.status_code in (401, 404, 405), path
    assert statuses


ROWS = ("/2010-04-01", "/v2", "/phone", "/audio", "/web", "/voice", "/desk", "/static")


def test_no_room_is_forgotten(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule != "/" and not rule.rule.startswith(ROWS)] == []
