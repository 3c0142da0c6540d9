"""Talks on both databases: guests come, take over and go; notes, cases, and what is known of a caller from before."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from ivr.desk.keeping import Place
from ivr.flow.events import Learned
from ivr.flow.inputs import Pressed
from ivr.store.desk_tables import wrapups
from ivr.store.journal import Journal
from tests.desks import Office


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk without agents."""
    return Office(engine, journal)


@pytest.fixture
def talk(office: Office) -> Place:
    """Return the talk of alice with a customer; bob is free."""
    office.hire("alice", "bob")
    office.desk.away("bob", "lunch")
    place = office.talking(office.queued(), "alice")
    office.desk.available("bob")
    return place


def test_only_a_free_agent_can_be_consulted_and_only_by_who_talks(office: Office, talk: Place) -> None:
    guests = office.desk.guests
    assert guests.consult(talk.id, "bob", agent="alice") is None
    assert guests.consult(talk.id, "alice", agent="nobody") is None
    assert office.state("bob") == "available"
    guest = guests.consult(talk.id, "alice", agent="bob")
    assert guest
    assert (guest.phone, guest.mode, guest.state, office.state("bob")) == ("client:bob", "talk", "ringing", "ringing")
    assert guests.consult(talk.id, "alice", agent="bob") is None
    assert guests.of(talk.id) == [guest] == [guests.one(guest.id)]
    # The agent who is rung as a guest is none who misses an offer.
    assert office.desk.stale() == []
    assert office.desk.dispatch() == []


def test_a_caller_who_came_is_not_given_back_and_who_was_given_back_does_not_come(office: Office) -> None:
    office.hire("alice")
    place = office.talking(office.queued(), "alice")
    assert place.offer
    assert office.desk.talks.given_back(place.id)
    assert not office.desk.talks.arrived(place.offer)
    assert office.state("alice") == "available"
    again = office.talking(place, "alice")
    assert again.offer
    assert office.desk.talks.arrived(again.offer)
    assert office.desk.talks.arrived(again.offer)
    assert not office.desk.talks.given_back(place.id)
    assert office.state("alice") == "talking"
    office.hangs_up(place.call_id)
    assert not office.desk.talks.arrived(again.offer)


def test_a_guest_talks_and_goes_and_the_talk_goes_on(office: Office, talk: Place) -> None:
    guests = office.desk.guests
    guest = guests.consult(talk.id, "alice", agent="bob")
    assert guest
    guests.rung(guest.id, "CA-leg")
    assert guests.joined(guest.id)
    assert not guests.joined(guest.id)
    assert (office.state("alice"), office.state("bob")) == ("talking", "talking")
    assert guests.gone(guest.id)
    assert not guests.gone(guest.id)
    assert (office.state("alice"), office.state("bob")) == ("talking", "wrapping")
    assert office.desk.wrap_up("bob", "resolved", "told how")
    office.clock.on(seconds=1)
    assert office.desk.over(talk.id)
    assert office.desk.wrap_up("alice", "resolved", "asked bob")
    (earlier,) = office.desk.cases.history(talk.caller_hash, office.clock() + timedelta(seconds=1))
    assert [(wrap.agent, wrap.note) for wrap in earlier.wraps] == [("bob", "told how"), ("alice", "asked bob")]


def test_a_guest_who_does_not_answer_is_free_again(office: Office, talk: Place) -> None:
    guest = office.desk.guests.consult(talk.id, "alice", agent="bob")
    assert guest
    assert office.desk.guests.past() == []
    office.clock.on(seconds=61)
    assert office.desk.guests.past() == [guest.id]
    assert office.desk.guests.gone(guest.id)
    assert office.state("bob") == "available"
    assert not office.desk.guests.joined(guest.id)


def test_a_talk_is_handed_over(office: Office, talk: Place) -> None:
    desk, guests = office.desk, office.desk.guests
    guest = guests.consult(talk.id, "alice", agent="bob")
    assert guest
    assert not guests.handed_over(talk.id, guest.id)
    guests.rung(guest.id, "CA-leg")
    assert guests.joined(guest.id)
    assert guests.handed_over(talk.id, guest.id)
    assert not guests.handed_over(talk.id, guest.id)
    assert (office.state("alice"), office.state("bob")) == ("wrapping", "talking")
    # The end of alice's own call ends nothing: her offer is past.
    assert desk.offered(talk.offer or "") is None
    held = desk.offered(guest.id)
    assert held
    assert (held.agent, held.leg, held.state) == ("bob", "CA-leg", "talking")
    assert guests.gone(guest.id)
    assert office.state("bob") == "wrapping"
    done = desk.place(talk.id)
    assert done
    assert (done.state, done.done_by) == ("done", "bob")


def test_a_talk_is_handed_over_to_a_number_outside(office: Office, talk: Place) -> None:
    guests = office.desk.guests
    guest = guests.consult(talk.id, "alice", number="+8610620000")
    assert guest
    assert "+8610620000" not in repr(guest)
    assert guests.joined(guest.id)
    assert guests.handed_over(talk.id, guest.id)
    going_on = office.desk.place(talk.id)
    assert going_on
    assert (going_on.state, going_on.agent, office.state("alice")) == ("talking", None, "wrapping")
    assert guests.past() == []
    office.hangs_up(talk.call_id)
    assert guests.past() == [guest.id]


