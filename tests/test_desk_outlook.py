"""The outlook on both databases: how many stand before by the line's own order, and the minutes that are told."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from threading import Event
from time import process_time
from typing import Any

import pytest
from sqlalchemy import Engine, event

from ivr.desk.keeping import RULES, Desk, Outlook, Place
from ivr.desk.kept import Kept
from ivr.desk.line import order
from ivr.desk.outlook import Outlooks
from ivr.desk.places import STANDING, entry
from ivr.flow.call import Call
from ivr.store.desk_tables import line
from ivr.store.journal import Journal
from tests.desks import TEN, Office
from tests.stores import LANGUAGE

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk at which alice is on."""
    made = Office(engine, journal)
    made.hire("alice")
    return made


def row(name: str, since: datetime, **more: Any) -> dict[str, Any]:
    """Return a row of the line."""
    empty: dict[str, Any] = {column.name: None for column in line.columns if not column.server_default}
    told = {"id": name, "call_id": name, "kind": "call", "caller_hash": "", "queue": "general", "language": LANGUAGE}
    told |= {"matter": "", "rank": 3, "since": since, "joined_at": since, "state": "waiting"}
    return empty | told | more


def put(engine: Engine, *rows: dict[str, Any]) -> None:
    """Write these rows, all with the same columns."""
    with engine.begin() as connection:
        connection.execute(line.insert(), list(rows))


def answered(engine: Engine, *minutes: float, ahead: int = 0, on: int = 1, days: int = 7) -> None:
    """Write down who was answered, so many days ago about this hour, after so many minutes."""
    joined = TEN - timedelta(days=days)
    rows = []
    for number, wait in enumerate(minutes):
        at = joined + wait * MINUTE
        rows.append(
            row(f"past-{days}-{number}-{wait}", joined, state="done", answered_at=at, ahead=ahead, agents_on=on)
        )
    put(engine, *rows)


def seen(office: Office, place: Place) -> Outlook | None:
    """Return how this caller stands."""
    return office.desk.outlook(place.call_id, office.calls[place.call_id])


def test_as_many_stand_before_as_by_the_lines_own_order(office: Office) -> None:
    chance = random.Random(20261124)
    rows = []
    for number in range(120):
        since = TEN - chance.randrange(40) * MINUTE
        front = chance.choice([None, None, None, since, since - 7 * MINUTE])
        kind = chance.choice(["call", "call", "callback", "message"])
        rank = chance.choice([1, 2, 3, 3, 5])
        rows.append(row(f"e{number}", since, front=front, kind=kind, rank=rank))
    later = row("later", TEN - 90 * MINUTE, kind="callback", not_before=TEN + 90 * MINUTE)
    put(office.engine, *rows, row("other", TEN - 90 * MINUTE, queue="fraud"), later)
    whole = order([entry([(one | {"level": 0})[name] for name in STANDING]) for one in rows], RULES)
    callers = {one["id"] for one in rows if one["kind"] == "call"}
    # A caller is told how many people stand before; a message is none, even one that is overdue.
    for place, one in enumerate(one for one in whole if one.kind != "message"):
        outlook = office.desk.outlooks.of([(one.id, None)])[0]
        assert (outlook and outlook.ahead) == (place if one.id in callers else None), one


def test_nothing_is_told_to_who_is_not_in_line_and_without_a_past(office: Office) -> None:
    assert office.desk.outlook("CA-none", Call(LANGUAGE)) is None
    assert office.desk.outlooks.of([("CA-none-3", None)])[0] is None
    place = office.queued()
    assert seen(office, place) == Outlook(0, 0, "", 0, 1)
    office.leaves(place.call_id)
    assert seen(office, place) is None


