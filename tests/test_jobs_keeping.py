"""Recordings at rest: old plain ones are heard and get sealed, and the carrier keeps none once ours is safe."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from ivr.jobs.keeping import Clearing, Sealing
from ivr.jobs.recordings import CLEARED, Recordings, Source
from ivr.store.messages import Message, Messages
from ivr.store.seals import Seals
from ivr.store.shelf import Folder
from ivr.store.tables import messages as table
from ivr.store.vault import Vault, place
from tests.desk_site import Clock, desk_site
from tests.pages import until
from tests.recordings_site import ACCOUNT, SID, Answer, site, sound
from tests.stores import NOON, SECRET
from tests.test_inbox_page import entered
from tests.test_jobs_recordings import vault
from tests.test_switchboard import queued
from tests.world import world


@pytest.fixture
def messages(engine: Engine) -> Messages:
    return Messages(engine)


def one(messages: Messages, message_id: str) -> Message:
    """Return the message."""
    found = messages.find(message_id)
    assert found
    return found


def plain(messages: Messages, folder: Path, sid: str = SID) -> str:
    """Have a message lie there as older releases kept it; return its id."""
    told = messages.report(sid, "CA1", "completed", 2, NOON)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{told}.wav").write_bytes(sound(2))
    messages.fetched(told, f"{told}.wav", len(sound(2)))
    return told


def test_what_lies_plain_is_sealed_and_what_nobody_knows_is_left(messages: Messages, tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    told = plain(messages, folder)
    (folder / "unknown.wav").write_bytes(b"whose is it?")
    assert Sealing(messages, vault(folder), lambda: NOON).take() == 1
    assert (one(messages, told).file, one(messages, told).next_try_at) == (f"{told}.sealed", NOON)
    assert sorted(file.name for file in folder.iterdir()) == sorted([f"{told}.sealed", "unknown.wav"])
    assert vault(folder).open(f"messages/{told}.sealed").read() == sound(2)
    assert Sealing(messages, vault(folder), lambda: NOON).take() == 0


@pytest.mark.parametrize("sealed", [False, True])
def test_what_is_deleted_while_it_is_sealed_stays_deleted(
    messages: Messages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    folder = tmp_path / "messages"
    told = plain(messages, folder)
    if sealed:
        Sealing(messages, vault(folder), lambda: NOON).take()
    made = Vault(Folder(tmp_path), Seals(["a newer secret", SECRET]))
    copy = Vault.copy

    def meanwhile(here: Vault, old: str, new: str) -> int:
        size = copy(here, old, new)
        with messages.engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == told))
        return size

    monkeypatch.setattr(Vault, "copy", meanwhile)
    Sealing(messages, made, lambda: NOON).take()
    assert not (folder / f"{told}.sealed").exists()


@pytest.mark.parametrize("step", ["copy", "moved", "settle"])
def test_whoever_dies_while_sealing_leaves_a_message_that_is_heard_and_the_next_goes_on(
    messages: Messages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = tmp_path / "messages"
    told = plain(messages, folder)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Messages if step == "moved" else Vault, step, die)
        with pytest.raises(KeyboardInterrupt):
            Sealing(messages, vault(folder), lambda: NOON).take()
    assert vault(folder).open(place(one(messages, told))).read() == sound(2)
    assert Sealing(messages, vault(folder), lambda: NOON).take() == 1
    assert [file.name for file in folder.iterdir()] == [f"{told}.sealed"]
    assert vault(folder).open(place(one(messages, told))).read() == sound(2)


def test_what_lay_in_a_folder_is_brought_to_the_shelf_that_is_used_now(messages: Messages, tmp_path: Path) -> None:
    old = tmp_path / "old" / "messages"
    first, second = plain(messages, old), plain(messages, old, "RE" + "b" * 32)
    Sealing(messages, vault(old), lambda: NOON).take()
    (old / f"{second}.wav").write_bytes(sound(2))  # Whoever sealed it was killed before this was deleted.
    shelves = Vault(Folder(tmp_path / "new"), vault(old).seals, Folder(old.parent))
    assert shelves.open(f"messages/{first}.sealed").read() == sound(2)
    Sealing(messages, shelves, lambda: NOON).take()
    assert list(old.iterdir()) == []
    assert len(list((tmp_path / "new" / "messages").iterdir())) == 2
    assert shelves.open(f"messages/{first}.sealed").read() == sound(2)


def test_while_secrets_are_rotated_recordings_are_sealed_anew_and_heard_throughout(
    messages: Messages, tmp_path: Path
) -> None:
    folder = tmp_path / "messages"
    told = plain(messages, folder)
    Sealing(messages, vault(folder), lambda: NOON).take()
    both = Vault(Folder(tmp_path), Seals(["a new secret", SECRET]))
    assert both.open(f"messages/{told}.sealed").read() == sound(2)
    assert [Sealing(messages, both, lambda: NOON).take() for _ in range(2)] == [1, 0]
    assert Vault(Folder(tmp_path), Seals(["a new secret"])).open(f"messages/{told}.sealed").read() == sound(2)


def clearing(messages: Messages, folder: Path, url: str, clock: Clock, *whys: str) -> tuple[Clearing, list[str]]:
    """Return what clears, whose carrier says this in turn, and what it was told to delete."""
    asked, answers = list[str](), list(whys)

    def erase(sid: str) -> str:
        asked.append(sid)
        return answers.pop(0) if answers else ""

    return Clearing(Recordings(messages, Source(url, ACCOUNT, "a", "b"), vault(folder), clock), erase), asked


def test_the_carriers_copy_is_deleted_a_day_after_ours_is_whole_and_again_where_that_failed(
    messages: Messages, tmp_path: Path
) -> None:
    clock = Clock(NOON)
    with site(Answer(body=sound(3))) as carrier:
        told = messages.report(SID, "CA1", "completed", 3, NOON)
        clears, asked = clearing(messages, tmp_path / "messages", carrier.url, clock, "the carrier answered 503")
        clears.recordings.fetch(told)
        assert clears.due() == []
        clock.on(seconds=CLEARED.total_seconds())
        assert clears.due() == [told]
        clears.take(told)
        assert (one(messages, told).error, one(messages, told).state) == ("the carrier answered 503", "fetched")
        clears.take(told)
        assert asked == [SID], "it is not due"
        clock.on(hours=1)
        clears.take(told)
        clock.on(days=3)
    assert (asked, clears.due(), one(messages, told).error) == ([SID, SID], [], None)
    assert len(carrier.asked) == 1


def test_ours_is_fetched_anew_before_the_carriers_is_deleted_where_it_is_not_whole_any_more(
    messages: Messages, tmp_path: Path
) -> None:
    clock, folder = Clock(NOON), tmp_path / "messages"
    with site(Answer(body=sound(3)), Answer(503), Answer(body=sound(3))) as carrier:
        told = messages.report(SID, "CA1", "completed", 3, NOON)
        clears, asked = clearing(messages, folder, carrier.url, clock)
        clears.recordings.fetch(told)
        file = folder / f"{told}.sealed"
        file.write_bytes(file.read_bytes()[:-100])
        clock.on(seconds=CLEARED.total_seconds())
        clears.take(told)
        assert (asked, one(messages, told).error) == ([], "the carrier answered 503")
        clock.on(hours=1)
        clears.take(told)
    assert (asked, clears.recordings.vault.open(f"messages/{told}.sealed").read()) == ([SID], sound(3))


def test_a_running_hotline_has_the_carrier_delete_what_it_fetched(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        caller = queued(here)
        caller.press("1")
        caller.listen()
        caller.speak(4)
        caller.press("#")
        (sid,) = here.carrier.recordings
        (left,) = here.parts.messages.latest()
        here.parts.jobs[0].start()
        until(lambda: one(here.parts.messages, left.id).state == "fetched")
        here.carrier.clock.advance(timedelta(days=1, minutes=1).total_seconds())
        here.parts.jobs[4].start()
        until(lambda: sid not in here.carrier.recordings)
        until(lambda: one(here.parts.messages, left.id).next_try_at is None)


def test_a_player_is_given_the_part_that_it_asks_for_of_a_sealed_recording(tmp_path: Path) -> None:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", Clock())) as here:
        messages = Messages(here.desk.engine)
        found = messages.recorded(here.left_message().recording or "")
        assert found
        Sealing(messages, vault(tmp_path / "messages"), here.clock).take()
        whole = vault(tmp_path / "messages").open(f"messages/{found.id}.sealed").read()
        client, path = entered(here, "sam", "supervisor"), f"/desk/calls/{found.call_id}/sounds/{found.id}"
        with client.get(path) as answer:
            assert (answer.status_code, answer.data) == (200, whole)
            assert (answer.headers["Accept-Ranges"], answer.content_length) == ("bytes", len(whole))
        for asked, start, end in (
            ("bytes=100-199", 100, 200),
            ("bytes=-10", -10, None),
            ("bytes=32000-", 32_000, None),
        ):
            with client.get(path, headers={"Range": asked}) as answer:
                assert (answer.status_code, answer.data) == (206, whole[start:end])
        with client.get(path, headers={"Range": "bytes=99999-"}) as answer:
            assert answer.status_code == 416
        (tmp_path / "messages" / f"{found.id}.sealed").write_bytes(b"no seal")
        with client.get(path) as answer:
            assert answer.status_code == 404
