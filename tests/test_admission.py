"""More callers at once than can be answered: each is answered in time, and none is lost; forgers are not heard."""

from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from threading import Event
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from ivr.carrier.rehearsal import _Quiet
from ivr.listening import listening
from ivr.telephony import admission
from ivr.telephony.admission import FORGED, GIVES_UP, KNOWN, LONG, MINUTE, Admission, Queue, Strangers
from tests.contract import faults
from tests.test_webhooks import ASKED, CALL, LANGUAGE, URL, Site, site
from tests.world import TOKEN

__all__ = ["site"]


@pytest.fixture
def crowd(site: Site) -> Iterator[Admission]:
    """Have requests stand in the queue for too long."""
    found: Admission = site.app.extensions["admission"]  # type: ignore[attr-defined]
    found.queue.waited = 2 * LONG
    yield found
    found.queue.waited = 0


def test_who_rings_amid_a_crowd_is_asked_for_patience_and_greeted_later(site: Site, crowd: Admission) -> None:
    answer = site.ask("/voice/incoming")
    assert (answer.status_code, answer.mimetype, site.rows()) == (200, "text/xml", 0)
    assert "请稍候" in answer.text
    assert "One moment" in answer.text
    assert f">{URL}/voice/incoming#" in answer.text
    assert faults(answer.text, waiting=False) == []
    assert +site.parts.tally.put_off == {"caller": 1}
    crowd.queue.waited = 0
    assert "<Gather" in site.ask("/voice/incoming").text
    assert +site.parts.tally.put_off == {"caller": 1}


def test_what_was_keyed_amid_a_crowd_is_asked_for_again_and_counts_as_no_miss(site: Site, crowd: Admission) -> None:
    crowd.queue.waited = 0
    menu = site.ask("/voice/incoming").text
    crowd.queue.waited = 2 * LONG
    busy = site.ask(f"/voice/turn/1{LANGUAGE}", Digits="1")
    assert f"{URL}/voice/turn/0{LANGUAGE}#" in busy.text
    assert "One moment" not in busy.text
    crowd.queue.waited = 0
    assert site.ask(f"/voice/turn/0{LANGUAGE}").text == menu
    assert site.parts.journal.call(CALL).call.turn == 1  # type: ignore[union-attr]


def test_what_was_not_keyed_is_asked_in_the_same_words(site: Site, crowd: Admission) -> None:
    for path, waiting in ((f"turn/3{LANGUAGE}", False), (f"wait/4{LANGUAGE}&rounds=2", True)):
        answer = site.ask(f"/voice/{path}", Digits="", QueueTime="9", QueuePosition="1")
        assert f"{URL}/voice/{path.replace('&', '&amp;')}#" in answer.text
        assert faults(answer.text, waiting=waiting) == []


ONCE = ({"QueueResult": "bridged"}, {"RecordingSid": "RE" + "1" * 32}, {"DialCallStatus": "completed"})


@pytest.mark.parametrize("told", ONCE, ids=str)
def test_what_is_told_but_once_is_taken_however_many_wait(site: Site, crowd: Admission, told: dict[str, str]) -> None:
    assert "请稍候" not in site.ask(f"/voice/turn/1{LANGUAGE}", **told).text
    assert not +site.parts.tally.put_off


def test_what_the_carrier_tells_again_is_left_until_then(site: Site, crowd: Admission) -> None:
    for path in ("status", "recording", "recording/z"):
        assert site.ask(f"/voice/{path}", CallStatus="completed").status_code == 503
    assert +site.parts.tally.put_off == {"notice": 3}
    crowd.queue.waited = 0
    assert site.ask("/voice/status", CallStatus="completed").status_code == 204


