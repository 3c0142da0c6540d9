"""Offers: who is rung for whom, on both databases; who was missed stands in front; call backs and messages are work."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from ivr.desk.keeping import Outlook
from ivr.flow.events import AskedBack, Ended
from ivr.flow.inputs import Pressed, Transferred
from ivr.store.desk_tables import line
from ivr.store.journal import Journal
from tests.desks import SKILLS, Office
from tests.states import check_states

OTHER = "+8613900001111"
THIRD = "+8613900002222"


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk without agents."""
    return Office(engine, journal)


def test_whom_alice_missed_goes_to_bob_first_and_stands_in_front(office: Office) -> None:
    first = office.queued()
    office.clock.on(seconds=5)
    missed = office.queued(caller=OTHER, agent="alice")
    office.hire("alice")
    offers = office.desk.dispatch()
    # The first is offered first; the second wanted alice, so is not offered to anybody else.
    assert [offer.line for offer in offers] == [first.id]
    assert office.desk.refuse(offers[0].id, "refused")
    office.hangs_up(first.call_id)
    (offer,) = office.desk.dispatch()
    assert (offer.line, offer.agent) == (missed.id, "alice")
    earlier = office.queued(caller=THIRD)
    assert office.desk.refuse(offer.id, "no answer")
    assert office.state("alice") == "away"
    office.desk.available("alice")
    office.hire("bob")
    office.clock.on(minutes=3)
    # Alice rests longer, but missed them; and they go before whoever joined meanwhile.
    offers = office.desk.dispatch()
    assert [(offer.line, offer.agent) for offer in offers] == [(missed.id, "bob"), (earlier.id, "alice")]


def test_the_front_is_before_all_of_the_same_rank_whoever_came_first(office: Office) -> None:
    first = office.queued()
    office.clock.on(minutes=1)
    second = office.queued("fraud", OTHER)
    office.hire("alice", skills=SKILLS - {"queue:general"})
    (offer,) = office.desk.dispatch()
    assert offer.line == second.id
    office.desk.refuse(offer.id, "late")
    again = office.desk.place(second.id)
    assert again
    assert (again.state, again.offer, again.agent, again.since) == ("waiting", None, None, second.since)
    office.desk.away("alice", "lunch")
    office.hire("bob")
    assert [offer.line for offer in office.desk.dispatch()] == [second.id]
    assert first.since < second.since


def test_who_wants_one_agent_gets_another_after_two_minutes(office: Office) -> None:
    office.hire("alice", "bob")
    office.desk.away("bob", "lunch")
    office.queued(agent="bob")
    assert office.desk.dispatch() == []
    office.clock.on(minutes=2)
    assert [offer.agent for offer in office.desk.dispatch()] == ["alice"]


def test_a_level_is_never_given_up(office: Office) -> None:
    office.hire("alice")
    office.queued(level=2)
    office.clock.on(minutes=30)
    assert office.desk.dispatch() == []
    office.hire("sue", level=2)
    assert [offer.agent for offer in office.desk.dispatch()] == ["sue"]


def test_who_is_sent_on_stands_where_they_stood_and_who_talked_wraps_up(office: Office) -> None:
    office.hire("alice")
    first = office.talking(office.queued(), "alice")
    office.clock.on(minutes=6)
    waiting = office.queued("fraud", OTHER)
    office.clock.on(minutes=1)
    sent = office.waits(first.call_id, "fraud", Transferred("fraud"))
    assert sent.since == office.clock()
    assert [office.desk.over(place) for place in office.desk.done()] == [True]
    assert office.state("alice") == "wrapping"
    assert office.desk.wrap_up("alice", "resolved", "")
    assert [offer.line for offer in office.desk.dispatch()] == [sent.id]
    assert waiting.state == "waiting"
    done = office.desk.place(first.id)
    assert done
    assert (done.state, done.done_by, done.closed_code) == ("done", "alice", "resolved")


def test_a_message_is_work_without_ringing(office: Office) -> None:
    place = office.queued()
    office.clock.on(seconds=30)
    office.leaves_message(place)
    (work,) = office.desk.inbox.work()
    due = office.clock() + timedelta(hours=24)
    assert (work.kind, work.recording, work.joined_at) == ("message", "RE1", office.clock())
    assert (work.since, work.due_at) == (due, due)
    office.hire("alice")
    (offer,) = office.desk.dispatch()
    assert (offer.kind, offer.line, office.state("alice")) == ("message", work.id, "working")
    assert office.desk.dispatch() == []
    assert office.desk.stale() == []
    assert office.desk.done() == []
    office.desk.notes.write(work.id, "alice", "half heard")
    assert office.desk.wrap_up("alice", "resolved", "heard")
    assert office.state("alice") == "available"
    assert office.desk.notes.read(work.id, "alice") == ""
    (done,) = office.desk.inbox.work(open=False)
    assert (done.state, done.done_by, done.closed_code) == ("done", "alice", "resolved")
    assert office.desk.inbox.work() == []


