"""What the inbox promises: messages and call backs are taken, heard and done, by whoever they are given to alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ivr.console import view
from ivr.console.card import Fact, keyed
from ivr.desk.keeping import Place
from tests.desk_site import ACCOUNT, ORDER, TO_AN_ACCOUNT, Clock, Site, desk_site, log_in
from tests.stores import CALLER

OTHER = "+8613900009876"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    made = desk_site(tmp_path, "http://127.0.0.1:8000", clock)
    yield made
    made.close()


@pytest.fixture
def alice(site: Site) -> FlaskClient:
    return entered(site, "alice")


def entered(site: Site, name: str, role: str = "agent") -> FlaskClient:
    """Return the browser of a new agent, who is logged in."""
    client = site.app.test_client()
    token = log_in(client, name, site.hire(name, role))
    client.environ_base["HTTP_X_CSRFTOKEN"] = token
    client.get("/desk?lang=en")
    return client


def heard(client: FlaskClient, place: Place) -> tuple[int, str, bytes]:
    """Return how the request for a message's sound is answered: the status, the kind, the first bytes."""
    with client.get(f"/desk/message?place={place.id}") as answer:
        return answer.status_code, answer.mimetype, answer.data[:4]


def test_a_message_is_taken_heard_and_done_with_a_code(site: Site, alice: FlaskClient) -> None:
    place = site.left_message()
    assert "nobody yet" in alice.get("/desk/inbox").text
    assert alice.get(f"/desk/message?place={place.id}").status_code == 404
    assert alice.post("/desk/inbox/take", json={"place": place.id}).status_code == 204
    assert heard(alice, place) == (200, "audio/wav", b"RIFF")
    assert alice.post("/desk/inbox/close", json={"place": place.id}).status_code == 400
    closed = alice.post("/desk/inbox/close", json={"place": place.id, "code": "resolved", "note": "rang him"})
    assert closed.status_code == 204
    kept = site.desk.place(place.id)
    assert kept
    assert (kept.state, kept.done_by, kept.closed_code) == ("done", "alice", "resolved")
    assert "Nothing to do here" in alice.get("/desk/inbox").text
    assert "resolved" in alice.get("/desk/inbox?show=done").text


def test_nobody_hears_or_closes_what_is_given_to_another(site: Site, alice: FlaskClient) -> None:
    place, bob = site.left_message(), entered(site, "bob")
    assert bob.post("/desk/inbox/take", json={"place": place.id}).status_code == 204
    assert alice.get(f"/desk/message?place={place.id}").status_code == 404
    assert alice.post("/desk/inbox/close", json={"place": place.id, "code": "other"}).status_code == 409
    assert alice.post("/desk/inbox/give-back", json={"place": place.id}).status_code == 409
    assert site.app.test_client().get(f"/desk/message?place={place.id}").location == "/desk/login"
    assert heard(bob, place)[0] == 200


@pytest.mark.parametrize("name", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "", "no-such-place"])
def test_no_other_file_is_reached(site: Site, alice: FlaskClient, name: str) -> None:
    site.left_message()
    assert alice.get(f"/desk/message?place={name}").status_code == 404


def test_a_message_whose_sound_is_not_here_says_so(site: Site, alice: FlaskClient) -> None:
    place = site.left_message(here=False)
    alice.post("/desk/inbox/take", json={"place": place.id})
    assert "not here yet" in alice.get("/desk/inbox?show=mine").text
    assert alice.get(f"/desk/message?place={place.id}").status_code == 404


def test_two_messages_are_told_apart_by_number_time_and_length(site: Site, clock: Clock, alice: FlaskClient) -> None:
    site.left_message()
    clock.on(minutes=5)
    site.left_message(caller=OTHER)
    rows = alice.get("/desk/inbox").text.split("<article")[1:]
    for row, caller, received in zip(rows, (CALLER, OTHER), ("11-23 10:00", "11-23 10:05"), strict=True):
        assert f"••••{caller[-4:]}" in row
        assert received in row
        assert "<dt>Length</dt><dd>0:02</dd>" in row
        assert caller not in row


def test_who_withholds_the_number_is_said_to(site: Site, alice: FlaskClient) -> None:
    site.left_message(caller="anonymous")
    assert "withheld" in alice.get("/desk/inbox").text


def shown(client: FlaskClient, place: Place, what: str) -> tuple[int, object]:
    """Return how asking for a whole number is answered."""
    answer = client.post("/desk/show", json={"place": place.id, "what": what})
    return answer.status_code, answer.json.get("whole")


def test_a_whole_number_is_shown_to_whoever_has_the_caller_and_each_use_is_audited(
    site: Site, alice: FlaskClient
) -> None:
    place = site.queued(*TO_AN_ACCOUNT, ACCOUNT, "1")
    bob = entered(site, "bob")
    alice.post("/desk/available", json={})
    assert ACCOUNT not in alice.get("/desk").text
    assert shown(alice, place, "account") == (409, None)  # It only rings.
    alice.post("/desk/answer", json={})
    assert shown(alice, place, "account") == (200, ACCOUNT)
    assert shown(alice, place, "caller") == (200, CALLER)
    assert shown(bob, place, "account") == (409, None)
    assert [shown(alice, place, what)[0] for what in ("number", "pin", "keyed")] == [404, 404, 404]
    site.desk.over(place.id)
    assert shown(alice, place, "account") == (200, ACCOUNT)
    alice.post("/desk/wrap-up", json={"code": "resolved", "note": ""})
    assert shown(alice, place, "account") == (409, None)
    used = site.app.extensions["audit"].page(9, act="number.show")
    assert [(one.who, one.subject) for one in used] == [("alice", what) for what in ("account", "caller", "account")]
    assert all(place.id in one.detail for one in used)
    assert not any(number in str(used) for number in (ACCOUNT, CALLER))