def test_what_is_at_hand_asks_no_database_even_if_it_grows_old_just_then(office: Office) -> None:
    answered(office.engine, *[3.5] * 40)
    place, chance, asked = office.queued(), random.Random(7), list[object]()
    moments = accumulate(chance.choice([0.01, 0.2]) * SECOND for _ in count())
    outlooks = Outlooks(office.engine, lambda: TEN + next(moments), RULES, UTC)
    event.listen(office.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    found = 0
    for _ in range(1000):
        outlooks.of([(place.id, None)])[0]
        asked.clear()
        found += outlooks.at_hand(place.id, None) is not None
        assert not asked, "it is asked in the thread that answers all callers"
    assert found


def test_a_line_that_is_due_to_be_read_is_at_hand_for_as_long_again(office: Office) -> None:
    place, now = office.queued(), [TEN]
    outlooks = Outlooks(office.engine, lambda: now[0], RULES, UTC)
    assert outlooks.due
    outlooks.of([(place.id, None)])
    found = []
    for seconds in (0.9, 1.1, 1.9, 2.1):
        now[0] = TEN + seconds * SECOND
        found.append((outlooks.due, outlooks.at_hand(place.id, None) is not None))
    assert found == [(False, True), (True, True), (True, True), (True, False)]


def test_the_range_is_what_others_really_waited(office: Office) -> None:
    answered(office.engine, *[3.5] * 40)
    answered(office.engine, *[40.5] * 400, days=29)
    place = office.queued()
    assert seen(office, place) == Outlook(3, 4, "", 0, 1)
    office.clock.on(minutes=2)
    office.told(place.call_id, 3, 4)
    office.clock.on(minutes=2)
    # As many stand before as two minutes ago, so what remains is less.
    assert seen(office, place) == Outlook(1, 2, "", 0, 1)


def test_a_range_is_never_raised_without_saying_why(office: Office) -> None:
    answered(office.engine, *[9.5] * 60)
    place = office.queued()
    office.told(place.call_id, 1, 2, agents=1)
    assert seen(office, place) == Outlook(9, 10, "slower", 0, 1)
    office.clock.on(seconds=1)
    office.told(place.call_id, 1, 2, agents=3)
    assert seen(office, place) == Outlook(9, 10, "fewer_agents", 0, 1)
    office.clock.on(seconds=1)
    office.told(place.call_id, 9, 10)
    office.clock.on(seconds=1)
    office.queued(caller="+8613900001111", priority=1)
    more = seen(office, place)
    assert more
    assert (more.ahead, more.longer) == (1, "urgent")
    assert more.low > 9


def test_nothing_is_told_while_no_agent_of_the_language_is_on(office: Office) -> None:
    answered(office.engine, *[3.5] * 40)
    place = office.queued()
    office.desk.enrol("alice", "client:alice", frozenset({"queue:general", "language:en-US"}))
    assert seen(office, place) == Outlook(0, 0, "", 0, 0)


def test_every_promise_is_kept_and_its_hit_rate_is_a_figure(office: Office) -> None:
    assert office.desk.promised() == (0, 0)
    place = office.queued()
    office.told(place.call_id, 1, 2)
    assert office.desk.promised() == (0, 0)
    office.clock.on(minutes=1)
    office.told(place.call_id, 4, 6)
    office.clock.on(seconds=30)
    office.talking(place, "alice")
    # Ninety seconds after the first, thirty after the second.
    assert office.desk.promised() == (1, 2)


def test_a_round_of_five_hundred_costs_little(office: Office) -> None:
    put(office.engine, *(row(f"w{number}", TEN + number * MINUTE / 60) for number in range(500)))
    chance = random.Random(3)
    answered(office.engine, *(chance.uniform(1, 20) for _ in range(1000)))
    desk = office.desk
    asked: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    desk.outlooks.of([("w499", None)])[0]
    asked.clear()
    began = process_time()
    for number in range(500):
        assert desk.outlooks.of([(f"w{number}", None)])[0]
    took = (process_time() - began) / 500
    # Nothing is read again within the second.
    assert asked == []
    assert took < 0.01


def test_how_the_line_stands_is_read_once_a_second(office: Office) -> None:
    first, desk = office.queued(), office.desk
    assert desk.outlook(first.call_id, office.calls[first.call_id]) == Outlook(0, 0, "", 0, 1)
    office.clock.on(seconds=0.5)
    urgent = office.queued(caller="+8613900001111", priority=1)
    # Who joined since is known at once, and whom they overtook hears of it a moment later.
    assert desk.outlook(urgent.call_id, office.calls[urgent.call_id]) == Outlook(0, 0, "", 0, 1)
    assert desk.outlook(first.call_id, office.calls[first.call_id]) == Outlook(0, 0, "", 0, 1)
    office.clock.on(seconds=0.5)
    assert desk.outlook(first.call_id, office.calls[first.call_id]) == Outlook(0, 0, "", 1, 1)


def test_one_reads_and_the_others_do_not_wait_for_it(office: Office) -> None:
    reading, go, read = Event(), Event(), list[int]()

    def slowly() -> int:
        read.append(len(read))
        if len(read) > 1:
            reading.set()
            assert go.wait(60)
        return len(read)

    kept = Kept(slowly, office.clock, timedelta(seconds=1))
    assert kept.get() == 1
    office.clock.on(seconds=1)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(kept.get)
        assert reading.wait(60)
        assert kept.get() == 1
        go.set()
        assert second.result() == 2
    assert kept.get() == 2
    office.clock.on(seconds=-1)
    assert kept.get() == 3


def test_what_is_remembered_of_the_past_is_read_anew_after_half_a_minute(office: Office) -> None:
    answered(office.engine, *[3.5] * 40)
    place = office.queued()
    desk = Desk(office.engine, office.clock, RULES)
    assert desk.outlook(place.call_id, office.calls[place.call_id]) == Outlook(3, 4, "", 0, 1)
    answered(office.engine, *[9.5] * 400, days=14)
    office.clock.on(seconds=29)
    assert desk.outlook(place.call_id, office.calls[place.call_id]) == Outlook(3, 4, "", 0, 1)
    office.clock.on(seconds=1)
    assert desk.outlook(place.call_id, office.calls[place.call_id]) == Outlook(9, 10, "", 0, 1)