def test_a_crowd_opens_no_door_to_who_does_not_sign(site: Site, crowd: Admission) -> None:
    assert site.post("/voice/incoming", ASKED, {}).status_code == 403
    large = {"X-Twilio-Signature": "made up"}
    assert site.post("/voice/incoming", ASKED | {"CallerName": "x" * 66_000}, large).status_code == 413
    assert "evil" not in site.ask("/voice/turn/1?language=%22%3Cevil%3E", Digits="1").text


def test_the_queue_is_long_as_soon_as_whoever_stands_in_it_has_stood_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, now = Queue(), [100.0]
    monkeypatch.setattr(admission, "monotonic", lambda: now[0])
    assert not queue.long()
    queue._asked = now[0]
    now[0] += LONG / 2
    assert not queue.long()
    now[0] += LONG
    assert queue.long()
    queue.waited, queue._asked = 1.5 * LONG, 0.0
    assert queue.long()
    queue.waited = LONG / 2
    assert not queue.long()


@pytest.mark.parametrize(("after", "patience", "counted"), [(0.06, 30.0, 0.06), (30.0, 0.2, GIVES_UP)])
def test_how_long_it_stands_in_the_queue_is_counted_each_time(after: float, patience: float, counted: float) -> None:
    queue, go_on = Queue(), Event()

    def slow(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        go_on.wait(after)
        start("204 No Content", [("Content-Length", "0")])
        return []

    server = make_server("127.0.0.1", 0, slow, threaded=True, request_handler=_Quiet)
    port = server.server_port
    with listening(server):
        queue.look(HTTPConnection("127.0.0.1", port, timeout=patience))
        go_on.set()
    queue.look(HTTPConnection("127.0.0.1", port, timeout=patience))  # Where nobody is, nobody stands.
    assert sum(queue.tally.queue.counts) == 1
    assert queue.tally.queue.seconds >= counted


def forged(site: Site, peer: str) -> TestResponse:
    client = Client(site.app.wsgi_app)  # type: ignore[attr-defined]
    told = {"data": ASKED, "headers": {"X-Twilio-Signature": "made up"}, "environ_base": {"REMOTE_ADDR": peer}}
    return client.post("/voice/incoming", **told)  # type: ignore[arg-type]


def test_whoever_forges_again_and_again_is_not_heard_for_a_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(admission, "monotonic", lambda: now[0])
    assert [forged(site, "192.0.2.1").status_code for _ in range(FORGED + 2)] == [403] * FORGED + [429] * 2
    assert +site.parts.tally.put_off == {"stranger": 2}
    assert forged(site, "192.0.2.2").status_code == 403
    assert site.ask("/voice/incoming").status_code == 200
    now[0] += MINUTE
    assert forged(site, "192.0.2.1").status_code == 403


def test_the_carrier_is_heard_though_others_forge_behind_the_same_proxy(site: Site) -> None:
    def told(path: str) -> TestResponse:
        signature = RequestValidator(TOKEN).compute_signature(f"{URL}{path}", ASKED)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        client = Client(site.app.wsgi_app)  # type: ignore[attr-defined]
        return client.post(path, data=urlencode(ASKED), headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.9"})

    assert told("/voice/incoming").status_code == 200
    assert {forged(site, "192.0.2.9").status_code for _ in range(3 * FORGED)} == {403}
    assert told("/voice/incoming").status_code == 200


def test_addresses_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    now, strangers = [100.0], Strangers()
    monkeypatch.setattr(admission, "monotonic", lambda: now[0])
    monkeypatch.setattr(admission, "MOST", 50)
    for number in range(500):
        strangers.told(f"192.0.2.{number}", right=bool(number % 2))
    assert len(strangers._wrong) <= 50
    assert len(strangers._right) <= 50
    for _ in range(FORGED):
        strangers.told("192.0.2.1", right=False)
    strangers.told("192.0.2.1", right=True)
    assert strangers.heard("192.0.2.1")
    now[0] += KNOWN + 1
    for _ in range(FORGED):
        strangers.told("192.0.2.1", right=False)
    assert not strangers.heard("192.0.2.1")