def test_a_message_that_lies_with_who_went_home_is_given_to_another(office: Office) -> None:
    office.leaves_message(office.queued())
    (work,) = office.desk.inbox.work()
    office.hire("alice")
    (offer,) = office.desk.dispatch()
    office.clock.on(minutes=29)
    office.desk.notes.write(work.id, "alice", "half heard")
    office.clock.on(minutes=29)
    assert office.desk.inbox.lying() == []
    office.clock.on(minutes=2)
    assert office.desk.inbox.lying() == [work.id]
    assert office.desk.inbox.taken_back(work.id)
    assert not office.desk.inbox.taken_back(work.id)
    alice, (waits,) = office.desk.agent("alice"), office.desk.inbox.work()
    assert alice
    assert (alice.state, alice.reason, alice.line) == ("away", "idle", None)
    assert (waits.state, waits.agent, waits.offer, waits.answered_at) == ("waiting", None, None, None)
    assert office.desk.offered(offer.id) is None
    assert office.desk.notes.read(work.id, "alice") == "half heard"
    office.hire("bob")
    assert [(offer.line, offer.agent) for offer in office.desk.dispatch()] == [(work.id, "bob")]
    assert office.desk.wrap_up("bob", "resolved", "")
    check_states(office.engine)


def test_a_message_that_is_done_at_the_last_moment_is_not_taken_back(office: Office) -> None:
    office.leaves_message(office.queued())
    office.hire("alice")
    (offer,) = office.desk.dispatch()
    office.clock.on(hours=1)
    assert office.desk.inbox.lying() == [offer.line]
    assert office.desk.wrap_up("alice", "resolved", "")
    assert not office.desk.inbox.taken_back(offer.line)
    assert office.desk.inbox.work() == []
    assert office.state("alice") == "available"


def test_a_message_is_given_out_once_nobody_waits_on_the_phone_and_is_nobody_before_them(office: Office) -> None:
    office.leaves_message(office.queued())
    (work,) = office.desk.inbox.work()
    office.clock.on(minutes=10)
    caller = office.queued(caller=OTHER)
    office.clock.on(minutes=1)
    with office.engine.connect() as connection:
        assert connection.scalar(select(line.c.ahead).where(line.c.id == caller.id)) == 0
    outlook = office.desk.outlook(caller.call_id, office.calls[caller.call_id])
    assert outlook
    assert outlook.ahead == 0
    office.hire("alice")
    assert [offer.line for offer in office.desk.dispatch()] == [caller.id]
    office.hire("bob")
    assert [(offer.line, offer.agent) for offer in office.desk.dispatch()] == [(work.id, "bob")]


def test_a_message_that_is_overdue_goes_before_who_came_later(office: Office) -> None:
    office.leaves_message(office.queued())
    (work,) = office.desk.inbox.work()
    office.clock.on(hours=23, minutes=59)
    first = office.queued(caller=OTHER)
    office.clock.on(minutes=2)
    office.queued(caller=THIRD)
    office.hire("alice", "bob")
    assert [offer.line for offer in office.desk.dispatch()] == [first.id, work.id]


def test_a_message_in_which_nothing_was_said_is_no_work(office: Office) -> None:
    office.leaves_message(office.queued(), "RE2", 0)
    assert office.desk.inbox.work() == []


def test_a_call_back_keeps_the_place_and_the_hang_up_does_not_end_it(office: Office) -> None:
    first = office.queued()
    office.clock.on(minutes=3)
    other = office.queued(caller=OTHER)
    office.clock.on(minutes=1)
    back = office.asks_back(first)
    assert (back.kind, back.since, back.number, back.rank) == ("callback", first.since, "+8613812345678", 3)
    assert back.caller_hash == first.caller_hash
    with office.engine.connect() as connection:
        kept = connection.exec_driver_sql(f"SELECT number FROM line WHERE id = '{back.id}'").scalar_one()
    assert "13812345678" not in kept
    office.hire("alice")
    (offer,) = office.desk.dispatch()
    assert (offer.line, offer.kind, offer.number) == (back.id, "callback", "+8613812345678")
    assert "13812345678" not in repr(offer)
    assert other.state == "waiting"


def test_of_one_number_only_one_call_back_is_open(office: Office) -> None:
    back = office.asks_back(office.queued())
    second = office.queued(caller=OTHER)
    office.leaves(second.call_id)
    office.next(second.call_id, Pressed("1"), AskedBack("+8613812345678", "general"), Ended("callback"))
    assert [work.id for work in office.desk.inbox.work()] == [back.id]
    assert office.desk.inbox.close(back.id, "alice", "resolved", "rang by myself")
    assert not office.desk.inbox.close(back.id, "alice", "resolved", "")
    again = office.asks_back(office.queued(caller=THIRD))
    assert [work.id for work in office.desk.inbox.work()] == [again.id]


