"""Facts that the database did not take: on the disk before the carrier is answered, and written down after a crash."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import time

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from ivr.flow.inputs import Recorded
from ivr.jobs.every import Every
from ivr.replies import Caller
from ivr.store.crypto import Cipher
from ivr.store.errors import Refused, StoreError
from ivr.store.messages import Messages
from ivr.telephony import facts, unwritten
from ivr.telephony.facts import Fact, Left, Over, Ready, Spoken
from ivr.telephony.spool import Spool
from ivr.telephony.unwritten import Unwritten
from tests.stores import Postgres
from tests.test_switchboard import soon

NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
CALLER = Caller("+8613800138000", "+864001234567")
REPORT = Left("CA1", CALLER, Recorded("RE1", 7, adrift=True, matter="stolen"), NOON)
FACTS: tuple[Fact, ...] = (
    REPORT,
    Spoken("CA1", "turn/7", Recorded("RE2", 5), NOON),
    Ready("CA1", "RE1", "completed", 7, NOON),
    Over("CA1", CALLER, NOON.replace(hour=5)),
)
Trying = Callable[[Callable[[Fact], object]], Unwritten]


def away(_: Fact) -> None:
    raise StoreError("the database is away")


def spool(folder: Path, secret: str = "a secret") -> Spool:
    return Spool(folder / "spool", Cipher([secret]))


@pytest.fixture
def trying(tmp_path: Path) -> Iterator[Trying]:
    """Return what makes one that tries again what is in this test's spool, and tries no more once it is over."""
    made = list[Unwritten]()

    def begun(job: Callable[[Fact], object]) -> Unwritten:
        made.append(Unwritten(job, spool(tmp_path)))
        return made[-1]

    yield begun
    for one in made:
        one.close()


def test_every_kind_of_fact_is_read_as_it_was_written() -> None:
    assert [facts.read(facts.write(fact)) for fact in FACTS] == list(FACTS)


def test_what_was_spooled_is_written_down_by_the_next_process_in_order_and_once(tmp_path: Path, trying: Trying) -> None:
    killed = trying(away)
    assert all(killed.write(fact) for fact in (*reversed(FACTS), REPORT))
    assert len(list((tmp_path / "spool").glob("*.fact"))) == len(FACTS)
    written: list[Fact] = []
    following = trying(written.append)
    following.start()
    soon(lambda: list((tmp_path / "spool").iterdir()) == [])
    assert sorted(written, key=FACTS.index) == list(FACTS)
    assert written[-1] == FACTS[-1]


def test_what_a_process_left_as_it_ended_is_written_down_by_one_beside_it(
    tmp_path: Path, trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unwritten, "LOOKS", 0.05)
    written: list[Fact] = []
    beside = trying(written.append)
    beside.start()
    ended = trying(away)
    assert ended.write(REPORT)
    ended.close()
    (left,) = (tmp_path / "spool").iterdir()
    os.utime(left, (time() - unwritten.LEFT - 1,) * 2)
    assert ended.write(FACTS[-1])  # Which is too new to be taken out of another's hands.
    soon(lambda: written == [REPORT])
    soon(lambda: spool(tmp_path).all() == [FACTS[-1]])
    assert written == [REPORT]


def test_what_is_too_much_to_be_kept_is_taken_from_the_disk_later(
    tmp_path: Path, trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unwritten, "MOST", 1)
    monkeypatch.setattr(unwritten, "LOOKS", 0.05)
    monkeypatch.setattr(unwritten, "LEFT", 0.0)
    written: list[Fact] = []
    back = Event()

    def job(fact: Fact) -> None:
        if not back.is_set():
            away(fact)
        written.append(fact)

    kept = trying(job)
    with capture_logs() as logged:
        assert kept.write(REPORT)
        assert kept.write(FACTS[-1])
    kept.start()
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["too much is unwritten"]
    back.set()
    soon(lambda: written == [REPORT, FACTS[-1]])
    soon(lambda: spool(tmp_path).all() == [])


