"""Who is rung back: an agent takes it first, then the customer is rung and asked for a key, and both talk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over
from ivr.desk.allowance import Allowance
from ivr.desk.keeping import Place
from ivr.store.crypto import of
from ivr.telephony.rest import Rest
from tests.desks import at_their_pages
from tests.talks import answered, heard, talking
from tests.test_switchboard import SKILLS, parted, picked_up, queued, soon, state
from tests.world import CUSTOMER, OPEN, World, world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        for name in ("alice", "bob"):
            made.carrier.phone(f"client:{name}")
            made.parts.desk.enrol(name, f"client:{name}", SKILLS)
        yield made
        assert made.wrong() == []


def asked_back(here: World) -> Place:
    """A customer waits, asks to be rung back at this number, and hangs up."""
    caller = queued(here)
    caller.press("2")
    caller.press("1")
    caller.listen()
    caller.hang_up()
    (place,) = here.parts.desk.waiting()
    assert (place.kind, place.number) == ("callback", CUSTOMER)
    return place


def taken(here: World, name: str = "alice") -> Caller:
    """Return an agent who took the call back."""
    here.parts.desk.available(name)
    agent = picked_up(here, name)
    assert "".join(one.text for one in agent.listen()).startswith("回电。")
    agent.press("1")
    return agent


def now(here: World, place: Place) -> Place:
    found = here.parts.desk.place(place.id)
    assert found
    return found


def test_a_customer_is_rung_back_and_both_wrap_up_free(here: World) -> None:
    place = asked_back(here)
    agent = taken(here)
    assert "hold.wav" in heard(agent)
    customer = answered(here, CUSTOMER)
    words = heard(customer)
    assert "您预约了我们的回电" in words
    assert "录音" in words
    customer.press("1")
    soon(lambda: talking(customer) and talking(agent))
    assert now(here, place).answered_back
    customer.hang_up()
    soon(lambda: state(here) == "wrapping")
    assert isinstance(agent.cue, Over)
    assert now(here, place).state == "done"


def rung_at_once(here: World, place: str) -> None:
    """Have Alice, who takes no calls, be rung for this call back now, and then its customer."""
    offer = here.parts.desk.offers.pick(place, "alice")
    assert offer
    here.parts.board.ring(offer)
    agent = picked_up(here, "alice")
    assert "".join(one.text for one in agent.listen()).startswith("回电。")
    agent.press("1")
    customer = answered(here, CUSTOMER)
    assert "回电" in heard(customer)
    customer.press("1")
    soon(lambda: talking(customer) and talking(agent))


def test_an_agent_rings_a_customer_back_before_it_is_due(here: World) -> None:
    place = asked_back(here)
    taken(here)
    here.carrier.phone(CUSTOMER)
    soon(lambda: here.carrier.phone(CUSTOMER).ringing)
    here.carrier.phone(CUSTOMER).reject("busy")
    soon(lambda: now(here, place).not_before is not None)
    soon(lambda: state(here) == "available")
    here.parts.desk.away("alice", "break")
    assert here.parts.desk.inbox.back(place.id, "alice", "", "") == place.id
    assert now(here, place).not_before is None
    rung_at_once(here, place.id)


def test_a_message_whose_agent_went_home_goes_to_another(here: World) -> None:
    caller = queued(here)
    caller.press("1")
    caller.listen()
    caller.speak(5)
    caller.press("#")
    here.parts.desk.available("alice")
    here.parts.board.tend()
    assert state(here) == "working"
    here.parts.desk.available("bob")
    here.carrier.clock.advance(timedelta(minutes=31).total_seconds())
    here.parts.board.tend()
    assert (state(here), state(here, "bob")) == ("away", "working")


def test_an_agent_rings_back_whoever_left_a_message(here: World) -> None:
    caller = queued(here)
    caller.press("1")
    caller.listen()
    caller.speak(5)
    caller.press("#")
    (message,) = here.parts.desk.inbox.work()
    sealed = of(here.parts.engine).hash(CUSTOMER)
    back = here.parts.desk.inbox.back(message.id, "alice", CUSTOMER, sealed)
    assert back
    assert here.parts.desk.inbox.back(message.id, "alice", CUSTOMER, sealed) is None, "once a number, while it is open"
    rung_at_once(here, back)
    assert now(here, message).state == "waiting", "it is done when the agent says so"


def test_who_reports_a_theft_at_night_is_rung_at_night(tmp_path: Path) -> None:
    with world(tmp_path, OPEN.replace(hour=3)) as here:
        here.parts.desk.enrol("alice", "client:alice", SKILLS | {"queue:fraud"})
        caller = here.caller()
        for key in ("1", "8800000001#", "0#", "2", "1"):
            caller.press(key)
        assert "轮到您时我们就打过去" in "".join(one.text for one in caller.listen())
        taken(here)
        assert "您预约了我们的回电" in heard(answered(here, CUSTOMER))


@pytest.mark.parametrize("how", ["presses nothing", "presses another", "hangs up", "is busy", "does not answer"])
def test_a_customer_who_does_not_confirm_is_tried_again_later(here: World, how: str) -> None:
    place = asked_back(here)
    agent = taken(here)
    phone = here.carrier.phone(CUSTOMER)
    soon(lambda: phone.ringing)
    if how in ("is busy", "does not answer"):
        phone.reject("busy" if how == "is busy" else "no-answer")
    else:
        customer = Caller(here.carrier, leg=phone.answer())
        {
            "presses nothing": customer.silence,
            "presses another": lambda: customer.press("5"),
            "hangs up": customer.hang_up,
        }[how]()
    soon(lambda: state(here) == "available")
    soon(lambda: "没有接听" in "".join(one.text for one in [*agent.heard, *agent.listen()]))
    assert isinstance(agent.cue, Over)
    found = now(here, place)
    assert (found.state, found.tries) == ("waiting", 1)
    assert found.not_before
    assert found.not_before - here.carrier.clock() <= timedelta(minutes=15)
    here.parts.board.tend()
    assert state(here) == "available"


def test_a_customer_who_rings_again_and_is_served_is_rung_back_no_more(here: World) -> None:
    place = asked_back(here)
    here.carrier.clock.advance(60)
    caller = queued(here)
    here.parts.desk.available("alice")
    agent = picked_up(here)
    agent.press("1")
    soon(lambda: talking(caller))
    assert now(here, place).state == "waiting"
    caller.hang_up()
    soon(lambda: now(here, place).state == "done")
    assert now(here, place).closed_code == "served in another call"


def test_three_tries_in_vain_are_the_end(here: World) -> None:
    place = asked_back(here)
    for pause in (0, 16 * 60, 2 * 3600 + 60):
        here.carrier.clock.advance(pause)
        taken(here)
        soon(lambda: here.carrier.phone(CUSTOMER).ringing)
        here.carrier.phone(CUSTOMER).reject()
        soon(lambda: state(here) == "available")
    assert now(here, place).state == "failed"


def test_a_customer_who_was_rung_back_is_rung_again_where_the_agents_browser_is_gone(here: World) -> None:
    at_their_pages(here.parts.desk, "alice", "bob")
    place = asked_back(here)
    agent = taken(here)
    customer = answered(here, CUSTOMER)
    customer.press("1")
    soon(lambda: talking(customer) and talking(agent))
    agent.hang_up()
    assert "再给您打来" in "".join(one.text for one in customer.listen())
    assert now(here, place).state == "waiting"
    assert state(here) == "wrapping"
    here.carrier.clock.advance(6)
    second = taken(here, "bob")
    again = answered(here, CUSTOMER)
    again.press("1")
    soon(lambda: talking(again) and talking(second))
    parted(here, second, "bob")
    soon(lambda: now(here, place).state == "done")
    soon(lambda: again.over)


def test_an_agent_who_hangs_up_too_soon_leaves_the_customer_in_front(here: World) -> None:
    place = asked_back(here)
    agent = taken(here)
    phone = here.carrier.phone(CUSTOMER)
    soon(lambda: phone.ringing)
    agent.hang_up()
    soon(lambda: not phone.ringing)
    soon(lambda: now(here, place).state == "waiting")
    assert state(here) == "available"


def test_a_customer_who_answers_as_the_agent_goes_is_told_so(here: World) -> None:
    place = asked_back(here)
    agent = taken(here)
    customer = answered(here, CUSTOMER)
    customer.listen()
    here.parts.board.rings.customers.clear()  # As in another process, which does not know the customer's call.
    agent.hang_up()
    soon(lambda: now(here, place).state == "waiting")
    assert "再给您打来" in "".join(one.text for one in customer.press("1") + customer.listen())


def test_a_customer_is_handed_over_to_a_colleague(here: World) -> None:
    place = asked_back(here)
    agent = taken(here)
    customer = answered(here, CUSTOMER)
    customer.press("1")
    soon(lambda: talking(customer) and talking(agent))
    here.parts.desk.available("bob")
    guest = here.parts.board.consult(place.id, "alice", agent="bob")
    assert guest
    other = answered(here, "client:bob")
    other.press("1")
    soon(lambda: talking(other))
    assert here.parts.board.complete(guest.id)
    assert talking(customer)
    assert (state(here), state(here, "bob")) == ("wrapping", "talking")
    customer.hang_up()
    soon(lambda: state(here, "bob") == "wrapping")
    assert now(here, place).state == "done"


def test_a_message_rings_nobody(here: World) -> None:
    caller = queued(here)
    caller.press("1")
    caller.speak(4)
    caller.hang_up()
    soon(lambda: [place.kind for place in here.parts.desk.waiting()] == ["message"])
    here.parts.desk.available("alice")
    here.parts.board.tend()
    assert state(here) == "working"
    assert not here.carrier.phone("client:alice").legs


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Return what rings from now on: phone, caller, two addresses, seconds, and how long may be talked."""
    told, ring = list[tuple[object, ...]](), Rest.ring
    monkeypatch.setattr(Rest, "ring", lambda rest, *asked: told.append(asked) or ring(rest, *asked))
    return told


def test_a_customer_who_is_rung_talks_for_an_hour_at_most(here: World, rung: list[tuple[object, ...]]) -> None:
    asked_back(here)
    agent = taken(here)
    answered(here, CUSTOMER)
    assert [(told[0], told[4:]) for told in rung] == [("client:alice", (20,)), (CUSTOMER, (40, 3600))]
    assert here.parts.desk.callbacks.rung(OPEN - timedelta(days=1)) == 1
    assert here.parts.desk.callbacks.rung(here.parts.desk.now() + timedelta(seconds=1)) == 0
    agent.hang_up()


def test_nobody_is_rung_back_beyond_the_days_call_backs(here: World, rung: list[tuple[object, ...]]) -> None:
    place = asked_back(here)
    none = Allowance(0, here.parts.desk.callbacks.rung, here.parts.desk.now)
    object.__setattr__(here.parts.board.rings, "spend", none.spend)
    taken(here)
    soon(lambda: now(here, place).tries == 1)
    assert [told[0] for told in rung] == ["client:alice"]
    assert now(here, place).state == "waiting"
    assert state(here) == "available"