def test_nobody_is_rung_back_while_their_queue_may_not(office: Office) -> None:
    office.asks_back(office.queued())
    office.hire("alice")
    office.due = lambda queue, _at: queue == "merchants"
    assert office.desk.dispatch() == []
    office.due = lambda queue, at: queue == "general" and at == office.clock()
    assert len(office.desk.dispatch()) == 1


def test_a_call_back_is_tried_three_times_later_and_later(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.hire("alice")
    for pause in (timedelta(minutes=15), timedelta(hours=2)):
        office.talking(back, "alice")
        assert office.desk.callbacks.unanswered(back.id)
        assert not office.desk.callbacks.unanswered(back.id)
        assert office.state("alice") == "available"
        office.clock.at += pause - timedelta(seconds=1)
        assert office.desk.dispatch() == []
        office.clock.on(seconds=1)
    office.talking(back, "alice")
    assert office.desk.callbacks.unanswered(back.id)
    failed = office.desk.place(back.id)
    assert failed
    assert (failed.state, failed.tries) == ("failed", 3)
    assert office.desk.dispatch() == []
    assert office.desk.inbox.close(back.id, "alice", "wrote-to-them", "")


def test_a_call_back_whose_agent_hangs_up_too_soon_stays_in_the_line(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.hire("alice", "bob")
    office.desk.away("bob", "lunch")
    office.talking(back, "alice")
    assert office.desk.over(back.id)
    assert office.state("alice") == "available"
    office.desk.available("bob")
    (offer,) = office.desk.dispatch()
    assert (offer.line, offer.agent) == (back.id, "bob")
    assert office.desk.accept(offer.id)
    assert office.desk.callbacks.answered(back.id)
    assert not office.desk.callbacks.answered(back.id)
    assert not office.desk.callbacks.unanswered(back.id)
    assert office.desk.over(back.id)
    assert office.state("bob") == "wrapping"


def test_a_customer_who_is_rung_for_too_long_is_found(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.hire("alice")
    office.talking(back, "alice")
    assert office.desk.callbacks.stale() == []
    office.clock.on(seconds=91)
    assert office.desk.callbacks.stale() == [back.id]


def test_work_that_has_an_owner_is_offered_to_nobody_else(office: Office) -> None:
    office.leaves_message(office.queued())
    (work,) = office.desk.inbox.work()
    office.hire("alice")
    assert office.desk.inbox.assign(work.id, "bob")
    assert office.desk.inbox.work("bob") == office.desk.inbox.work()
    assert office.desk.inbox.work("alice") == []
    office.clock.on(hours=3)
    assert office.desk.dispatch() == []
    office.hire("bob")
    assert [offer.agent for offer in office.desk.dispatch()] == ["bob"]
    assert not office.desk.inbox.assign(work.id, None)


def test_whom_another_router_serves_is_offered_only_at_its_word(office: Office) -> None:
    place = office.queued(router="taskrouter")
    office.hire("alice")
    assert office.desk.dispatch() == []
    offer = office.desk.give(place.call_id, "alice", "a" * 32)
    assert offer
    assert (offer.line, office.state("alice")) == (place.id, "ringing")
    assert office.desk.give(place.call_id, "alice", "a" * 32) is None


def test_joining_notes_how_many_stood_before_and_how_many_agents_were_on(office: Office) -> None:
    office.hire("alice", "bob", "carol")
    office.desk.away("bob", "lunch")
    office.desk.enrol("carol", "client:carol", frozenset({"queue:general", "language:en-US"}))
    places = [office.queued(caller=f"+86138000000{number:02}") for number in range(3)]
    urgent = office.queued(priority=1, caller=OTHER)
    elsewhere = office.queued("fraud", caller=THIRD)
    with office.engine.connect() as connection:
        rows = connection.execute(select(line.c.id, line.c.ahead, line.c.agents_on)).all()
    assert {row.id: (row.ahead, row.agents_on) for row in rows} == {
        places[0].id: (0, 1),
        places[1].id: (1, 1),
        places[2].id: (2, 1),
        urgent.id: (0, 1),
        elsewhere.id: (0, 1),
    }


def test_whoever_is_first_is_served_first_at_once_and_on_every_way_out_of_the_line(office: Office) -> None:
    waiting = [office.queued(caller=OTHER), office.queued("fraud", THIRD, priority=1)]
    office.clock.on(hours=3)
    attacked = office.queued("fraud", priority=0)
    assert (attacked.rank, office.desk.outlook(attacked.call_id, office.calls[attacked.call_id])) == (
        0,
        Outlook(0, 0, "", 0, 0),
    )
    behind = office.desk.outlook(waiting[1].call_id, office.calls[waiting[1].call_id])
    assert behind
    assert behind.ahead == 1
    office.hire("alice")
    (offer,) = office.desk.dispatch()
    assert offer.line == attacked.id
    office.desk.refuse(offer.id, "late")
    office.hire("bob")
    assert [one.line for one in office.desk.dispatch()] == [attacked.id, waiting[1].id]
    with office.engine.connect() as connection:
        assert connection.scalar(select(line.c.ahead).where(line.c.id == attacked.id)) == 0


def test_what_a_caller_is_in_is_known_wherever_they_wait_and_what_they_said_is_not_before_all(office: Office) -> None:
    first = office.queued("fraud", OTHER)
    call_id = office.rings(facts=[("queue", "fraud"), ("mark", "fraud.attacked.note")])
    place = office.waits(call_id, "fraud", priority=0)
    assert (first.mark, place.mark) == ("", "fraud.attacked.note")
    back = office.asks_back(place)
    assert (back.rank, back.mark) == (0, place.mark)
    other = office.waits(
        office.rings(THIRD, [("queue", "fraud"), ("mark", "fraud.attacked.note")]), "fraud", priority=0
    )
    office.leaves_message(other)
    (message,) = [one for one in office.desk.inbox.work() if one.kind == "message"]
    assert (message.rank, message.mark) == (1, place.mark)
    due = office.desk.inbox.back(message.id, "alice", "+8613900003333", "a keyed hash")
    found = office.desk.place(due or "")
    assert found
    assert found.mark == place.mark


def test_whoever_took_a_message_is_given_it_whatever_their_skills(office: Office) -> None:
    place = office.queued("fraud")
    office.leaves_message(place)
    (work,) = office.desk.inbox.work()
    office.hire("alice", skills=frozenset({"queue:general"}))
    assert office.desk.dispatch() == []
    assert office.desk.inbox.assign(work.id, "alice")
    assert [(offer.line, offer.agent) for offer in office.desk.dispatch()] == [(work.id, "alice")]


def test_a_call_back_is_done_once_its_customer_rang_and_was_served(office: Office) -> None:
    back, others = office.asks_back(office.queued()), office.asks_back(office.queued(caller=OTHER), OTHER)
    withheld = office.asks_back(office.queued(caller="anonymous"), THIRD)
    office.clock.on(minutes=1)
    talk, hidden = (office.queued(caller=caller, priority=1) for caller in ("+8613812345678", "anonymous"))
    for place in (talk, hidden):
        office.hire("alice")
        office.talking(place, "alice")
        office.clock.on(minutes=2)
        assert office.desk.over(place.id)
        office.desk.wrap_up("alice", "resolved", "")
        office.desk.away("alice", "lunch")
    found = office.desk.place(back.id)
    assert found
    assert (found.state, found.done_by, found.closed_code) == ("done", "alice", "served in another call")
    assert {work.id for work in office.desk.inbox.work()} == {others.id, withheld.id}


def test_a_call_back_stays_while_its_customer_is_only_sent_on(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.clock.on(minutes=1)
    office.hire("alice", skills=SKILLS - {"queue:general"})
    talk = office.talking(office.queued(queue="fraud", priority=1), "alice")
    office.waits(talk.call_id, "fraud", Transferred("fraud"), priority=1)
    assert office.desk.over(talk.id)
    assert [work.id for work in office.desk.inbox.work()] == [back.id]
    office.desk.wrap_up("alice", "transferred", "")
    place = next(place for place in office.desk.waiting() if place.kind == "call")
    office.talking(place, "alice")
    office.hangs_up(talk.call_id)
    assert office.desk.over(place.id)
    assert office.desk.inbox.work() == []


def test_an_agent_who_is_rung_for_a_call_back_that_is_done_is_free_again(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.clock.on(minutes=1)
    office.hire("alice")
    talk = office.talking(office.queued(priority=1), "alice")
    office.hire("bob")
    (offer,) = office.desk.dispatch()
    assert (offer.line, offer.agent) == (back.id, "bob")
    assert office.desk.over(talk.id)
    assert office.desk.accept(offer.id) is None
    assert office.desk.stale() == [offer.id]
    assert office.desk.refuse(offer.id, "left")
    assert office.state("bob") == "available"


def test_an_agent_whom_the_carrier_did_not_ring_missed_nobody(office: Office) -> None:
    place = office.queued()
    office.hire("alice")
    for _ in range(3):
        (offer,) = office.desk.dispatch()
        assert office.desk.refuse(offer.id, "failed")
    assert office.state("alice") == "available"
    assert [offer.line for offer in office.desk.dispatch()] == [place.id]