def test_a_process_that_ends_writes_down_what_it_can_and_waits_for_no_database(tmp_path: Path, trying: Trying) -> None:
    tried: list[Fact] = []

    def job(fact: Fact) -> None:
        tried.append(fact)
        if fact.call == "CA2":
            away(fact)

    kept = trying(job)
    kept._go_on = lambda: None  # type: ignore[method-assign]
    facts = (REPORT, replace(REPORT, call="CA2"), replace(REPORT, call="CA3"))
    assert all(kept.keep(fact) for fact in facts)
    kept.close()
    assert tried == [*facts[:2]]
    assert sorted(fact.call for fact in spool(tmp_path).all()) == ["CA2", "CA3"]


def test_what_a_process_was_writing_when_it_was_killed_is_removed_by_the_next(tmp_path: Path, trying: Trying) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    gone = subprocess.Popen(["true"])
    gone.wait()
    ours, theirs = (folder / f"{name}.{pid}-7" for name, pid in (("a", gone.pid), ("b", os.getppid())))
    for draft in (ours, theirs):
        draft.write_text("half a fact")
    assert spool(tmp_path).put(REPORT)
    following = trying(away)
    following.start()
    following.close()
    assert not ours.exists()
    assert theirs.exists()  # Whoever writes it now goes on.
    assert spool(tmp_path).all() == [REPORT]