def test_a_supervisor_listens_and_is_not_offered_calls_meanwhile(office: Office, talk: Place) -> None:
    guests = office.desk.guests
    guest = guests.monitor(talk.id, "bob", "client:bob", "listen")
    assert guest
    assert office.state("bob") == "ringing"
    assert guests.joined(guest.id)
    assert guests.mode(guest.id, "coach")
    assert not guests.handed_over(talk.id, guest.id)
    assert guests.gone(guest.id)
    assert not guests.mode(guest.id, "join")
    # Who only listened has nothing to wrap up.
    assert office.state("bob") == "available"
    watcher = guests.monitor(talk.id, "sue", "client:sue", "join")
    assert watcher
    assert watcher.agent is None


def test_nobody_comes_into_a_talk_that_is_over(office: Office, talk: Place) -> None:
    guests = office.desk.guests
    guest = guests.consult(talk.id, "alice", agent="bob")
    assert guest
    office.hangs_up(talk.call_id)
    assert not guests.joined(guest.id)
    assert guests.past() == [guest.id]
    assert guests.gone(guest.id)
    assert office.state("bob") == "available"
    assert guests.consult(talk.id, "alice", agent="bob") is None
    assert guests.monitor(talk.id, "bob", "client:bob", "listen") is None
    assert office.state("bob") == "available"


def test_hold_and_recording_change_once(office: Office, talk: Place) -> None:
    talks = office.desk.talks
    assert talks.hold(talk.id, True)
    assert not talks.hold(talk.id, True)
    assert talks.hold(talk.id, False)
    assert talks.recording(talk.id, "on")
    assert talks.recording(talk.id, "paused", office.clock() + timedelta(minutes=3))
    assert talks.resume_due() == []
    office.clock.on(minutes=3)
    assert talks.resume_due() == [talk.id]
    assert talks.recording(talk.id, "on")
    assert talks.resume_due() == []
    office.hangs_up(talk.call_id)
    assert not talks.hold(talk.id, True)


def test_a_draft_stays_until_the_talk_is_wrapped_up(office: Office, talk: Place) -> None:
    notes = office.desk.notes
    assert notes.read(talk.id, "alice") == ""
    notes.write(talk.id, "alice", "paid")
    case = office.desk.cases.open(talk.caller_hash, "paid twice", "alice")
    office.desk.cases.put(talk.id, "alice", case.id)
    notes.write(talk.id, "alice", "paid twice")
    assert (notes.read(talk.id, "alice"), notes.case(talk.id, "alice")) == ("paid twice", case.id)
    office.desk.over(talk.id)
    assert office.desk.wrap_up("alice", "follow-up", "paid twice")
    assert notes.read(talk.id, "alice") == ""
    (earlier,) = office.desk.cases.history(talk.caller_hash, office.clock() + timedelta(seconds=1))
    assert [(wrap.code, wrap.case) for wrap in earlier.wraps] == [("follow-up", case.id)]
    office.desk.cases.put(talk.id, "alice", "another")
    (earlier,) = office.desk.cases.history(talk.caller_hash, office.clock() + timedelta(seconds=1))
    assert earlier.wraps[0].case == "another"


def test_cases_are_opened_and_closed_once(office: Office, talk: Place) -> None:
    cases = office.desk.cases
    first = cases.open(talk.caller_hash, "paid twice", "alice")
    office.clock.on(minutes=1)
    second = cases.open(talk.caller_hash, "frozen", "bob")
    assert cases.of(talk.caller_hash) == [second, first]
    assert cases.of("") == []
    assert cases.close(first.id)
    assert not cases.close(first.id)
    assert [case.state for case in cases.of(talk.caller_hash)] == ["open", "closed"]


def test_a_talk_that_belongs_to_no_case_says_so_by_nothing(office: Office, talk: Place) -> None:
    case = office.desk.cases.open(talk.caller_hash, "fees", "alice")
    office.desk.cases.put(talk.id, "alice", case.id)
    office.desk.cases.put(talk.id, "alice", "")
    assert office.desk.over(talk.id)
    assert office.desk.wrap_up("alice", "resolved", "")

    def kept() -> list[str | None]:
        with office.engine.connect() as connection:
            return list(connection.scalars(select(wrapups.c.case)))

    assert kept() == [None]
    office.desk.cases.put(talk.id, "alice", case.id)
    assert kept() == [case.id]
    office.desk.cases.put(talk.id, "alice", "")
    assert kept() == [None]


def test_earlier_calls_are_told_with_what_the_caller_thought_of_them(office: Office) -> None:
    began = office.clock()
    call_id = office.rings(facts=[("matter", "frozen"), ("queue", "general")])
    office.next(call_id, Pressed("4"), Learned("score", "4"))
    office.hangs_up(call_id)
    office.clock.on(hours=1)
    now = office.queued()
    (earlier,) = office.desk.cases.history(now.caller_hash, now.joined_at)
    assert (earlier.call_id, earlier.at, earlier.matter, earlier.queue, earlier.outcome, earlier.score) == (
        call_id,
        began,
        "frozen",
        "general",
        "hung-up",
        4,
    )
    assert office.desk.cases.history("", now.joined_at) == []
    assert len(office.desk.cases.history(now.caller_hash, now.joined_at, limit=0)) == 0


@pytest.mark.parametrize("caller", ["anonymous", "unknown", "95588", "+266696687"])
def test_who_withholds_the_number_has_no_past(office: Office, caller: str) -> None:
    first = office.queued(caller=caller)
    office.desk.cases.open(first.caller_hash, "somebody's", "alice")
    office.hangs_up(first.call_id)
    office.clock.on(minutes=1)
    again = office.queued(caller=caller)
    assert office.desk.cases.history(again.caller_hash, office.clock()) == []
    assert office.desk.cases.of(again.caller_hash) == []
    assert again.since == office.clock()
