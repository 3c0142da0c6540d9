"""What an agent may do to a talk, and what of it the page is told: only their own, once, and in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ivr.console.texts import TEXTS
from ivr.flow.events import Learned
from ivr.flow.inputs import LeftQueue, Pressed
from tests.desk_site import Clock, Site, desk_site
from tests.test_inbox_page import entered, heard

ENGLISH = TEXTS["en"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = desk_site(tmp_path, "http://127.0.0.1:8000", Clock())
    yield made
    made.close()


@pytest.fixture
def alice(site: Site) -> FlaskClient:
    return entered(site, "alice")


def test_every_word_is_there_in_both_languages() -> None:
    assert set(TEXTS["zh"]) == set(ENGLISH)
    assert [name for texts in TEXTS.values() for name, words in texts.items() if not words] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("hold", {"on": True}),
        ("record", {"on": False}),
        ("transfer", {"kind": "queue", "to": "payments"}),
        ("escalate", {}),
        ("consult", {"kind": "agent", "to": "bob"}),
        ("consult/complete", {}),
        ("consult/join", {}),
        ("consult/drop", {}),
        ("case/new", {"title": "twice"}),
        ("note", {"line": "x", "note": "y"}),
    ],
)
def test_nothing_is_done_to_a_talk_that_is_not_theirs(
    site: Site, alice: FlaskClient, path: str, body: dict[str, object]
) -> None:
    entered(site, "bob")
    site.talking("bob")
    refused = alice.post(f"/desk/{path}", json=body)
    assert (refused.status_code, refused.json["error"]) == (409, ENGLISH["not_now"])


def test_a_caller_is_held_and_comes_back(site: Site, alice: FlaskClient) -> None:
    site.talking()
    assert alice.post("/desk/hold", json={"on": True}).json["held"] is True
    assert alice.post("/desk/hold", json={"on": True}).status_code == 409
    assert alice.post("/desk/hold", json={"on": False}).json["held"] is False
    assert alice.post("/desk/hold", json={"on": "yes"}).status_code == 400


@pytest.mark.parametrize(
    ("kind", "to", "sent"),
    [
        ("queue", "accounts", ("transfer", "accounts", "", "", 0)),
        ("agent", "bob", ("transfer", "", "bob", "", 0)),
        ("number", " +8613800138000 ", ("transfer", "", "", "+8613800138000", 0)),
    ],
)
def test_a_caller_is_sent_on(site: Site, alice: FlaskClient, kind: str, to: str, sent: tuple[object, ...]) -> None:
    entered(site, "bob")
    site.talking()
    assert alice.post("/desk/transfer", json={"kind": kind, "to": to}).json["state"] == "wrapping"
    assert site.board.asked == [sent]


@pytest.mark.parametrize(
    ("kind", "to", "why"),
    [
        ("queue", "nowhere", "choose_target"),
        ("agent", "nobody", "choose_target"),
        ("agent", "alice", "choose_target"),
        ("number", "", "choose_target"),
        ("number", "+15005550006", "number_refused"),
    ],
)
def test_why_a_caller_is_not_sent_on_is_told(site: Site, alice: FlaskClient, kind: str, to: str, why: str) -> None:
    site.talking()
    refused = alice.post("/desk/transfer", json={"kind": kind, "to": to})
    assert (refused.status_code, refused.json["error"]) == (400, ENGLISH[why])


def test_an_agent_who_is_asked_first_takes_the_caller_over(site: Site, alice: FlaskClient) -> None:
    place, bob = site.talking(), entered(site, "bob")
    busy = alice.post("/desk/consult", json={"kind": "agent", "to": "bob"})
    assert (busy.status_code, busy.json["error"]) == (409, ENGLISH["nobody_free"])
    site.desk.available("bob")
    asked = alice.post("/desk/consult", json={"kind": "agent", "to": "bob"}).json
    assert asked["guestState"] == "ringing"
    assert "bob" in asked["parts"]["guests"]
    assert alice.post("/desk/consult", json={"kind": "agent", "to": "bob"}).json["error"] == ENGLISH["asked_already"]
    assert alice.post("/desk/consult/complete", json={}).json["error"] == ENGLISH["guest_rings"]
    rung = bob.get("/desk/news").json
    assert rung["mine"] is False
    assert "alice</b> <small>asks you in" in rung["parts"]["guests"]
    assert "bob" not in rung["parts"]["guests"]
    site.desk.guests.joined(asked["guest"])
    assert alice.post("/desk/consult/complete", json={}).json["state"] == "wrapping"
    told = bob.get("/desk/news").json
    assert (told["state"], told["mine"], told["line"]) == ("talking", True, place.id)


def test_the_recording_is_paused_where_there_is_one(site: Site, alice: FlaskClient) -> None:
    place = site.talking()
    assert alice.post("/desk/record", json={"on": False}).status_code == 409
    site.desk.talks.recording(place.id, "on")
    assert alice.post("/desk/record", json={"on": False}).json["record"] == "paused"
    assert alice.post("/desk/record", json={"on": True}).json["record"] == "on"


def test_a_draft_outlives_a_reload_and_is_gone_once_wrapped_up(site: Site, alice: FlaskClient) -> None:
    place = site.talking()
    assert alice.post("/desk/note", json={"line": place.id, "note": "paid twice"}).status_code == 204
    assert alice.post("/desk/note", json={"line": "another", "note": "lost"}).status_code == 409
    assert alice.get("/desk/news").json["note"] == "paid twice"
    site.desk.over(place.id)
    alice.post("/desk/wrap-up", json={"code": "resolved", "note": "paid twice"})
    assert site.desk.notes.read(place.id, "alice") == ""


def test_whoever_gets_the_caller_next_reads_what_was_noted(site: Site, alice: FlaskClient) -> None:
    bob = entered(site, "bob")
    place = site.talking()
    alice.post("/desk/note", json={"line": place.id, "note": "paid <twice>"})
    assert "paid" not in alice.get("/desk/news").json["parts"]["earlier"]
    site.desk.available("bob")
    guest = alice.post("/desk/consult", json={"kind": "agent", "to": "bob"}).json["guest"]
    assert "paid &lt;twice&gt;" in bob.get("/desk/news").json["parts"]["earlier"]
    site.desk.guests.joined(guest)
    alice.post("/desk/consult/complete", json={})
    tag = bob.get("/desk/news").headers["ETag"]
    alice.post("/desk/wrap-up", json={"code": "transferred", "note": "paid thrice"})
    told = bob.get("/desk/news", headers={"If-None-Match": tag})
    assert "paid thrice" in told.json["parts"]["earlier"]
    assert "twice" not in told.json["parts"]["earlier"]


def test_a_carrier_that_does_not_answer_is_told_plainly(
    site: Site, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> bool:
        raise TimeoutError

    site.talking()
    monkeypatch.setattr(type(site.board), "hold", late)
    answer = alice.post("/desk/hold", json={"on": True})
    assert (answer.status_code, answer.json["error"]) == (504, ENGLISH["carrier_slow"])


def test_a_case_is_opened_and_seen_at_the_next_call_with_what_was_before(site: Site, alice: FlaskClient) -> None:
    place = site.talking()
    assert "has not called before" in alice.get("/desk/news").json["parts"]["earlier"]
    assert alice.post("/desk/case/new", json={"title": " "}).json["error"] == ENGLISH["case_title_missing"]
    assert "Refund of 42" in alice.post("/desk/case/new", json={"title": "Refund of 42"}).json["parts"]["cases"]
    assert alice.post("/desk/case", json={"case": "another's"}).status_code == 400
    site.desk.over(place.id)
    alice.post("/desk/wrap-up", json={"code": "follow-up", "note": "wait for the bank"})
    site.clock.on(minutes=30)  # type: ignore[attr-defined]
    site.talking()
    parts = alice.get("/desk/news").json["parts"]
    assert "wait for the bank" in parts["earlier"]
    assert "follow-up" in parts["earlier"]
    assert "Refund of 42" in parts["cases"]
    assert "selected" in parts["cases"].split("Refund of 42")[0].splitlines()[0]  # No case, until the agent says so.


def test_the_journal_is_read_only_when_something_changed(
    site: Site, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.talking()
    tag = alice.get("/desk/news").headers["ETag"]
    reads: list[str] = []
    journal, events = type(site.hotline.journal), type(site.hotline.journal).events
    monkeypatch.setattr(journal, "events", lambda here, call: reads.append(call) or events(here, call))
    assert alice.get("/desk/news", headers={"If-None-Match": tag}).status_code == 304
    assert reads == []
    alice.post("/desk/hold", json={"on": True})
    assert alice.get("/desk/news", headers={"If-None-Match": tag}).status_code == 200
    assert reads


def test_a_message_is_work_at_the_desk(site: Site, alice: FlaskClient) -> None:
    place = site.left_message()
    alice.post("/desk/inbox/take", json={"place": place.id})
    told = alice.post("/desk/available", json={}).json
    assert (told["state"], told["kind"], told["line"]) == ("working", "message", place.id)
    assert "<audio" in told["parts"]["caller"]
    assert heard(alice, place)[0] == 200
    assert alice.post("/desk/wrap-up", json={"code": "resolved", "note": ""}).json["state"] == "available"
    done = site.desk.place(place.id)
    assert done
    assert (done.state, done.done_by) == ("done", "alice")


def test_what_the_caller_thought_of_it_is_not_on_the_card(site: Site, alice: FlaskClient) -> None:
    place = site.talking()
    site.hotline.hear(place.call_id, "turn/6", LeftQueue("bridged"))
    site.desk.over(place.id)
    before = alice.get("/desk/news").json["parts"]["path"]
    site.hotline.hear(place.call_id, "turn/7", Pressed("1"))
    events = site.hotline.journal.events(place.call_id)
    assert Learned("score", "1") in events
    assert alice.get("/desk/news").json["parts"]["path"] == before


def test_who_rings_or_what_is_given_out_is_told_on_other_pages(site: Site) -> None:
    alice = entered(site, "alice", "supervisor")

    def told() -> str:
        bells = [alice.get(f"/desk/{page}").json["parts"]["bell"] for page in ("inbox/news", "ring")]
        assert bells[0] == bells[1]
        return str(bells[0])

    assert told() == ""
    site.left_message()
    alice.post("/desk/available", json={})
    assert ENGLISH["bell_work"] in told()
    assert "data-ring" not in told()
    assert 'class="bell"' not in alice.get("/desk").text  # The card says so.
    alice.post("/desk/wrap-up", json={"code": "resolved", "note": ""})
    alice.post("/desk/away", json={"reason": "break"})
    entered(site, "bob")
    place = site.talking("bob")
    site.desk.available("alice")
    site.board.consult(place.id, "bob", agent="alice")
    assert "bob asks you in" in told()
    assert 'data-then="/desk"' in told()
    assert "data-ring" in alice.get("/desk").text


def test_queues_are_called_as_the_reader_calls_them(site: Site, alice: FlaskClient) -> None:
    site.talking()
    assert "Payments and money" in alice.get("/desk/news?lang=en").json["parts"]["caller"]
    assert "支付与资金" in alice.get("/desk/news?lang=zh").json["parts"]["caller"]
