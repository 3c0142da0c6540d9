"""The writer commits together what waits together; what goes wrong with one turn stays with that turn."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, delete, event, exc, select, text, update

from ivr.store import writer
from ivr.store.batch import rows, write
from ivr.store.crypto import Cipher, of
from ivr.store.engine import begun as writes
from ivr.store.engine import connect, opened
from ivr.store.entries import Entry, Stored
from ivr.store.errors import Busy, Refused, StoreError
from ivr.store.journal import Journal
from ivr.store.recent import Recent
from ivr.store.tables import calls, turns
from ivr.store.waking import Jobs, Waking
from tests.apart import finished
from tests.bench.plans import noted
from tests.stores import SECRET, Postgres, first, following, hung_up, new_call_id, queued, told


def waiting_for(journal: Journal, number: int) -> Callable[[], bool]:
    """Return how to ask whether so many turns wait behind the batch in hand."""
    return lambda: journal._writer is not None and journal._writer[1]._inbox.qsize() == number


def hold_up(pool: Executor, journal: Journal, engine: Engine, connection: Connection, entry: Entry) -> Future[bool]:
    """Lock the database until the connection rolls back; return once the writer is held up with this turn."""
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "LOCK TABLE calls IN SHARE MODE")
    held_up = threading.Event()
    event.listen(engine, "before_cursor_execute", lambda *_: held_up.set())
    held = pool.submit(journal.append, entry)
    assert held_up.wait(60)
    return held


def assert_soon(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition; fail if it does not come true in time."""
    moment = threading.Event()
    for _ in range(int(seconds * 200)):
        if condition():
            return
        moment.wait(0.005)
    raise AssertionError("it did not come true in time")


def blocked(engine: Engine, backend: int) -> Callable[[], bool]:
    """Return how to ask whether this connection of PostgreSQL's waits for another."""

    def ask() -> bool:
        with opened(engine) as connection:
            return bool(connection.scalar(waits, {"pid": backend}))

    waits = text("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = :pid")
    return ask


def test_turns_that_wait_together_are_committed_together(
    journal: Journal, engine: Engine, opened_engine: Callable[..., Engine]
) -> None:
    assert journal.append(first(new_call_id())) is True
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    blocker = opened_engine(engine.url.render_as_string(hide_password=False))
    held = first(new_call_id())
    with blocker.connect() as connection, ThreadPoolExecutor(32) as pool:
        waiting = [hold_up(pool, journal, engine, connection, held)]
        waiting += [pool.submit(journal.append, first(new_call_id())) for _ in range(31)]
        assert_soon(waiting_for(journal, 31))
        assert not any(item.done() for item in waiting)
        connection.rollback()
        assert [item.result() for item in waiting] == [True] * 32
    assert len(commits) == 2


def test_a_turn_that_cannot_be_written_fails_alone(
    journal: Journal, engine: Engine, opened_engine: Callable[..., Engine]
) -> None:
    orphan = following(first(new_call_id()))
    held = first(new_call_id())
    blocker = opened_engine(engine.url.render_as_string(hide_password=False))
    with blocker.connect() as connection, ThreadPoolExecutor(32) as pool:
        waiting = [hold_up(pool, journal, engine, connection, held)]
        good = [first(new_call_id()) for _ in range(10)]
        waiting += [pool.submit(journal.append, entry) for entry in good]
        poison = pool.submit(journal.append, orphan)
        assert_soon(waiting_for(journal, 11))
        connection.rollback()
        assert [item.result() for item in waiting] == [True] * 11
        with pytest.raises(Refused, match="could not be written"):
            poison.result()
    assert journal.events(orphan.call_id) == []
    assert all(journal.fresh(entry.call_id) == Stored(1, entry.call) for entry in good)


def at_once(journal: Journal, entries: Sequence[Entry]) -> list[bool | BaseException]:
    """Write these turns at one moment; return what came of each."""

    async def appended() -> list[bool | BaseException]:
        return await asyncio.gather(*map(journal.appended, entries), return_exceptions=True)

    return finished(appended())