def test_the_number_of_work_is_shown_to_whoever_took_it(site: Site, alice: FlaskClient) -> None:
    place = site.left_message()
    assert shown(alice, place, "caller") == (409, None)
    assert "data-show" not in alice.get("/desk/inbox").text
    alice.post("/desk/inbox/take", json={"place": place.id})
    assert 'data-show="caller"' in alice.get("/desk/inbox").text
    assert shown(alice, place, "caller") == (200, CALLER)
    alice.post("/desk/inbox/close", json={"place": place.id, "code": "other"})
    assert shown(alice, place, "caller") == (409, None)


def test_the_menus_say_what_is_masked(site: Site) -> None:
    calls = [site.call(*TO_AN_ACCOUNT, ACCOUNT, "1"), site.call("2", "4", "4", ORDER, "1")]
    facts = [keyed(site.flow, site.hotline.journal.events(call))[0] for call in calls]
    assert facts == [Fact("account", f"••••{ACCOUNT[-4:]}", masked=True), Fact("order", ORDER, masked=False)]


def _answered(caller: view.Caller) -> view.Caller:
    return replace(caller, known=replace(caller.known, answers=(("Proof", "by PIN"),)))


def test_what_the_wallet_answered_has_a_place_on_the_card_only_where_there_is_something(
    site: Site, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.talking()
    assert 'class="known"' not in alice.get("/desk").text
    asked = view._caller
    monkeypatch.setattr(view, "_caller", lambda *about: _answered(asked(*about)))
    assert "<dt>Proof</dt><dd>by PIN</dd>" in alice.get("/desk").text


def test_what_is_late_is_marked(site: Site, clock: Clock, alice: FlaskClient) -> None:
    site.left_message()
    assert "overdue" not in alice.get("/desk/inbox/news").json["parts"]["rows"]
    clock.on(days=8)
    assert alice.get("/desk/inbox/news").status_code == 401
    assert "overdue" in entered(site, "carol").get("/desk/inbox/news").json["parts"]["rows"]


def test_the_inbox_is_asked_for_again_only_when_it_changed(site: Site, alice: FlaskClient) -> None:
    first = alice.get("/desk/inbox/news")
    again = {"If-None-Match": first.headers["ETag"]}
    assert alice.get("/desk/inbox/news", headers=again).status_code == 304
    site.left_message()
    assert alice.get("/desk/inbox/news", headers=again).status_code == 200


def test_only_supervisors_see_and_hear_the_talks(site: Site, alice: FlaskClient) -> None:
    place, sam = site.talking(), entered(site, "sam", "supervisor")
    assert alice.get("/desk/talks").status_code == 403
    assert alice.post("/desk/talks/listen", json={"place": place.id}).status_code == 403
    assert "alice" in sam.get("/desk/talks").text
    assert sam.post("/desk/talks/leave", json={"place": place.id}).status_code == 409
    assert sam.post("/desk/talks/listen", json={"place": place.id}).status_code == 204
    (guest,) = site.desk.guests.of(place.id)
    assert (guest.by, guest.mode, guest.phone) == ("sam", "listen", "client:sam")
    assert sam.post("/desk/talks/coach", json={"place": place.id}).status_code == 204
    assert [one.mode for one in site.desk.guests.of(place.id)] == ["coach"]
    assert sam.post("/desk/talks/leave", json={"place": place.id}).status_code == 204
    assert site.desk.guests.of(place.id) == []


def rung(client: FlaskClient, place: Place) -> int:
    """Ring back; return the status."""
    return client.post("/desk/inbox/ring", json={"place": place.id}).status_code


def test_one_key_rings_back_whoever_left_a_message(site: Site, alice: FlaskClient) -> None:
    place, bob = site.left_message(), entered(site, "bob")
    assert 'data-act="inbox/ring"' in alice.get("/desk/inbox").text
    assert rung(alice, place) == 204
    (back,) = [one for one in site.desk.inbox.work() if one.kind == "callback"]
    assert (back.state, back.agent, back.number, back.queue) == ("offered", "alice", CALLER, place.queue)
    assert site.board.asked == [("ring", "alice", "callback", back.id)]
    assert site.desk.agent("alice").state == "ringing"  # type: ignore[union-attr]
    message = site.desk.place(place.id)
    assert message
    assert (message.state, message.owner) == ("waiting", "alice")
    assert rung(alice, place) == 409, "her phone rings already"
    assert rung(bob, place) == 409, "it is hers"


def test_a_message_that_is_somebody_elses_or_of_a_withheld_number_is_not_rung_back(
    site: Site, alice: FlaskClient
) -> None:
    withheld = site.left_message(caller="anonymous")
    assert 'data-act="inbox/ring"' not in alice.get("/desk/inbox").text
    theirs = site.left_message()
    site.desk.inbox.assign(theirs.id, "bob")
    assert [rung(alice, one) for one in (withheld, theirs)] == [409, 409]
