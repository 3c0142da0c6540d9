"""What becomes of who waits, and of who is free, while the carrier's REST is away, and as it comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from twilio.base.exceptions import TwilioException, TwilioRestException

from ivr import breaker
from ivr.breaker import FAILURES
from ivr.telephony.asking import AwayError
from ivr.telephony.rest import Rest
from tests.talks import OUTSIDE, failing, staffed, talking
from tests.test_callbacks import asked_back
from tests.test_switchboard import picked_up, queued, soon, state
from tests.world import CUSTOMER, NUMBER, World


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with staffed(tmp_path) as made:
        yield made


def rings(here: World) -> int:
    """Return how often the carrier was asked to ring somebody, whatever came of it."""
    return sum(here.parts.tally.carrier["Calls"].counts) if "Calls" in here.parts.tally.carrier else 0


@pytest.mark.parametrize("methods", [("POST",), ("GET", "POST")])
def test_nobody_is_offered_anybody_while_the_carrier_is_away_and_all_go_on_as_it_is_back(
    here: World, methods: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "SECONDS", 3600)
    here.parts.desk.available("alice")
    caller, board = queued(here), here.parts.board
    with failing(here, "", methods=methods):
        soon(lambda: board.look() or board.rest.away)
        before = rings(here)
        soon(lambda: state(here) == "available")
        for _ in range(50):
            board.look()
        assert (rings(here), state(here)) == (before, "available")
        assert [place.state for place in here.parts.desk.waiting()] == ["waiting"]
        assert before <= 3 * FAILURES, "each ring may be looked for, but nobody is asked without end"
    monkeypatch.setattr(board.rest.breaker, "_until", 0.0)
    soon(lambda: board.tend() or not board.rest.away)
    agent = picked_up(here)
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))


def test_what_may_not_be_looked_at_keeps_nobody_from_being_rung(here: World) -> None:
    rest: Rest = here.parts.board.rest
    with failing(here, "/IncomingPhoneNumbers", methods=("GET",), error=(403, 20006)):
        for _ in range(2 * FAILURES):
            with pytest.raises(TwilioException):
                rest.numbers()
    assert not rest.away


def test_what_is_asked_of_a_carrier_that_is_away_fails_at_once_and_one_asks_whether_it_is_back(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "SECONDS", 3600)
    rest: Rest = here.parts.board.rest
    for _ in range(FAILURES):
        rest.breaker.went(well=False)
    before = rings(here)
    with pytest.raises(AwayError, match="left alone for some seconds"):
        rest.end("CA" + "0" * 32)
    assert rings(here) == before
    monkeypatch.setattr(rest.breaker, "_until", 0.0)
    assert rest.knock()


def test_who_is_hung_up_is_told_so_once_more_where_the_carrier_fails_and_nobody_is_moved_twice(here: World) -> None:
    here.parts.desk.available("alice")
    queued(here)
    phone = here.carrier.phone("client:alice")
    soon(lambda: here.parts.board.look() or phone.ringing)
    rest: Rest = here.parts.board.rest
    leg = next(call.sid for call in rest.client.calls.list(to="client:alice", status="ringing"))
    with failing(here, "/Calls/", most=1), pytest.raises(TwilioRestException):
        rest.move(leg, "https://hotline.example/elsewhere")
    with failing(here, "/Calls/", most=1):
        rest.end(leg)
    soon(lambda: not phone.ringing)


def test_who_was_to_be_hung_up_while_it_was_away_is_hung_up_as_it_is_back(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "SECONDS", 3600)
    here.parts.desk.available("alice")
    queued(here)
    phone, board = here.carrier.phone("client:alice"), here.parts.board
    soon(lambda: board.look() or phone.ringing)
    leg = next(call.sid for call in board.rest.client.calls.list(to="client:alice", status="ringing"))
    for _ in range(FAILURES):
        board.rest.breaker.went(well=False)
    with pytest.raises(AwayError):
        board.rest.end(leg)
    assert phone.ringing
    monkeypatch.setattr(board.rest.breaker, "_until", 0.0)
    soon(lambda: board.tend() or not phone.ringing)
    assert board.rest.unended == []


def test_a_ring_that_failed_leaves_others_alone_to_a_phone_that_is_shared(here: World) -> None:
    rest, told = here.parts.board.rest, ("http://127.0.0.1:9/x", "http://127.0.0.1:9/y", 20)
    first = rest.ring(OUTSIDE, NUMBER, *told)
    with failing(here, "/Calls.json", done=True), pytest.raises(TwilioRestException):
        rest.ring(OUTSIDE, NUMBER, *told, shared=True)
    assert not rest.over(first)


def test_a_ring_of_which_the_carrier_says_that_it_failed_does_not_go_on_for_nobody(here: World) -> None:
    here.parts.desk.available("alice")
    caller, phone = queued(here), here.carrier.phone("client:alice")
    offers = here.parts.desk.dispatch()
    with failing(here, "/Calls.json", done=True):
        assert not here.parts.board.rings.agent(offers[0])
    soon(lambda: not phone.ringing)
    assert state(here) == "available"
    agent = picked_up(here)
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))


def test_whose_phone_the_carrier_does_not_ring_is_away_and_the_caller_is_others(here: World) -> None:
    desk, board = here.parts.desk, here.parts.board
    desk.available("alice")
    caller = queued(here)
    with failing(here, "/Calls.json", error=(400, 21211)), capture_logs() as logged:
        soon(lambda: board.look() or state(here) == "away")
        for _ in range(50):
            board.look()
    found = desk.agent("alice")
    assert found
    assert found.reason == "denied"
    assert rings(here) == 2
    assert not board.rest.away, "others can be rung"
    assert {line["why"] for line in logged if line["event"] == "agent not rung"} == {"400 21211"}
    assert CUSTOMER not in str(logged)
    desk.available("bob")
    agent = picked_up(here, "bob")
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))


@pytest.mark.parametrize(("part", "error"), [("", (401, 20003)), ("/Calls.json", (400, 21210)), ("", (403, 20006))])
def test_that_the_carrier_rings_nobody_for_us_is_no_agents_fault(
    here: World, part: str, error: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "SECONDS", 3600)
    here.parts.desk.available("alice")
    caller, board = queued(here), here.parts.board
    with failing(here, part, methods=("GET", "POST"), error=error):
        soon(lambda: board.look() or board.rest.away)
        before = rings(here)
        for _ in range(50):
            board.look()
        assert rings(here) == before
    soon(lambda: state(here) == "available")
    monkeypatch.setattr(board.rest.breaker, "_until", 0.0)
    soon(lambda: board.tend() or not board.rest.away)
    agent = picked_up(here)
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))


def test_nobody_is_rung_for_an_offer_that_was_taken_back_before(here: World) -> None:
    here.parts.desk.available("alice")
    queued(here)
    offers = here.parts.desk.dispatch()
    here.parts.board.withdraw(offers[0].id)
    before = rings(here)
    assert not here.parts.board.rings.agent(offers[0])
    assert rings(here) == before


def test_who_rings_for_an_offer_that_is_taken_back_meanwhile_rings_no_longer(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.parts.desk.available("alice")
    queued(here)
    offers, plain = here.parts.desk.dispatch(), Rest.ring

    def late(rest: Rest, *told: object) -> str:
        leg = plain(rest, *told)  # type: ignore[arg-type]
        here.parts.board.withdraw(offers[0].id)
        return leg

    monkeypatch.setattr(Rest, "ring", late)
    assert here.parts.board.rings.agent(offers[0])
    soon(lambda: not here.carrier.phone("client:alice").ringing)
    assert state(here) == "available"


def test_a_customer_is_not_rung_back_for_an_agent_who_is_gone(here: World) -> None:
    waits = asked_back(here)
    here.parts.desk.available("alice")
    agent = picked_up(here)
    place = here.parts.desk.place(waits.id)
    assert place
    assert place.offer
    agent.hang_up()
    soon(lambda: state(here) == "available")
    before = rings(here)
    assert here.parts.board.rings.customer(place.offer, place)
    assert rings(here) == before
