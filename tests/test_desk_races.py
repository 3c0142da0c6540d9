"""Races, on both databases and between two engines as of two processes: of whoever moves a place, one wins."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from ivr.desk.keeping import Desk, Offer
from ivr.desk.places import one
from ivr.store.desk_tables import agents, line
from ivr.store.journal import Journal
from ivr.store.tables import calls
from tests.desks import Office, at_once
from tests.pages import until
from tests.states import check_states

ROUNDS = 15


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Iterator[Office]:
    """Return a desk at which alice is on; after the races no change of an agent's state is missing."""
    made = Office(engine, journal)
    made.hire("alice")
    yield made
    check_states(engine)


@pytest.fixture
def rival(office: Office, database: str, opened_engine: Callable[..., Engine]) -> Desk:
    """Return the desk of another process."""
    return Office(opened_engine(database), office.journal, office.clock).desk


def test_who_hangs_up_as_the_agent_takes_them_is_lost_to_nobody(office: Office, rival: Desk) -> None:
    for _ in range(ROUNDS):
        place = office.queued()
        (offer,) = office.desk.dispatch()
        taken, _ = at_once(lambda: rival.accept(offer.id), lambda: office.hangs_up(place.call_id))  # noqa: B023
        over = office.desk.place(place.id)
        assert over
        assert over.state == ("done" if taken else "left")
        # The agent is found, whoever was first.
        assert office.desk.done() == ([place.id] if taken else [])
        assert office.desk.stale() == ([] if taken else [offer.id])
        assert office.desk.over(place.id) if taken else office.desk.refuse(offer.id, "left")
        assert office.state("alice") == ("wrapping" if taken else "available")
        if taken:
            office.desk.wrap_up("alice", "resolved", "")
        office.clock.on(minutes=11)


def test_two_dispatchers_offer_nobody_twice_and_no_agent_two(office: Office, rival: Desk) -> None:
    office.hire("bob", "carol")
    for number in range(ROUNDS):
        callers = [f"+861380{number:03}{caller:04}" for caller in range(3)]
        places = [office.queued(caller=caller) for caller in callers]
        both = at_once(office.desk.dispatch, rival.dispatch)
        offers = [offer for made in both for offer in made]  # type: ignore[attr-defined]
        offers += office.desk.dispatch()
        assert sorted(offer.line for offer in offers) == sorted(place.id for place in places)
        assert sorted(offer.agent for offer in offers) == ["alice", "bob", "carol"]
        for place in places:
            office.hangs_up(place.call_id)
        assert all(office.desk.refuse(offer, "left") for offer in office.desk.stale())
        assert rival.stale() == []


def amid(monkeypatch: pytest.MonkeyPatch, module: str, act: Callable[[], object]) -> None:
    """Have something happen elsewhere just after the next thing is read there, before it is changed."""
    acts = [act]

    def read(*asked: Any) -> Any:
        found = one(*asked)
        if acts:
            acts.pop()()
        return found

    monkeypatch.setattr(f"{module}.one", read)


@pytest.mark.parametrize("next_", ["bob", "alice"])
def test_an_offer_refused_twice_leaves_the_next_one_as_it_is(
    office: Office, rival: Desk, monkeypatch: pytest.MonkeyPatch, next_: str
) -> None:
    if next_ != "alice":
        office.hire(next_)
    place = office.queued()
    (first,) = office.desk.dispatch()
    offers = list[Offer]()

    def elsewhere() -> None:
        assert rival.refuse(first.id, "refused")
        offers.extend(rival.dispatch())

    amid(monkeypatch, "ivr.desk.offers", elsewhere)
    assert not office.desk.refuse(first.id, "late")
    assert [(offer.line, offer.agent) for offer in offers] == [(place.id, next_)]
    assert {name: office.state(name) for name in ("alice", next_)} == {"alice": "available", next_: "ringing"}
    assert office.desk.accept(offers[0].id)


