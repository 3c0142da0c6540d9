"""The journal's promises, on SQLite and on a real PostgreSQL: durable, once only, and the whole call again from it."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC

import pytest
from sqlalchemy import Engine, event, select

from ivr.flow.call import Call, fold
from ivr.flow.events import Heard
from ivr.flow.inputs import Pressed
from ivr.flow.secret import SEALED, Secret
from ivr.store.entries import Entry, Stored
from ivr.store.journal import Journal
from ivr.store.tables import calls
from tests.stores import (
    CALLED,
    CALLER,
    LANGUAGE,
    NOON,
    at,
    first,
    following,
    hung_up,
    new_call_id,
    recorded,
    told,
    turn,
)


def a_call(journal: Journal, more: int = 2) -> list[Entry]:
    """Write down a call of so many turns after the first, and return its entries."""
    entries = [first(new_call_id())]
    for _ in range(more):
        entries.append(following(entries[-1]))
    assert [journal.append(entry) for entry in entries] == [True] * len(entries)
    return entries


def test_a_turn_is_taken_once_and_answered_from_the_journal_after_that(journal: Journal) -> None:
    one, two, _ = a_call(journal)
    assert journal.append(two) is False
    assert told(journal, two.call_id, "turn/1") == two.events
    assert told(journal, two.call_id, "incoming") == one.events
    assert at(journal, two.call_id, 1) == two.events
    assert told(journal, two.call_id, "turn/9") is None
    assert at(journal, two.call_id, 9) is None


def test_another_answer_to_the_same_turn_is_not_written(journal: Journal) -> None:
    one, two, three = a_call(journal)
    rival = following(one, keys="7")
    assert journal.append(replace(rival, asked="wait/1")) is False
    assert journal.events(one.call_id) == [*one.events, *two.events, *three.events]
    asked = [(turn.number, turn.asked, turn.events) for turn in journal.turns(one.call_id)]
    assert asked == [(0, "incoming", one.events), (1, "turn/1", two.events), (2, "turn/2", three.events)]


def test_the_same_question_is_not_answered_under_a_second_turn(journal: Journal) -> None:
    *_, last = a_call(journal)
    assert journal.append(replace(following(last), asked=last.asked)) is False
    assert at(journal, last.call_id, last.turn + 1) is None
    assert journal.append(following(last)) is True


def test_the_journal_alone_rebuilds_the_call(journal: Journal, engine: Engine) -> None:
    *_, last = a_call(journal, more=4)
    assert journal.call(last.call_id) == Stored(1, last.call)
    other = Journal(engine)
    assert other.call(last.call_id) == Stored(1, last.call)
    assert fold(Call(LANGUAGE), other.events(last.call_id)) == last.call


def test_an_unknown_call_is_none(journal: Journal) -> None:
    assert journal.call("CA-none") is None
    assert journal.fresh("CA-none") is None
    assert told(journal, "CA-none", "incoming") is None
    assert journal.events("CA-none") == []


def test_a_call_moved_on_by_another_process_is_seen_freshly(journal: Journal, engine: Engine) -> None:
    *_, last = a_call(journal)
    other = Journal(engine)
    assert other.append(following(last)) is True
    assert journal.call(last.call_id) == Stored(1, last.call)
    assert journal.append(following(last, keys="9")) is False
    assert journal.call(last.call_id) == Stored(1, following(last).call)
    other.close()


def test_reading_freshly_never_puts_a_call_back(journal: Journal) -> None:
    entry = first(new_call_id())
    journal.append(entry)
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            journal.fresh(entry.call_id)

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for _ in range(30):
            entry = following(entry)
            assert journal.append(entry) is True
            known = journal.call(entry.call_id)
            assert known is not None
            assert known.call.turn == entry.call.turn
        stop.set()
        for reader in readers:
            reader.result()


def test_memory_is_bounded_and_the_forgotten_call_is_read_again(engine: Engine) -> None:
    journal = Journal(engine, remembered=2)
    ends = [a_call(journal)[-1] for _ in range(5)]
    assert [journal.call(end.call_id) for end in ends] == [Stored(1, end.call) for end in ends]
    following_one = following(ends[0])
    assert journal.append(following_one) is True
    assert journal.call(ends[0].call_id) == Stored(1, following_one.call)
    journal.close()


def test_a_known_call_costs_no_query(journal: Journal, engine: Engine) -> None:
    *_, last = a_call(journal)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    journal.call(last.call_id)
    assert asked == []
    journal.fresh(last.call_id)
    assert asked != []


def test_the_calls_row_says_where_the_call_stands(journal: Journal, engine: Engine) -> None:
    *_, last = a_call(journal)
    with engine.connect() as connection:
        row = connection.execute(select(calls).where(calls.c.id == last.call_id)).one()
    assert (row.caller, row.caller_last4, row.called) == (CALLER, "5678", CALLED)
    assert (row.matter, row.queue, row.place, row.turn) == ("frozen", "security", "frozen", 3)
    assert (row.version, row.language, row.started_at, row.ended_at, row.outcome) == (1, LANGUAGE, NOON, None, None)
    assert row.started_at.tzinfo == UTC


def test_a_call_ends_once_in_one_outcome(journal: Journal, engine: Engine) -> None:
    *_, last = a_call(journal)
    end = recorded(last, "RE" + "1" * 32)
    assert journal.append(end) is True
    assert journal.append(hung_up(end)) is True
    with engine.connect() as connection:
        row = connection.execute(select(calls).where(calls.c.id == last.call_id)).one()
    assert (row.outcome, row.ended_at, row.turn) == ("message", end.call.at, 5)


def test_one_hang_up_is_written_whatever_it_races_with(journal: Journal) -> None:
    *_, last = a_call(journal)
    gone, pressed = hung_up(last), following(last)
    with ThreadPoolExecutor(2) as pool:
        took = list(pool.map(journal.append, (gone, pressed)))
    assert sorted(took) == [False, True]
    if took[1]:
        assert journal.append(hung_up(pressed)) is True
    stored = journal.call(last.call_id)
    assert stored is not None
    assert stored.call.ended == "hung-up"


def test_at_most_one_of_many_answers_to_a_turn_is_taken(journal: Journal) -> None:
    chance = random.Random(20260302)
    for _ in range(20):
        *_, last = a_call(journal, more=1)
        rivals = [following(last, keys=str(key)) for key in range(8)]
        chance.shuffle(rivals)
        with ThreadPoolExecutor(8) as pool:
            took = list(pool.map(journal.append, rivals))
        assert took.count(True) == 1
        assert at(journal, last.call_id, last.call.turn) == rivals[took.index(True)].events


def test_many_calls_at_once_are_all_written_whole(journal: Journal) -> None:
    def one_call(_: int) -> Entry:
        return a_call(journal, more=5)[-1]

    with ThreadPoolExecutor(32) as pool:
        ends = list(pool.map(one_call, range(64)))
    for end in ends:
        assert journal.fresh(end.call_id) == Stored(1, end.call)


def test_a_turn_without_a_time_is_refused(journal: Journal) -> None:
    entry = first(new_call_id())
    with pytest.raises(ValueError, match="no time"):
        journal.append(replace(entry, call=Call(LANGUAGE)))


def test_a_secret_is_written_as_dots(journal: Journal) -> None:
    *_, last = a_call(journal)
    entry = turn(last.call, last.call_id, "turn/3", heard=Pressed(Secret("246810")))
    assert journal.append(entry) is True
    (heard,) = at(journal, last.call_id, 3) or ()
    assert isinstance(heard, Heard)
    assert heard.input == Pressed(SEALED)


def test_odd_numbers_of_callers_do_not_end_the_call(journal: Journal, engine: Engine) -> None:
    for caller in ("anonymous", "", "95588", "client:Köln", "\x00\x07", "+86" + "1" * 200, "😀"):
        entry = first(new_call_id(), caller=caller)
        began = replace(entry.start, called="+86\x00400") if entry.start else None
        assert journal.append(replace(entry, start=began)) is True
        with engine.connect() as connection:
            row = connection.execute(select(calls).where(calls.c.id == entry.call_id)).one()
        assert (row.caller, row.called) == (caller, "+86400")
        assert len(row.caller_last4) == (4 if caller.startswith("+86") else 0)
