"""A backup is whole, sealed, and put back as it was; a crafted, damaged or foreign one does nothing at all."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, insert, inspect, select, text
from werkzeug.security import generate_password_hash

from ivr.store.audit import Trail, entries
from ivr.store.backup import opened, taking
from ivr.store.backup.backups import Backups
from ivr.store.backup.manifest import Manifest, Rows
from ivr.store.backup.restoring import FullError, unpack
from ivr.store.backup.vault import HEAD, PIECE, TAG, BadBackupError, Opening, Sealing
from ivr.store.desk_tables import agent_states
from ivr.store.engine import upgrade
from ivr.store.errors import NewerError, StoreError
from ivr.store.journal import Journal
from ivr.store.level import head
from ivr.store.migrations import run
from ivr.store.people import passkeys, people
from ivr.store.shelf import Folder
from ivr.store.tables import calls, meta
from tests.stores import NOON, SECRET, Postgres, first, following, hung_up, new_call_id
from tests.test_shelf import bucket, put, s3

__all__ = ["s3"]

SEED = 7
LEVEL = "alembic_version"


@pytest.fixture
def target(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, opened_engine: Callable[..., Engine]
) -> Engine:
    """Return a second, empty database of the same kind."""
    if database.startswith("sqlite"):
        return opened_engine(f"sqlite:///{tmp_path}/target.db")
    server: Postgres = request.getfixturevalue("postgres")
    return opened_engine(server.fresh())


def backups(engine: Engine, folder: Path, *secrets: str) -> Backups:
    return Backups(engine, secrets or (SECRET,), lambda: NOON, folder / "spool", Folder(folder))


def filled(engine: Engine, journal: Journal) -> str:
    """Write down a call, and one of each that is awkward to bring over; return the call's id."""
    call = new_call_id()
    for entry in (one := first(call), two := following(one, "2\\\t\n'\";—好"), hung_up(two)):
        assert journal.append(entry)
    Trail(engine, [SECRET], lambda: NOON).add("alice", "number.show", "line\nbreak \\. \\N 好", "127.0.0.1")
    with engine.begin() as connection:
        told = {"password": generate_password_hash("x"), "active": True, "fs_uniquifier": "u", "misses": 0}
        connection.execute(insert(people).values(id=7, name="alice", created_at=NOON, tf_counter=None, **told))
        odd = {
            "credential_id": bytes(range(256)),
            "public_key": b"",
            "transports": ["usb", "\\N"],
            "backup_state": False,
        }
        more = {"device_type": "d", "lastuse_datetime": NOON, "name": "key", "usage": "first", "sign_count": 2**31 - 1}
        connection.execute(insert(passkeys).values(id=3, user_id=7, **odd, **more))
        for _ in range(3):
            connection.execute(insert(agent_states).values(agent="alice", at=NOON, state="away", reason="\\N"))
    return call


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in meta.tables.items()
        }


def test_what_was_there_is_there_again_and_goes_on(
    engine: Engine, journal: Journal, target: Engine, tmp_path: Path
) -> None:
    call, file = filled(engine, journal), tmp_path / "one.backup"
    made = backups(engine, tmp_path).take(file, recordings=False)
    with engine.connect() as connection:
        assert made.tables.keys() == set(inspect(connection).get_table_names()) - {LEVEL}
    assert backups(engine, tmp_path).check(file) == made
    assert (made.migration, made.moment) == (head(), NOON)
    upgrade(target)  # As whoever starts the command does.
    told, left = backups(target, tmp_path).restore(file, anyway=False)
    assert (told, left) == (made, [])
    assert contents(target) == contents(engine)
    assert Journal(target).call(call) == Journal(engine).call(call)
    assert Trail(target, [SECRET], lambda: NOON).check().wrong == ""
    with target.begin() as connection:
        connection.execute(insert(agent_states).values(agent="bob", at=NOON, state="away", reason=""))
    with pytest.raises(Exception, match="only added to"), target.begin() as connection:
        connection.execute(entries.delete())
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_backup_of_an_older_release_is_brought_up(empty: Engine, target: Engine, tmp_path: Path) -> None:
    with empty.begin() as connection:
        run(connection, "0013")
        told = "'c', 1, 'sealed', 'h', '', '+86', 'zh-CN', 'zh-CN', '', '', 'main', 1, '2026-03-02 04:00:00'"
        names = "id, version, caller, caller_hash, caller_last4, called, greeted, language, matter, queue, place, turn"
        connection.execute(text(f"INSERT INTO calls ({names}, started_at) VALUES ({told})"))
    made = backups(empty, tmp_path).take(tmp_path / "old.backup", recordings=False)
    assert (made.migration, "library" in made.tables) == ("0013", False)
    backups(target, tmp_path).restore(tmp_path / "old.backup", anyway=False)
    with target.connect() as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {LEVEL}")) == head()
        assert connection.execute(select(calls.c.id, calls.c.place)).all() == [("c", "main")]