def test_no_number_stands_readable_on_the_disk(tmp_path: Path) -> None:
    spool(tmp_path).put(REPORT)
    (file,) = (tmp_path / "spool").iterdir()
    assert file.stat().st_mode & 0o077 == (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert b"13800138000" not in file.read_bytes()
    with capture_logs() as logged:
        assert spool(tmp_path, "another secret").all() == []
    assert [line["event"] for line in logged if "spool" in line["event"]] == ["a fact in the spool cannot be read"]
    assert file.exists()


def test_a_disk_that_takes_nothing_is_told_so_that_the_carrier_asks_again(tmp_path: Path, trying: Trying) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    kept = trying(away)
    assert not kept.write(REPORT)


def test_a_disk_that_is_full_has_nothing_left_on_it(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with capture_logs():
            assert not spool(tmp_path).put(REPORT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_what_is_done_again_and_again_is_done_sooner_after_it_failed() -> None:
    now, done, fail = [NOON], list[datetime](), [True]

    def job() -> None:
        if fail:
            raise OSError("the carrier is away")
        done.append(now[0])

    hourly = Every(job, lambda: now[0], timedelta(hours=1), timedelta(minutes=1), timedelta(minutes=10))
    assert hourly.due() == []
    now[0] = begun = NOON + timedelta(minutes=10)
    with pytest.raises(OSError, match="away"):
        hourly.do(*hourly.due())
    assert hourly.due() == []
    fail.clear()
    for minutes in (1, 30, 60, 61):
        now[0] = begun + timedelta(minutes=minutes)
        for at in hourly.due():
            hourly.do(at)
    assert done == [begun + timedelta(minutes=minutes) for minutes in (1, 61)]


def test_what_the_database_refuses_is_set_aside_told_and_stops_nothing(
    trying: Trying, postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    messages = Messages(opened_engine(postgres.fresh("ready")))

    def job(fact: Fact) -> None:
        assert isinstance(fact, Ready)
        messages.report(fact.sid, fact.call, fact.state, fact.seconds, fact.at)

    kept, one = trying(job), Ready("CA1", "RE1", "completed", 7, NOON)
    too_long = replace(one, sid="RE" * 60)
    with capture_logs() as logged:
        assert kept.write(replace(one, sid="\0"))  # As it is safe, though not written.
        assert kept.keep(too_long)
        assert kept.keep(one)
        soon(lambda: [message.recording_sid for message in messages.latest()] == ["RE1"])
        soon(lambda: not kept.calls())
    assert kept.spool.lengths() == (0, 2)
    assert [line["what"] for line in logged if line["event"] == "never to be written"] == ["ready/\0", too_long.name]


def test_who_looks_into_the_spool_goes_on_after_a_disk_that_failed(
    tmp_path: Path, trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unwritten, "LOOKS", 0.01)
    monkeypatch.setattr(unwritten, "LEFT", -60.0)
    written, failed, read = list[Fact](), Event(), Spool.all

    def fails_once(here: Spool, seconds: float = 0.0) -> list[Fact]:
        if seconds and not failed.is_set():
            failed.set()
            raise OSError("the disk does not answer")
        return read(here, seconds)

    monkeypatch.setattr(Spool, "all", fails_once)
    kept = trying(written.append)
    kept.start()
    assert failed.wait(60)
    assert spool(tmp_path).put(REPORT)
    soon(lambda: written[:1] == [REPORT])


def test_what_is_kept_is_tried_again_after_a_disk_or_a_machine_that_failed(
    tmp_path: Path, trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, started = list[Fact](), list[object]()

    def no_more(thread: Thread) -> None:
        started.append(thread)
        raise RuntimeError("can't start new thread")

    def fails_once(_: Spool, fact: Fact) -> None:
        monkeypatch.undo()
        raise OSError(f"{fact.name} cannot be removed")

    kept = trying(written.append)
    with monkeypatch.context() as none_to_be_had:
        none_to_be_had.setattr(Thread, "start", no_more)
        assert kept.keep(REPORT)
        assert kept.keep(FACTS[-1])
    assert len(started) == 2
    monkeypatch.setattr(Spool, "remove", fails_once)
    assert kept.keep(replace(REPORT, call="CA2"))
    soon(lambda: not kept.calls())
    assert spool(tmp_path).all() == []


def test_a_disk_that_lets_nothing_go_keeps_nobody_elses_facts_from_being_written(
    trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, gone = list[Fact](), Event()

    def job(fact: Fact) -> None:
        if not gone.is_set():
            raise StoreError("the database is away")
        written.append(fact)

    def read_only(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, f"{path}: read-only file system, {missing_ok}")

    kept, others = trying(job), [replace(REPORT, call=f"CA{number}") for number in range(5)]
    assert all(kept.write(fact) for fact in others)
    monkeypatch.setattr(Path, "unlink", read_only)
    gone.set()
    soon(lambda: not kept.calls())
    assert {fact.call for fact in written} == {fact.call for fact in others}
    assert len(written) == len(others)
    monkeypatch.undo()


def test_what_neither_database_nor_disk_takes_is_to_be_told_again(tmp_path: Path, trying: Trying) -> None:
    def job(_: Fact) -> None:
        raise Refused("it cannot be held")

    (tmp_path / "spool").touch()
    assert not trying(job).write(REPORT)


def test_what_contradicts_only_what_we_thought_to_know_is_written_and_not_set_aside(
    tmp_path: Path, trying: Trying
) -> None:
    written: list[Fact] = []
    known = iter([Refused("the call is not there")])

    def job(fact: Fact) -> None:
        for wrong in known:
            raise wrong
        written.append(fact)

    assert trying(job).write(REPORT)
    assert written == [REPORT]
    assert not list(tmp_path.rglob("*.failed"))


def test_what_can_never_be_written_is_set_aside_and_stops_nothing(tmp_path: Path, trying: Trying) -> None:
    written: list[Fact] = []

    def job(fact: Fact) -> None:
        if fact is REPORT:
            raise ValueError("a fault of ours")
        written.append(fact)

    kept = trying(job)
    kept.keep(REPORT)
    kept.keep(FACTS[-1])
    soon(lambda: written == [FACTS[-1]])
    soon(lambda: [file.suffix for file in (tmp_path / "spool").iterdir()] == [".failed"])
