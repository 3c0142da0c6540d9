"""What becomes of talks when the carrier's REST fails, or asks us twice, or we fail: nobody is left in silence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ivr.carrier.cues import Over
from ivr.carrier.web import Response
from ivr.desk.guests import Guests
from ivr.flow.events import Heard
from ivr.flow.inputs import InLine
from ivr.telephony.switchboard import Switchboard
from tests.talks import Talk, answered, failing, heard, staffed, talking
from tests.test_switchboard import picked_up, queued, soon, state
from tests.world import CUSTOMER, World


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with staffed(tmp_path) as made:
        yield made


def waits(here: World) -> list[str]:
    """Return how everybody in the line stands."""
    return [place.state for place in here.parts.desk.waiting()]


def test_what_the_carrier_does_not_do_is_told_as_not_done(here: World) -> None:
    talk = Talk(here)
    with failing(here, "/Conferences/"):
        assert not talk.board.hold(talk.id, True)
        assert not talk.board.record(talk.id, False)
    with failing(here, "/Calls/"):
        assert not talk.board.transfer(talk.id, "payments")
    assert talking(talk.caller)
    assert talking(talk.agent)
    assert (talk.place.state, talk.place.held, talk.place.record) == ("talking", False, "on")
    assert talk.board.transfer(talk.id, "payments")


def test_a_caller_who_cannot_be_fetched_waits_in_front_and_the_agent_is_free(here: World) -> None:
    here.parts.desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    with failing(here, f"/Calls/{caller.leg.sid}"):
        agent.press("1")
        soon(lambda: state(here) == "available" and isinstance(agent.cue, Over))
    assert waits(here) == ["waiting"]
    again = picked_up(here)
    again.press("1")
    soon(lambda: talking(caller) and talking(again))


def test_a_caller_who_is_fetched_though_the_carrier_says_that_it_failed_talks_on(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, tried = Switchboard._back, Event()

    def back(board: Switchboard, place: str) -> None:
        plain(board, place)
        tried.set()

    monkeypatch.setattr(Switchboard, "_back", back)
    here.parts.desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    with failing(here, f"/Calls/{caller.leg.sid}", done=True):
        agent.press("1")
        assert tried.wait(60)
    assert (waits(here), state(here)) == (["talking"], "talking")
    soon(lambda: talking(caller) and talking(agent))


def test_a_guest_who_cannot_be_rung_gives_the_caller_back(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    with failing(here, "/Calls.json"):
        assert talk.board.consult(talk.id, "alice", agent="bob")
        soon(lambda: state(here, "bob") == "available")
    soon(lambda: talking(talk.caller) and not talk.place.held)


def test_a_caller_comes_back_who_is_fetched_as_the_agent_hangs_up(here: World) -> None:
    here.parts.desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    plain, held = here.carrier.send, list[bool]()

    def late(url: str, form: Any, headers: Mapping[str, str], limits: tuple[float, float]) -> Response:
        if url.endswith("/caller") and not held:
            held.append(True)
            here.parts.board.left(url.split("/")[-2])  # As the end of the agent's call tells.
        return plain(url, form, headers, limits)

    here.carrier.send = late
    agent.press("1")
    soon(lambda: waits(here) == ["waiting"])
    assert state(here) == "wrapping"
    here.parts.desk.available("bob")
    other = picked_up(here, "bob")
    other.press("1")
    soon(lambda: talking(caller) and talking(other))


def test_a_caller_is_sent_on_once_however_often_that_is_told(here: World) -> None:
    talk = Talk(here)
    plain, answers = here.carrier.send, list[bytes]()

    def twice(url: str, form: Any, headers: Mapping[str, str], limits: tuple[float, float]) -> Response:
        answer = plain(url, form, headers, limits)
        if "/sent?" in url:
            again = plain(url, form, headers, limits)
            answers.extend((answer.body, again.body))
        return answer

    here.carrier.send = twice
    assert talk.board.transfer(talk.id, "payments")
    assert answers[0] == answers[1]
    assert b"Enqueue" in answers[0]
    assert waits(here) == ["waiting"]


def test_a_key_told_twice_does_not_end_the_talk(here: World) -> None:
    here.parts.desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    doubled(here, "/take")
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))


def doubled(here: World, end: str) -> None:
    """Have the carrier ask twice at such an address."""
    plain = here.carrier.send

    def twice(url: str, form: Any, headers: Mapping[str, str], limits: tuple[float, float]) -> Response:
        if url.endswith(end):
            plain(url, form, headers, limits)
        return plain(url, form, headers, limits)

    here.carrier.send = twice


def lost_once(here: World, end: str) -> list[str]:
    """Have the first telling of an end at such an address be lost; return which was."""
    plain, lost = here.carrier.send, list[str]()

    def send(url: str, form: Any, headers: Mapping[str, str], limits: tuple[float, float]) -> Response:
        if url.endswith(end) and not lost:
            lost.append(url)
            return Response(503)
        return plain(url, form, headers, limits)

    here.carrier.send = send
    return lost


def test_a_guest_who_joins_before_their_call_is_noted_is_let_in_when_asked_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Guests, "rung", lambda *_: None)
    doubled(here, "/join")
    talk = Talk(here)
    talk.desk.available("bob")
    _, other = talk.guest("bob")
    assert talking(other)


def test_the_end_of_an_agents_call_is_told_again(here: World) -> None:
    talk, lost = Talk(here), lost_once(here, "/over")
    talk.agent.hang_up()
    soon(lambda: lost and state(here) == "wrapping")


def test_the_end_of_a_guests_call_is_told_again(here: World) -> None:
    talk, lost = Talk(here), lost_once(here, "/over")
    talk.desk.available("bob")
    assert talk.board.consult(talk.id, "alice", agent="bob")
    answered(here, "client:bob").hang_up()
    soon(lambda: lost and state(here, "bob") == "available")


def test_the_end_of_a_customers_call_is_told_again(here: World) -> None:
    caller, lost = queued(here), lost_once(here, "/rung")
    caller.press("2")
    caller.press("1")
    caller.listen()
    caller.hang_up()
    here.parts.desk.available("alice")
    picked_up(here).press("1")
    phone = here.carrier.phone(CUSTOMER)
    soon(lambda: phone.ringing)
    phone.reject()
    soon(lambda: lost and state(here) == "available")


def test_the_waiting_room_goes_on_without_an_outlook(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no outlook today")

    monkeypatch.setattr("ivr.desk.outlook.Outlooks.of", broken)
    caller = queued(here)
    assert "下一位" in "".join(one.text for one in caller.heard)
    assert here.carrier.log.faults == []


def test_the_waiting_room_is_told_how_the_caller_stands(here: World) -> None:
    here.parts.desk.available("alice")
    first, second = queued(here), here.caller("+8613900001111")
    second.press("0")
    second.listen()
    told = [
        event.input
        for event in here.parts.journal.events(second.leg.sid)
        if isinstance(event, Heard) and isinstance(event.input, InLine)
    ]
    assert (told[0].position, told[0].agents) == (2, 1)
    assert "打个分" not in heard(first)