@pytest.fixture
def empty(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, opened_engine: Callable[..., Engine]
) -> Engine:
    """Return a third, empty database."""
    if database.startswith("sqlite"):
        return opened_engine(f"sqlite:///{tmp_path}/empty.db")
    server: Postgres = request.getfixturevalue("postgres")
    return opened_engine(server.fresh())


def test_what_is_there_is_lost_only_when_told(engine: Engine, journal: Journal, tmp_path: Path) -> None:
    file, call = tmp_path / "one.backup", filled(engine, journal)
    backups(engine, tmp_path).take(file, recordings=False)
    before = contents(engine)
    assert journal.append(first(later := new_call_id()))
    with pytest.raises(FullError, match="rows of"):
        backups(engine, tmp_path).restore(file, anyway=False)
    assert Journal(engine).call(later)
    backups(engine, tmp_path).restore(file, anyway=True)
    assert contents(engine) == before
    assert Journal(engine).call(call)
    with pytest.raises(FileExistsError, match="there already"):
        backups(engine, tmp_path).take(file, recordings=False)


def test_recordings_and_what_waits_come_along_and_lie_over_nothing(
    engine: Engine, target: Engine, tmp_path: Path
) -> None:
    source, there = tmp_path / "source", tmp_path / "there"
    for name in ("messages/a.wav", "calls/b.wav", "spool/c.fact", "messages/.d.part"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode() * 100_000)
    (source / "messages" / "link.wav").symlink_to("/etc/hostname")
    made = backups(engine, source).take(tmp_path / "one.backup", recordings=True)
    assert sorted(made.files) == ["calls/b.wav", "messages/a.wav", "spool/c.fact"]
    assert b"messages/a.wav" not in (tmp_path / "one.backup").read_bytes()
    (there / "calls").mkdir(parents=True)
    (there / "calls" / "b.wav").write_bytes(b"mine")
    _, left = backups(target, there).restore(tmp_path / "one.backup", anyway=False)
    assert left == ["calls/b.wav"]
    assert (there / "calls" / "b.wav").read_bytes() == b"mine"
    for name in ("messages/a.wav", "spool/c.fact"):
        assert (there / name).read_bytes() == (source / name).read_bytes()


def test_recordings_in_a_bucket_come_along_and_go_into_whichever_there_is(
    engine: Engine, target: Engine, tmp_path: Path, s3: str
) -> None:
    tapes, folder, file = bucket(f"{tmp_path.name}/old", s3), Folder(tmp_path / "folder"), tmp_path / "one.backup"
    long = Random(SEED).randbytes(3 * PIECE + 1)
    put(tapes, "messages/a.sealed", long)
    put(tapes, "calls/b.sealed", b"in the bucket")
    put(folder, "calls/b.sealed", b"in the folder yet")
    put(folder, "calls/c.wav", b"not yet brought over")
    both = replace(backups(engine, tmp_path), shelf=tapes, before=folder)
    assert both.take(tmp_path / "bare.backup", recordings=False).files == {}
    made = both.take(file, recordings=True)
    assert sorted(made.files) == ["calls/b.sealed", "calls/c.wav", "messages/a.sealed"]
    assert both.check(file) == made
    for there in (bucket(f"{tmp_path.name}/new", s3), Folder(tmp_path / "there")):
        put(there, "calls/b.sealed", b"mine")
        _, left = replace(backups(target, tmp_path), shelf=there).restore(file, anyway=True)
        assert left == ["calls/b.sealed"]
        assert there.read("calls/b.sealed", 0, 99) == b"mine"
        assert there.read("calls/c.wav", 0, 99) == b"not yet brought over"
        assert there.read("messages/a.sealed", 0, len(long) + 1) == long


def test_a_bucket_that_is_away_is_told_and_no_backup_without_its_recordings_is_left(
    engine: Engine, tmp_path: Path, s3: str
) -> None:
    gone = replace(bucket("any", s3), name="none")
    with pytest.raises(OSError, match="the bucket answered NoSuchBucket"):
        replace(backups(engine, tmp_path), shelf=gone).take(tmp_path / "one.backup", recordings=True)
    assert list(tmp_path.glob("*backup*")) == []


