"""The history of agents' states on both databases: each change is a row, and says why where the state does not."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Engine, select

from ivr.store.desk_tables import agent_states, agents
from ivr.store.engine import upgrade
from ivr.store.journal import Journal
from ivr.store.migrations import config
from tests.desks import TEN, Office
from tests.states import check_states, story

OTHER = "+8613900001111"


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk without agents."""
    return Office(engine, journal)


def test_a_day_of_an_agent_is_told_row_by_row_with_its_times_and_places(office: Office) -> None:
    began = office.clock()
    office.hire("alice")
    office.desk.enrol("alice", "client:other", frozenset())  # Who is known already is not offline by that.
    office.desk.enrol("alice", "client:alice", frozenset({"queue:general", "language:zh-CN"}))
    place = office.queued()
    (offer,) = office.desk.dispatch()
    office.clock.on(seconds=4)
    office.desk.accept(offer.id)
    office.clock.on(seconds=60)
    office.hangs_up(place.call_id)
    office.desk.over(place.id)
    office.clock.on(seconds=20)
    office.desk.wrap_up("alice", "resolved", "")
    office.desk.away("alice", "lunch")
    office.desk.offline("alice")
    with office.engine.connect() as connection:
        columns = (agent_states.c.at, agent_states.c.state, agent_states.c.reason, agent_states.c.line)
        rows = connection.execute(select(*columns).order_by(agent_states.c.id)).all()
    assert [((at - began).total_seconds(), *rest) for at, *rest in rows] == [
        (0, "offline", "", None),
        (0, "available", "", None),
        (1, "ringing", "", place.id),
        (5, "talking", "", place.id),
        (65, "wrapping", "", place.id),
        (85, "available", "", None),
        (85, "away", "lunch", None),
        (85, "offline", "", None),
    ]
    check_states(office.engine)


def test_who_says_twice_what_they_do_goes_on_with_it(office: Office) -> None:
    began = office.clock()
    office.hire("alice")
    office.clock.on(seconds=5)
    assert office.desk.available("alice")
    assert office.desk.away("alice", "lunch")
    office.clock.on(seconds=5)
    assert office.desk.away("alice", "lunch")
    assert (agent := office.desk.agent("alice"))
    assert (agent.since - began).total_seconds() == 6  # One passes as she is hired.
    with office.engine.connect() as connection:
        states = connection.scalars(select(agent_states.c.state).order_by(agent_states.c.id)).all()
    assert states == ["offline", "available", "away"]
    assert office.desk.away("alice", "training")
    assert (agent := office.desk.agent("alice"))
    assert (agent.reason, (agent.since - began).total_seconds()) == ("training", 11)


@pytest.mark.parametrize(
    ("why", "after"),
    [
        ("late", "available:missed"),
        ("refused", "available:missed"),
        ("left", "available:left"),
        ("failed", "available:failed"),
    ],
)
def test_how_the_ringing_ended_is_told_though_the_agent_stays_on(office: Office, why: str, after: str) -> None:
    office.hire("alice")
    place = office.queued()
    (offer,) = office.desk.dispatch()
    if why == "left":
        office.hangs_up(place.call_id)
    office.desk.refuse(offer.id, why)
    assert story(office.engine, "alice")[-2:] == ["ringing", after]
    check_states(office.engine)


def test_the_second_miss_sends_them_away(office: Office) -> None:
    office.hire("alice")
    office.queued()
    for _ in range(2):
        (offer,) = office.desk.dispatch()
        office.desk.refuse(offer.id, "late")
        office.clock.on(minutes=1)
    assert story(office.engine, "alice")[-4:] == ["ringing", "available:missed", "ringing", "away:missed"]
    check_states(office.engine)


def test_guests_are_rung_talk_take_over_or_do_not_answer(office: Office) -> None:
    guests = office.desk.guests
    office.hire("alice")
    place = office.talking(office.queued(), "alice")
    office.hire("bob", "carol")
    asked = guests.consult(place.id, "alice", agent="carol")
    assert asked
    guests.gone(asked.id)
    listens = guests.monitor(place.id, "carol", "client:carol", "listen")
    assert listens
    guests.joined(listens.id)
    guests.gone(listens.id)
    takes = guests.consult(place.id, "alice", agent="bob")
    assert takes
    guests.joined(takes.id)
    guests.handed_over(place.id, takes.id)
    guests.gone(takes.id)
    assert story(office.engine, "carol")[2:] == ["ringing", "available:unanswered", "ringing", "talking", "available"]
    assert story(office.engine, "alice")[2:] == ["ringing", "talking", "wrapping"]
    assert story(office.engine, "bob")[2:] == ["ringing", "talking", "wrapping"]
    check_states(office.engine)


def test_work_and_call_backs_are_told(office: Office) -> None:
    back = office.asks_back(office.queued())
    office.hire("alice")
    office.talking(back, "alice")
    office.desk.callbacks.unanswered(back.id)
    office.clock.on(hours=1)
    office.leaves_message(office.queued(caller=OTHER))
    office.desk.inbox.assign(back.id, "bob")
    office.clock.on(hours=24)
    office.desk.dispatch()
    office.desk.wrap_up("alice", "resolved", "")
    assert story(office.engine, "alice")[2:] == ["ringing", "talking", "available:unreached", "working", "available"]
    office.hire("bob")
    office.talking(back, "bob")
    office.desk.over(back.id)  # Bob hung up before the customer answered.
    assert story(office.engine, "bob")[2:] == ["ringing", "talking", "available:missed"]
    check_states(office.engine)


def test_what_did_not_come_to_be_is_not_told(office: Office) -> None:
    office.hire("alice")
    place = office.queued()
    (offer,) = office.desk.dispatch()
    assert not office.desk.available("alice")
    assert not office.desk.wrap_up("alice", "resolved", "")
    office.hangs_up(place.call_id)
    assert office.desk.accept(offer.id) is None
    assert story(office.engine, "alice") == ["offline", "available", "ringing"]
    check_states(office.engine)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_after_the_upgrade_the_history_begins_with_what_each_does(
    empty_database: str, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(empty_database)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0007")
    told = {"id": "alice", "phone": "client:alice", "skills": "[]", "misses": 0, "line": None, "since": TEN}
    with engine.begin() as connection:
        connection.execute(agents.insert().values(**told, state="away", reason="lunch"))
    upgrade(engine)
    assert story(engine, "alice") == ["away:lunch"]