def test_an_agent_too_late_takes_nobody_from_the_next_one(
    office: Office, rival: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("bob")
    place = office.queued()
    (first,) = office.desk.dispatch()
    offers = list[Offer]()

    def elsewhere() -> None:
        assert rival.refuse(first.id, "late")
        office.queued(caller="+8613900001111")
        offers.extend(rival.dispatch())

    amid(monkeypatch, "ivr.desk.offers", elsewhere)
    assert office.desk.accept(first.id) is None
    assert [(offer.agent, offer.line == place.id) for offer in offers] == [("bob", True), ("alice", False)]
    assert (office.state("alice"), office.state("bob")) == ("ringing", "ringing")
    assert all(office.desk.accept(offer.id) for offer in offers)


def test_an_agent_who_rings_for_nobody_is_found(office: Office) -> None:
    office.hire("bob", "carol")
    talk = office.queued()
    (mine,) = office.desk.dispatch()
    assert office.desk.accept(mine.id)
    assert office.desk.guests.consult(talk.id, "alice", agent="bob")  # Bob rings for a place that names Alice.
    lost = office.queued(caller="+8613900001111")
    (offer,) = office.desk.dispatch()
    assert offer.agent == "carol"
    office.clock.on(seconds=8)
    assert office.desk.offers.astray() == []
    with office.engine.begin() as connection:
        connection.execute(update(line).where(line.c.id == lost.id).values(state="waiting", offer=None, agent=None))
    assert office.desk.stale() == []
    assert office.desk.offers.astray() == ["carol"]
    assert [office.state(name) for name in ("alice", "bob", "carol")] == ["talking", "ringing", "available"]
    assert [offer.line for offer in office.desk.dispatch()] == [lost.id]


def test_a_customer_who_is_told_twice_not_to_answer_was_tried_once(office: Office, rival: Desk) -> None:
    for _ in range(ROUNDS):
        back = office.asks_back(office.queued())
        office.talking(back, "alice")
        told = at_once(lambda: office.desk.callbacks.unanswered(back.id), lambda: rival.callbacks.unanswered(back.id))  # noqa: B023
        assert sorted(told) == [False, True]  # type: ignore[type-var]
        tried = office.desk.place(back.id)
        assert tried
        assert (tried.tries, tried.state, office.state("alice")) == (1, "waiting", "available")
        assert office.desk.inbox.close(back.id, "alice", "done", "")
        office.clock.on(minutes=11)


def test_a_customer_who_answers_as_they_are_given_up_is_either(office: Office, rival: Desk) -> None:
    for _ in range(ROUNDS):
        back = office.asks_back(office.queued())
        office.talking(back, "alice")
        there, gone = at_once(
            lambda: office.desk.callbacks.answered(back.id),  # noqa: B023
            lambda: rival.callbacks.unanswered(back.id),  # noqa: B023
        )
        assert there is not gone
        assert office.state("alice") == ("talking" if there else "available")
        if there:
            assert office.desk.over(back.id)
            assert office.desk.wrap_up("alice", "done", "")
        else:
            assert office.desk.inbox.close(back.id, "alice", "done", "")
        office.clock.on(minutes=11)


def test_a_talk_is_handed_over_or_ended(office: Office, rival: Desk) -> None:
    office.hire("bob")
    for _ in range(ROUNDS):
        office.desk.away("bob", "lunch")
        office.clock.on(minutes=1)
        place = office.talking(office.queued(), "alice")
        office.desk.available("bob")
        guest = office.desk.guests.consult(place.id, "alice", agent="bob")
        assert guest
        assert office.desk.guests.joined(guest.id)
        at_once(
            lambda: rival.guests.handed_over(place.id, guest.id),  # noqa: B023
            lambda: office.hangs_up(place.call_id),  # noqa: B023
        )
        for desk in (office.desk, rival):
            for past in desk.guests.past():
                desk.guests.gone(past)
            for done in desk.done():
                desk.over(done)
        assert (office.state("alice"), office.state("bob")) == ("wrapping", "wrapping")
        for agent in ("alice", "bob"):
            assert office.desk.wrap_up(agent, "done", "")
        office.clock.on(minutes=11)


def test_a_guest_who_joins_and_leaves_at_once_is_gone(
    office: Office, rival: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = office.talking(office.queued(), "alice")
    office.hire("bob")
    guest = office.desk.guests.consult(place.id, "alice", agent="bob")
    assert guest
    amid(monkeypatch, "ivr.desk.guests", lambda: rival.guests.joined(guest.id))
    assert office.desk.guests.gone(guest.id) == "talking"
    assert office.desk.guests.of(place.id) == []
    assert (office.state("alice"), office.state("bob")) == ("talking", "wrapping")
    assert not office.desk.guests.gone(guest.id)


def test_two_consult_the_same_free_agent_and_one_gets_them(office: Office, rival: Desk) -> None:
    for _ in range(ROUNDS):
        first = office.talking(office.queued(), "alice")
        office.hire("bob")
        second = office.talking(office.queued(caller="+8613900001111"), "bob")
        office.hire("carol")
        got = at_once(
            lambda: office.desk.guests.consult(first.id, "alice", agent="carol"),  # noqa: B023
            lambda: rival.guests.consult(second.id, "bob", agent="carol"),  # noqa: B023
        )
        (guest,) = [one for one in got if one]
        assert office.desk.guests.gone(guest.id)  # type: ignore[attr-defined]
        assert office.desk.offline("carol")
        for place, agent in ((first, "alice"), (second, "bob")):
            office.hangs_up(place.call_id)
            assert office.desk.over(place.id)
            assert office.desk.wrap_up(agent, "done", "")
        office.desk.offline("bob")
        office.clock.on(minutes=11)


def test_two_who_ask_to_be_rung_back_at_one_number_are_rung_back_once(
    office: Office, database: str, opened_engine: Callable[..., Engine]
) -> None:
    other = Journal(opened_engine(database))
    office_there = Office(office.engine, other, office.clock)
    for number in range(ROUNDS):
        mine = office.queued(caller=f"+861380000{number:04}")
        theirs = office_there.queued(caller=f"+861390000{number:04}")
        shared = f"+861370000{number:04}"
        for there, place in ((office, mine), (office_there, theirs)):
            there.leaves(place.call_id)
        at_once(lambda: office.back(mine, shared), lambda: office_there.back(theirs, shared))  # noqa: B023
    other.close()
    with office.engine.connect() as connection:
        counted = connection.scalar(select(func.count()).where(line.c.kind == "callback"))
        assert connection.scalar(select(func.count()).select_from(agents)) == 1
    assert counted == ROUNDS


@pytest.mark.parametrize("act", ["over", "wrap up", "close"])
def test_an_end_and_a_turn_of_the_same_call_never_wait_for_each_other(office: Office, engine: Engine, act: str) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    place = office.queued()
    office.talking(place, "alice")
    assert act == "over" or office.desk.over(place.id)
    acts: dict[str, Callable[[], bool]] = {
        "over": lambda: office.desk.over(place.id),
        "wrap up": lambda: office.desk.wrap_up("alice", "resolved", ""),
        "close": lambda: office.desk.inbox.close(place.id, "alice", "resolved", "") or True,
    }
    done = list[bool]()
    acting = Thread(target=lambda: done.append(acts[act]()))
    with engine.begin() as turn:  # As the journal writes one: the call first, then its places.
        turn.execute(update(calls).where(calls.c.id == place.call_id).values(place="main.start"))
        acting.start()
        until(lambda: _waits(engine))
        turn.execute(update(line).where(line.c.id == place.id).values(closed_code=None))
    acting.join()
    assert done == [True]


def _waits(engine: Engine) -> bool:
    """Tell whether somebody waits for what another transaction holds."""
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar())