def test_a_recording_that_is_deleted_meanwhile_is_left_out(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Folder(tmp_path)
    for name in ("messages/a.sealed", "messages/b.sealed"):
        put(shelf, name, Random(SEED).randbytes(2 * PIECE))
    plain = Folder.read

    def read(self: Folder, name: str, start: int, length: int) -> bytes:
        if name == "messages/a.sealed" and start:
            self.delete(name)
        return plain(self, name, start, length)

    monkeypatch.setattr(Folder, "read", read)
    made = backups(engine, tmp_path).take(tmp_path / "one.backup", recordings=True)
    assert list(made.files) == ["messages/b.sealed"]
    assert backups(engine, tmp_path).check(tmp_path / "one.backup") == made


def refused(engine: Engine, file: Path, *secrets: str) -> str:
    """Return why a backup is refused, after seeing that it did nothing."""
    before = contents(engine)
    with pytest.raises(StoreError) as raised:
        backups(engine, file.parent, *secrets).restore(file, anyway=True)
    assert contents(engine) == before
    return str(raised.value)


def test_a_damaged_or_foreign_file_does_nothing(engine: Engine, journal: Journal, tmp_path: Path) -> None:
    filled(engine, journal)
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "a.wav").write_bytes(Random(SEED).randbytes(3 * PIECE))
    file, chance = tmp_path / "one.backup", Random(SEED)
    backups(engine, tmp_path).take(file, recordings=True)
    whole = file.read_bytes()
    bad = tmp_path / "bad.backup"
    places = [*chance.sample(range(len(whole)), 20), 0, HEAD - 1, len(whole) - 1]
    for place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "backup" in refused(engine, bad)
    piece = PIECE + TAG
    moved = (
        whole[:HEAD] + whole[HEAD + piece : HEAD + 2 * piece] + whole[HEAD : HEAD + piece] + whole[HEAD + 2 * piece :]
    )
    for spoilt in (b"", whole[:10], whole[:-1], whole[: HEAD + piece], whole[: HEAD + 2 * piece], moved, whole + b"0"):
        bad.write_bytes(spoilt)
        assert "backup" in refused(engine, bad)
    assert "another SECRET_KEY" in refused(engine, file, "another")
    assert backups(engine, tmp_path, "another", SECRET).check(file)


def crafted(file: Path, made: Manifest, entries: dict[str, bytes]) -> Path:
    """Write what somebody could who has our secret."""
    from zipfile import ZipFile

    with file.open("wb") as plain:
        sealing = Sealing(plain, SECRET)
        with ZipFile(sealing, "w") as packed:
            for name, data in entries.items():
                packed.writestr(name, data)
            packed.writestr("manifest.json", made.text())
        sealing.finish()
    return file


def test_a_crafted_backup_writes_nowhere_else(engine: Engine, tmp_path: Path) -> None:
    kind, empty = engine.dialect.name, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    made = backups(engine, tmp_path).take(tmp_path / "one.backup", recordings=False)
    bare = replace(made, tables={}, files={})
    for name in (
        "../evil",
        "messages/../../evil",
        "/evil",
        "messages/.evil",
        "menus/evil.yaml",
        "messages/a/b",
        "messages/",
    ):
        file = crafted(tmp_path / "bad", replace(bare, files={name: empty}), {f"files/{name}": b""})
        with opened.opened_backup(file, [SECRET]) as backup, pytest.raises(BadBackupError, match="nowhere"):
            unpack(backup, tmp_path / "spool", Folder(tmp_path))
    assert "others than" in refused(engine, crafted(tmp_path / "bad", bare, {}))
    evil = {**made.tables, 'x"; DROP TABLE calls; --': Rows((), 0, empty)}
    lines = {f"tables/{name}": b"" for name in evil}
    none = {name: replace(rows, rows=0, sha256=empty) for name, rows in evil.items()}
    assert "others than" in refused(engine, crafted(tmp_path / "bad", replace(made, tables=none), lines))
    odd = {name: replace(one, columns=("id) SELECT 1; --",)) for name, one in none.items() if name in made.tables}
    lines.popitem()
    assert "other columns" in refused(engine, crafted(tmp_path / "bad", replace(made, tables=odd), lines))
    assert "other things" in refused(engine, crafted(tmp_path / "bad", bare, {"tables/more": b""}))
    assert "is of" in refused(engine, crafted(tmp_path / "bad", replace(bare, database=f"no {kind}"), {}))
    newer = crafted(tmp_path / "bad", replace(bare, migration="9999"), {})
    with pytest.raises(NewerError):
        backups(engine, tmp_path).restore(newer, anyway=True)


def test_any_place_of_a_sealed_file_can_be_read() -> None:
    chance = Random(SEED)
    for size in (0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 5):
        told, sealed = chance.randbytes(size), io.BytesIO()
        sealing = Sealing(sealed, SECRET)
        for start in range(0, size, 300_001):
            sealing.write(told[start : start + 300_001])
        sealing.finish()
        sealed.seek(0)
        read = io.BufferedReader(Opening(sealed, ["other", SECRET]))
        assert read.read() == told
        for _ in range(10):
            place = chance.randint(0, size)
            read.seek(place)
            assert read.read(1000) == told[place : place + 1000]


def test_a_backup_that_fails_leaves_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(taking.os, "fsync", fails)
    with suppress(OSError):
        backups(engine, tmp_path).take(tmp_path / "sub" / "one.backup", recordings=False)
    (tmp_path / "sub").mkdir()
    with pytest.raises(OSError, match="No space"):
        backups(engine, tmp_path).take(tmp_path / "sub" / "one.backup", recordings=False)
    assert list((tmp_path / "sub").iterdir()) == []
