"""Several processes on one journal, and processes killed: every turn taken once, what was acknowledged is there."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Thread

import pytest
from sqlalchemy import Engine, event

from ivr.flow.call import Call, fold
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.entries import Entry, Stored
from ivr.store.journal import Journal
from ivr.store.library import Library
from tests.processes import APART
from tests.stores import LANGUAGE, NOON, SECRET, at, first, following, told

CALLS = 40
TURNS = 5


@contextmanager
def child(work: Callable[..., None], *arguments: object) -> Iterator[tuple[BaseProcess, Pipe]]:
    """Run this in a process of its own, which tells us things through a pipe; it is gone when the block ends."""
    ours, theirs = APART.Pipe()
    process = APART.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def race(pipe: Pipe, url: str, keys: str) -> None:
    """Answer every turn of the same calls as the other process does, with keys of our own, from eight threads."""
    journal = Journal(connect(url, Cipher([SECRET])))
    pipe.send("ready")
    pipe.recv()
    won: list[tuple[str, int]] = []

    def take(numbers: range) -> None:
        for number in numbers:
            entry = first(f"CA-race-{number}")
            for _ in range(TURNS):
                if journal.append(entry):
                    won.append((entry.call_id, entry.turn))
                stored = journal.fresh(entry.call_id)
                assert stored is not None
                before = Entry(entry.call_id, "", stored.call.turn - 1, (), stored.call)
                entry = following(before, keys)

    threads = [Thread(target=take, args=(range(part, CALLS, 8),)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    pipe.send(won)


def test_two_processes_take_every_turn_exactly_once(database: str, opened_engine: Callable[..., Engine]) -> None:
    with child(race, database, "1") as (_, one), child(race, database, "2") as (_, two):
        for pipe in (one, two):
            assert pipe.recv() == "ready"
        for pipe in (one, two):
            pipe.send("go")
        won = [pipe.recv() for pipe in (one, two)]
    assert all(won), "both processes were to win some turns"
    assert len(won[0]) + len(won[1]) == len({*won[0], *won[1]})
    journal = Journal(opened_engine(database))
    for call_id in {call_id for call_id, _ in (*won[0], *won[1])}:
        call = fold(Call(LANGUAGE), journal.events(call_id))
        assert journal.call(call_id) == Stored(1, call)
        assert call.turn == len([turn for known, turn in (*won[0], *won[1]) if known == call_id])


def answer_calls(pipe: Pipe, url: str, seed: int, die_at: int) -> None:
    """Write down calls from eight threads, telling of each turn once it is durable; die just before that commit."""
    engine = connect(url, Cipher([SECRET]))
    journal = Journal(engine)
    if die_at:
        commits = iter(range(1, die_at + 1))
        event.listen(engine, "commit", lambda _: next(commits) == die_at and os.kill(os.getpid(), signal.SIGKILL))

    def answer(part: int) -> None:
        for number in range(1000):
            entry = first(f"CA-{seed}-{part}-{number}")
            for _ in range(TURNS):
                assert journal.append(entry)
                told.put((entry.call_id, entry.turn))
                entry = following(entry)

    told: SimpleQueue[tuple[str, int]] = SimpleQueue()
    for part in range(8):
        Thread(target=answer, args=(part,), daemon=True).start()
    while True:
        pipe.send(told.get())


def acknowledged_until_killed(database: str, seed: int, die_at: int) -> list[tuple[str, int]]:
    """Return the turns a process acknowledged before it was killed, at that commit or else after so many turns."""
    told: list[tuple[str, int]] = []
    enough = random.Random(seed).randrange(20, 120)
    with child(answer_calls, database, seed, die_at) as (process, pipe):
        while wait([pipe], timeout=30):
            try:
                told.append(pipe.recv())
            except EOFError:
                break
            if not die_at and len(told) == enough:
                os.kill(process.pid or 0, signal.SIGKILL)
    return told


@pytest.mark.parametrize(("seed", "die_at"), [(1, 0), (2, 0), (3, 0), (4, 40), (5, 90)])
def test_what_a_killed_process_acknowledged_is_there(
    database: str, opened_engine: Callable[..., Engine], seed: int, die_at: int
) -> None:
    told = acknowledged_until_killed(database, seed, die_at)
    assert told, f"seed {seed}"
    journal = Journal(opened_engine(database))
    for call_id, number in told:
        assert at(journal, call_id, number) is not None, f"seed {seed}: {call_id} {number}"
    for call_id in {call_id for call_id, _ in told}:
        stored = journal.call(call_id)
        assert stored is not None
        begun = Entry(call_id, "", stored.call.turn - 1, (), stored.call)
        assert journal.append(following(begun)) is True, f"seed {seed}: the call goes on"
    journal.close()


def bring_up(pipe: Pipe, url: str) -> None:
    """Start as the program does: bring the database up, keep the menus, write down a call."""
    pipe.send("ready")
    pipe.recv()
    try:
        engine = connect(url, Cipher([SECRET]))
        upgrade(engine)
        version = Library(engine).keep({"main.yaml": url[-3:]}, NOON)
        journal = Journal(engine)
        taken = journal.append(first(f"CA-{os.getpid()}", version=version))
        journal.close()
        pipe.send((version, taken))
    except Exception as error:
        pipe.send(repr(error))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_processes_may_start_at_once_on_an_empty_database(empty_database: str) -> None:
    starting = [child(bring_up, empty_database) for _ in range(4)]
    pipes = [each.__enter__()[1] for each in starting]
    try:
        assert [pipe.recv() for pipe in pipes] == ["ready"] * 4
        for pipe in pipes:
            pipe.send("go")
        assert [pipe.recv() for pipe in pipes] == [(1, True)] * 4
    finally:
        for each in starting:
            each.__exit__(None, None, None)


def test_a_forked_process_writes_through_a_writer_of_its_own(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    journal = Journal(opened_engine(database))
    before = first("CA-fork-before")
    assert journal.append(before) is True
    pid = os.fork()
    if pid == 0:
        taken = journal.append(following(before)) and journal.append(first("CA-fork-child"))
        os._exit(0 if taken else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert journal.append(following(before)) is False
    assert told(journal, "CA-fork-child", "incoming") is not None
    assert journal.append(first("CA-fork-parent")) is True
    journal.close()
