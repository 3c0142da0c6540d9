"""Jobs are done soon, once, whoever dies; what is stuck starts again."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import Engine

from ivr.jobs.recordings import Recordings, Source
from ivr.jobs.worker import THREADS, Worker
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.messages import Messages
from tests.processes import APART
from tests.recordings_site import ACCOUNT, SID, Answer, site, sound
from tests.stores import SECRET
from tests.test_jobs_recordings import vault


def now() -> datetime:
    """Return the moment, as the factory does."""
    return datetime.now(UTC)


def a_worker(engine: Engine, folder: Path, api_url: str, later: timedelta = timedelta()) -> Worker:
    """Return a worker that fetches from this address, and whose clock is so much later."""
    messages, source = Messages(engine), Source(api_url, ACCOUNT, "user", "word")
    fetch = Recordings(messages, source, vault(folder / "messages"), lambda: now() + later).fetch
    return Worker(fetch, lambda: messages.due(now() + later))


def soon(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until the condition is true, and return for how long; fail if it does not come true in time."""
    began, moment = time.monotonic(), threading.Event()
    while not condition():
        assert time.monotonic() < began + seconds, "it did not come true in time"
        moment.wait(0.01)
    return time.monotonic() - began


@pytest.fixture
def messages(engine: Engine) -> Messages:
    """Return the messages in a fresh database."""
    return Messages(engine)


@pytest.fixture
def carrier() -> Iterator[str]:
    """Return the address of a carrier that has every recording."""
    with site(Answer(body=sound(2))) as made:
        yield made.url


def state(messages: Messages, message_id: str) -> str:
    """Return how far the message is."""
    message = messages.find(message_id)
    assert message is not None
    return message.state


def test_a_message_is_fetched_within_a_second_of_its_callback(
    engine: Engine, messages: Messages, tmp_path: Path, carrier: str
) -> None:
    worker = a_worker(engine, tmp_path, carrier)
    worker.start()
    try:
        took = []
        for number in range(5):
            told = messages.report(f"RE{number:032x}", "CA1", "completed", 2, now())
            worker.wake()
            took.append(soon(lambda told=told: state(messages, told) == "fetched"))  # type: ignore[misc]
            assert vault(tmp_path / "messages").open(f"messages/{told}.sealed").read() == sound(2)
        assert median(took) < 2, took  # Not each: the machine may do something else for a moment.
    finally:
        worker.stop()


def test_the_processs_signals_stay_its_own_and_no_thread_is_left(engine: Engine, tmp_path: Path, carrier: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    threads = set(threading.enumerate())
    for _ in range(2):
        worker = a_worker(engine, tmp_path, carrier)
        starting = threading.Thread(target=worker.start)
        starting.start()
        starting.join()
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
        assert len(set(threading.enumerate()) - threads) == THREADS
        worker.stop()
    assert set(threading.enumerate()) <= threads


def test_what_was_never_queued_is_found_at_the_start(
    engine: Engine, messages: Messages, tmp_path: Path, carrier: str
) -> None:
    told = messages.report(SID, "CA1", "completed", 2, now())
    worker = a_worker(engine, tmp_path, carrier)
    worker.start()
    soon(lambda: state(messages, told) == "fetched")
    worker.stop()


def test_a_missing_file_is_tried_again_by_itself(
    engine: Engine, messages: Messages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.store.messages.FIRST_PAUSE", timedelta(milliseconds=100))
    with site(Answer(404), Answer(503), Answer(body=sound(2))) as carrier:
        worker = a_worker(engine, tmp_path, carrier.url)
        worker.start()
        told = messages.report(SID, "CA1", "completed", 2, now())
        worker.wake()
        soon(lambda: state(messages, told) == "fetched")
        worker.stop()
        assert len(carrier.asked) == 3


def test_two_workers_fetch_each_message_once(engine: Engine, messages: Messages, tmp_path: Path) -> None:
    with site(Answer(body=sound(2))) as carrier:
        workers = [a_worker(engine, tmp_path, carrier.url) for _ in range(2)]
        told = [messages.report(f"RE{number:032x}", "CA1", "completed", 2, now()) for number in range(20)]
        for worker in workers:
            worker.start()
        soon(lambda: all(state(messages, message_id) == "fetched" for message_id in told))
        for worker in workers:
            worker.stop()
        assert len(carrier.asked) == 20


def test_a_job_that_fails_costs_neither_a_thread_nor_the_other_jobs() -> None:
    due, done = [*(f"bad {number}" for number in range(THREADS)), "good"], []

    def fetch(message_id: str) -> None:
        due.remove(message_id)
        if message_id != "good":
            raise RuntimeError("on purpose")
        done.append(message_id)

    worker = Worker(fetch, lambda: list(due))
    worker.start()
    soon(lambda: done == ["good"])
    worker.stop()


def work(database: str, folder: Path, api_url: str) -> None:
    """Be the jobs' own process, until told to end."""
    worker = a_worker(connect(database, Cipher([SECRET])), folder, api_url)
    worker.run()
    sys.exit(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_of_jobs_ends_when_it_is_told_to(
    database: str, messages: Messages, tmp_path: Path, carrier: str, number: int
) -> None:
    told = messages.report(SID, "CA1", "completed", 2, now())
    with started(database, tmp_path, carrier) as process:
        soon(lambda: state(messages, told) == "fetched")
        os.kill(process.pid or 0, number)
        process.join(60)
        assert process.exitcode == 0


def test_the_message_in_the_hand_of_a_killed_worker_is_fetched_by_the_next(
    database: str, messages: Messages, engine: Engine, tmp_path: Path
) -> None:
    told, held = messages.report(SID, "CA1", "completed", 2, now()), threading.Event()
    half = Answer(body=sound(2)[:1000], promised=len(sound(2)), held=held)
    with site(half) as slow, site(Answer(body=sound(2))) as carrier:
        with started(database, tmp_path, slow.url) as process:
            soon(lambda: bool(slow.asked))
            process.kill()
            process.join()
        held.set()
        assert (state(messages, told), messages.due(now())) == ("wanted", [])
        worker = a_worker(engine, tmp_path, carrier.url, later=timedelta(minutes=3))
        worker.start()
        soon(lambda: state(messages, told) == "fetched")
        worker.stop()


@contextmanager
def started(database: str, folder: Path, api_url: str) -> Iterator[BaseProcess]:
    """Start a process of jobs; it is gone when the block ends."""
    process = APART.Process(target=work, args=(database, folder, api_url), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