def test_a_turn_whose_row_somebody_holds_fails_alone(
    postgres: Postgres, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "HELD_SECONDS", 0.3)
    engine = opened_engine(postgres.fresh("ready"))
    journal, entries = Journal(engine), [first(new_call_id()) for _ in range(20)]
    assert all(at_once(journal, entries))
    held = entries[10]
    with engine.connect() as other:
        other.execute(select(calls).where(calls.c.id == held.call_id).with_for_update())
        came = at_once(journal, [following(entry) for entry in entries])
        assert [one for entry, one in zip(entries, came, strict=True) if entry is not held] == [True] * 19
        assert isinstance(came[10], StoreError)
        assert not isinstance(came[10], Refused)
    assert journal.append(following(held)) is True
    journal.close()


def test_a_table_that_somebody_holds_is_not_waited_for_once_for_each_turn(
    postgres: Postgres, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "HELD_SECONDS", 0.2)
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.3)
    engine = opened_engine(postgres.fresh("ready"))
    journal, entries = Journal(engine), [first(new_call_id()) for _ in range(60)]
    with engine.connect() as other:
        other.execute(text("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE"))
        assert {type(one) for one in at_once(journal, entries)} == {StoreError}
        thread = journal.writer
        assert thread
        assert_soon(lambda: not thread.waiting and not thread.seconds, 6)  # One after the other they take 24.
    journal.close()


def test_a_locked_database_is_an_error_in_time_and_the_turn_is_found_later(
    journal: Journal, engine: Engine, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.3)
    held = first(new_call_id())
    blocker = opened_engine(engine.url.render_as_string(hide_password=False))
    with blocker.connect() as connection, ThreadPoolExecutor(1) as pool:
        waiting = hold_up(pool, journal, engine, connection, held)
        with pytest.raises(StoreError, match="took longer"):
            waiting.result()
        connection.rollback()
    assert_soon(lambda: told(journal, held.call_id, "incoming") == held.events)
    assert journal.append(held) is False


