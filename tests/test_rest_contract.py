"""Every REST request of a run is held against Twilio's published OpenAPI, and one that breaks it is named."""

from pathlib import Path

import pytest
from twilio.rest import Client

from tests.openapi import Pairs, Sent, faults
from tests.world import ACCOUNT, NUMBER, OPEN, TOKEN, World, world

CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
WORKER = f"/v1/Workspaces/WS{'1' * 32}/Workers/WK{'2' * 32}"
RING = {"To": "client:alice", "From": NUMBER, "Url": "http://127.0.0.1:8000/voice"}


def pairs(**given: str) -> Pairs:
    """Return a form."""
    return tuple(given.items())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"Tiemout": "20"}, "Tiemout is not a parameter"),
        ({"Timeout": "soon"}, "Timeout: 'soon' is not of type 'integer'"),
        ({"Method": "PUT"}, "Method: 'PUT' is not one of ['GET', 'POST']"),
        ({"Record": "yes"}, "Record: 'yes' is not of type 'boolean'"),
        ({"StatusCallback": "voice/over"}, "StatusCallback: 'voice/over' is not a 'uri'"),
        ({"To": "95588"}, "To: '95588' is not a 'endpoint'"),
    ],
)
def test_a_wrong_parameter_is_named(wrong: dict[str, str], words: str) -> None:
    assert faults(Sent("POST", CALLS, form=pairs(**RING))) == []
    assert words in faults(Sent("POST", CALLS, form=pairs(**(RING | wrong))))


def test_a_missing_or_doubled_parameter_is_named() -> None:
    assert faults(Sent("POST", CALLS, form=pairs(**RING)[1:])) == ["To is missing"]
    assert faults(Sent("POST", CALLS, form=(*pairs(**RING), ("Url", "http://127.0.0.1")))) == ["Url is given 2 times"]
    events = (("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "completed"))
    assert faults(Sent("POST", CALLS, form=(*pairs(**RING), *events))) == []


def test_a_wrong_path_or_method_is_named() -> None:
    assert faults(Sent("POST", CALLS.replace("Calls", "Call"))) == ["Twilio has no such path"]
    assert faults(Sent("DELETE", CALLS)) == ["not a method of this path"]
    assert faults(Sent("GET", CALLS.replace(ACCOUNT, "AC1")))[0] == "AccountSid: 'AC1' is too short"
    assert faults(Sent("GET", CALLS, query=pairs(Status="asleep")))[0].startswith("Status: 'asleep' is not one of")


def test_taskrouter_has_a_contract_too() -> None:
    assert faults(Sent("POST", WORKER, form=pairs(ActivitySid="WA" + "a" * 32))) == []
    assert faults(Sent("POST", WORKER, form=pairs(ActivitySid="Offline")))[0].startswith("ActivitySid: 'Offline'")


def test_a_wrong_answer_is_named() -> None:
    found = faults(Sent("POST", CALLS, form=pairs(**RING), status=201, body='{"sid": 7, "mood": "good"}'))
    assert "the answer's sid: 7 is not of type 'string'" in found
    assert "the answer has mood, which Twilio's has not" in found
    assert "the answer has no status" in found
    assert faults(Sent("POST", CALLS, form=pairs(**RING), status=302)) == ["is never answered with 302"]


def test_a_run_with_a_wrong_request_does_not_pass(tmp_path: Path) -> None:
    def run(asked: dict[str, str]) -> World:
        with world(tmp_path, OPEN) as here:
            here.carrier.phone("client:alice")
            client = Client(ACCOUNT, TOKEN)
            client.http_client.session.post(here.parts.settings.api_url + CALLS, asked, auth=(ACCOUNT, TOKEN))
            client.http_client.session.close()
        return here

    assert len(run(RING).rest.sent) == 1
    with pytest.raises(AssertionError, match="Tiemout is not a parameter"):
        run(RING | {"Tiemout": "20"})