def test_too_many_waiting_turns_are_refused_at_once(
    journal: Journal, engine: Engine, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LIMIT", 3)
    held = first(new_call_id())
    blocker = opened_engine(engine.url.render_as_string(hide_password=False))
    with blocker.connect() as connection, ThreadPoolExecutor(8) as pool:
        waiting = [hold_up(pool, journal, engine, connection, held)]
        waiting += [pool.submit(journal.append, first(new_call_id())) for _ in range(3)]
        assert_soon(waiting_for(journal, 3))
        with pytest.raises(Busy):
            journal.append(first(new_call_id()))
        connection.rollback()
        assert all(item.result() for item in waiting)


def test_closing_writes_what_waits_and_the_next_append_opens_again(journal: Journal) -> None:
    with ThreadPoolExecutor(16) as pool:
        entries = [first(new_call_id()) for _ in range(40)]
        waiting = [pool.submit(journal.append, entry) for entry in entries[:20]]
        assert all(item.result() for item in waiting)
        journal.close()
        assert all(pool.map(journal.append, entries[20:]))
    assert all(told(journal, entry.call_id, "incoming") for entry in entries)


def test_a_connection_that_died_is_opened_again(journal: Journal, engine: Engine) -> None:
    one = first(new_call_id())
    assert journal.append(one) is True
    assert journal._writer is not None
    connection = journal._writer[1]._connection
    assert connection is not None
    if engine.dialect.name == "postgresql":
        with engine.connect() as other:
            other.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    else:
        connection.connection.driver_connection.close()  # type: ignore[union-attr]
    assert journal.append(following(one)) is True
    assert journal.append(hung_up(following(one))) is True


def test_a_call_of_which_the_database_refuses_a_turn_is_read_from_it_next(journal: Journal, engine: Engine) -> None:
    lost, begun = first(new_call_id()), first(new_call_id())
    assert all(map(journal.append, (lost, begun)))
    with engine.begin() as connection:  # As by a standby that took over, and did not have it yet.
        connection.execute(delete(turns).where(turns.c.call_id == lost.call_id))
        connection.execute(delete(calls).where(calls.c.id == lost.call_id))
    with pytest.raises(Refused):
        journal.append(following(lost))
    assert journal.call(lost.call_id) is None

    async def appended() -> None:
        assert journal.recent(begun.call_id)
        await journal.appended(replace(following(begun), asked="\0", call_id=begun.call_id))

    if engine.dialect.name == "postgresql":
        with pytest.raises(Refused):
            finished(appended())
        assert journal.recent(begun.call_id) is None
        assert journal.fresh(begun.call_id) == Stored(1, begun.call)


@pytest.mark.parametrize("spoilt", ["\0", "\ud800", "x" * 65], ids=["NUL", "half a letter", "too long"])
def test_what_postgresql_cannot_hold_is_refused(
    postgres: Postgres, opened_engine: Callable[..., Engine], spoilt: str
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    journal, begun = Journal(engine), first(new_call_id())
    assert journal.append(begun)
    with pytest.raises(Refused):
        journal.append(replace(following(begun), asked=spoilt))
    with pytest.raises(Refused), writes(engine) as connection:
        connection.execute(update(calls).values(outcome=spoilt))
    journal.close()


def test_without_a_connection_to_be_had_all_turns_of_a_batch_are_told_so_at_once(
    postgres: Postgres, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    asked, journal = list[object](), Journal(engine)

    def nobody(*_: object) -> None:
        asked.append(None)
        raise exc.TimeoutError("QueuePool limit of size 8 overflow 10 reached, connection timed out")

    monkeypatch.setattr(engine.pool, "connect", nobody)
    came = at_once(journal, [first(new_call_id()) for _ in range(20)])
    assert {type(one) for one in came} == {StoreError}
    assert len(asked) < 10, "which takes two seconds each time"
    monkeypatch.undo()
    assert journal.append(first(new_call_id())) is True
    journal.close()


def test_nothing_is_written_of_a_batch_that_fails(journal: Journal, engine: Engine) -> None:
    orphan = following(first(new_call_id()))
    with pytest.raises(StoreError):
        journal.append(orphan)
    with engine.connect() as connection:
        assert connection.execute(select(turns)).all() == []


def test_postgresql_is_asked_once_for_all_turns_that_change_no_line(
    postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    journal, begun = Journal(engine), first(new_call_id())
    assert journal.append(begun) is True
    with noted(engine) as ran:
        assert journal.append(following(begun)) is True
    assert journal._writer is not None
    connection = journal._writer[1]._connection
    assert connection is not None
    assert len(ran) == 1
    assert connection.connection.driver_connection.autocommit  # type: ignore[union-attr]
    journal.close()


def test_a_turn_whose_place_in_line_cannot_be_written_is_not_written(journal: Journal, engine: Engine) -> None:
    begun = first(new_call_id())
    assert journal.append(begun) is True

    def fails(_: object, __: object, statement: str, *___: object) -> None:
        assert not statement.lstrip().startswith("INSERT INTO line"), "the disk is full"

    event.listen(engine, "before_cursor_execute", fails)
    with pytest.raises(StoreError, match="the disk is full"):
        journal.append(queued(begun))
    event.remove(engine, "before_cursor_execute", fails)
    assert journal.events(begun.call_id) == list(begun.events)
    assert journal.append(queued(begun)) is True
    assert journal.fresh(begun.call_id) == Stored(1, queued(begun).call)


def test_two_processes_with_the_same_calls_do_not_wait_for_each_other_in_a_ring(postgres: Postgres) -> None:
    engine = connect(postgres.fresh("ready"), Cipher([SECRET]))
    low, high = (rows(first(call_id), of(engine)) for call_id in ("CA-ring-1", "CA-ring-2"))
    with engine.connect() as one, engine.connect() as two, ThreadPoolExecutor(1) as pool:
        backend = two.scalar(text("SELECT pg_backend_pid()"))
        assert write(one, [low]) == {"CA-ring-1"}
        waiting = pool.submit(write, two, [high, low])
        assert_soon(blocked(engine, backend))
        assert write(one, [high]) == {"CA-ring-2"}
        one.commit()
        assert waiting.result() == set()
    engine.dispose()


def test_a_turn_moves_a_call_that_somebody_else_is_changing(
    postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    journal, begun, watched = Journal(engine), first(new_call_id()), first(new_call_id())
    assert all(map(journal.append, (begun, watched)))
    assert journal._writer is not None
    connection = journal._writer[1]._connection
    assert connection is not None
    backend = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    with engine.connect() as digest, ThreadPoolExecutor(1) as pool:
        digest.execute(update(calls).where(calls.c.id == begun.call_id).values(digested=True, queue="fraud"))
        waiting = pool.submit(journal.append, following(begun))
        assert_soon(blocked(engine, backend))
        digest.commit()
        assert waiting.result() is True
    with engine.connect() as connection:
        found = connection.execute(select(calls.c.turn, calls.c.queue, calls.c.digested, calls.c.id)).all()
    assert sorted(found) == sorted([(2, "security", False, begun.call_id), (1, "", False, watched.call_id)])
    journal.close()


def test_a_late_reader_does_not_put_a_call_back_in_memory() -> None:
    recent = Recent(2)
    one = first("CA1")
    two = following(one)
    recent.put("CA1", Stored(1, two.call))
    recent.put("CA1", Stored(1, one.call))
    assert recent.get("CA1") == Stored(1, two.call)
    recent.put("CA2", Stored(1, one.call))
    recent.get("CA1")
    recent.put("CA3", Stored(1, one.call))
    assert [recent.get(call_id) is None for call_id in ("CA1", "CA2", "CA3")] == [False, True, False]
    recent.forget("CA1")
    assert recent.get("CA1") is None


def test_a_loop_that_is_closed_ends_no_writer_nor_keeps_others_from_their_answers(
    journal: Journal, engine: Engine, opened_engine: Callable[..., Engine]
) -> None:
    assert journal.append(first(new_call_id())) is True
    blocker = opened_engine(engine.url.render_as_string(hide_password=False))

    async def left() -> "Future[bool]":
        gone = asyncio.ensure_future(journal.appended(first(new_call_id())))
        for _ in range(3):  # It asks; all that asked is handed over; the writer has it.
            await asyncio.sleep(0)
        following_one = pool.submit(journal.append, first(new_call_id()))
        assert_soon(waiting_for(journal, 2))
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        return following_one

    with blocker.connect() as connection, ThreadPoolExecutor(2) as pool:
        held = hold_up(pool, journal, engine, connection, first(new_call_id()))
        following_one = finished(left())
        connection.rollback()
        assert held.result() is following_one.result() is True
    assert journal.append(first(new_call_id())) is True


def test_all_who_are_told_at_one_moment_go_on_at_one_moment() -> None:
    async def told_at_once() -> list[bool]:
        given: list[Jobs[int, bool]] = []
        waking = Waking[int, bool](asyncio.get_running_loop(), lambda jobs: bool(given.append(jobs)), 0)
        answers = [waking.ask(job) for job in range(2)]
        await asyncio.sleep(0)
        ((_, first_one), (_, last_one)), *others = given
        assert not others
        waking.tell(first_one, True)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not any(answer.done() for answer in answers), "what they ask next is to be there for one commit"
        waking.tell(last_one, False)
        waking.wake()
        return await asyncio.gather(*answers)

    assert finished(told_at_once()) == [True, False]
