"""Recordings on either shelf: whole or not at all, sealed, read from anywhere, and never under another's name."""

import io
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.store.bucket import Bucket, BucketError
from ivr.store.seals import HEAD, PIECE, TAG, SealError, Seals
from ivr.store.shelf import Folder, Shelf
from ivr.store.vault import Vault

NAME = "messages/0a1b2c.sealed"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Return the address of something that speaks as S3 does, with a bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    bucket("x", address).client.create_bucket(Bucket="tapes")
    yield address
    server.stop()


def bucket(prefix: str, address: str) -> Bucket:
    """Return a part of the bucket that is empty yet."""
    return Bucket("tapes", f"{prefix}/", address, key="AK", secret="a secret")


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "bucket":
        return bucket(tmp_path.name, request.getfixturevalue("s3"))
    return Folder(tmp_path)


def put(shelf: Shelf, name: str, data: bytes) -> None:
    """Put it there."""
    with shelf.put(name) as file:
        file.write(data)


def test_a_file_is_put_read_in_part_replaced_listed_and_deleted(shelf: Shelf) -> None:
    assert (shelf.size(NAME), list(shelf.names("messages"))) == (None, [])
    put(shelf, NAME, b"0123456789")
    put(shelf, "calls/ff.wav", b"elsewhere")
    assert (shelf.size(NAME), shelf.read(NAME, 0, 99), shelf.read(NAME, 3, 4)) == (10, b"0123456789", b"3456")
    assert (list(shelf.names("messages")), list(shelf.names("calls"))) == ([NAME], ["calls/ff.wav"])
    put(shelf, NAME, b"anew")
    assert shelf.read(NAME, 0, 99) == b"anew"
    shelf.delete(NAME)
    shelf.delete(NAME)
    assert shelf.size(NAME) is None
    with pytest.raises(FileNotFoundError):
        shelf.read(NAME, 0, 1)


def test_what_is_written_can_be_looked_at_before_it_is_kept_and_is_not_where_that_fails(shelf: Shelf) -> None:
    put(shelf, NAME, b"before")

    def half() -> None:
        with shelf.put(NAME) as file:
            file.write(b"half")
            file.seek(0)
            raise RuntimeError(file.read())

    with pytest.raises(RuntimeError, match="half"):
        half()
    assert shelf.read(NAME, 0, 99) == b"before"
    assert list(shelf.names("messages")) == [NAME]


@pytest.mark.parametrize("name", ["../etc/passwd", "messages/../a.wav", "/a/b.wav", "messages/a", "a.wav", "a/b/c.wav"])
def test_other_names_lead_nowhere(shelf: Shelf, name: str) -> None:
    for act in (shelf.size, shelf.delete, lambda one: shelf.read(one, 0, 1), lambda one: put(shelf, one, b"")):
        with pytest.raises(ValueError, match="no name of a recording"):
            act(name)


def test_nobody_else_may_read_the_files_in_a_folder(tmp_path: Path) -> None:
    put(Folder(tmp_path), NAME, b"sound")
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_a_bucket_that_is_away_is_told_without_its_address_or_key() -> None:
    gone = Bucket("tapes", endpoint="http://127.0.0.1:9", key="AKIDSECRET", secret="s3cret")
    gone.client.meta.config.retries["total_max_attempts"] = 1
    with pytest.raises(BucketError) as told:
        gone.size(NAME)
    assert not [word for word in ("127.0.0.1", "AKIDSECRET", "s3cret") if word in str(told.value)]


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 20 * PIECE + 7])
def test_a_recording_is_sealed_and_read_from_anywhere(shelf: Shelf, length: int) -> None:
    chance = random.Random(length)
    data, vault = chance.randbytes(length), Vault(shelf, Seals(["one"]))
    with vault.put(NAME) as draft:
        for start in range(0, length, 50_000):
            draft.write(data[start : start + 50_000])
        assert draft.again().read() == data
    stored = shelf.read(NAME, 0, 1 << 24)
    assert data[:32] not in stored or length < 32
    found = vault.open(NAME)
    assert (found.length, io.BufferedReader(found).read()) == (length, data)
    for _ in range(5):
        start, most = chance.randint(0, length), chance.randint(0, 3 * PIECE)
        found = vault.open(NAME)
        found.seek(start)
        assert io.BufferedReader(found).read(most) == data[start : start + most]
    found = vault.open(NAME)
    found.seek(-min(length, 3), os.SEEK_END)
    assert io.BufferedReader(found).read() == data[length - min(length, 3) :]


def changed(how: str, sealed: bytes) -> bytes:
    """Return a sealed file of three pieces as somebody who has no key changed it."""
    one, two = sealed[HEAD : HEAD + PIECE + TAG], sealed[HEAD + PIECE + TAG : HEAD + 2 * (PIECE + TAG)]
    return {
        "a bit": sealed[:200_00] + bytes([sealed[20_000] ^ 1]) + sealed[20_001:],
        "two pieces exchanged": sealed[:HEAD] + two + one + sealed[HEAD + 2 * (PIECE + TAG) :],
        "cut at a piece": sealed[: HEAD + 2 * (PIECE + TAG)],
        "cut amid a piece": sealed[:-9],
        "nothing but the head": sealed[:HEAD],
        "no seal": b"RIFF" + sealed[4:],
        "the salt": sealed[: HEAD - 1] + bytes([sealed[HEAD - 1] ^ 1]) + sealed[HEAD:],
    }[how]


HOW = [
    *("a bit", "two pieces exchanged", "cut at a piece", "cut amid a piece"),
    *("nothing but the head", "no seal", "the salt"),
]


@pytest.mark.parametrize("how", HOW)
def test_whatever_is_changed_in_a_sealed_file_is_seen(tmp_path: Path, how: str) -> None:
    shelf = Folder(tmp_path)
    vault = Vault(shelf, Seals(["one"]))
    with vault.put(NAME) as draft:
        draft.write(bytes(2 * PIECE + 5))
    (tmp_path / NAME).write_bytes(changed(how, (tmp_path / NAME).read_bytes()))
    with pytest.raises(SealError):
        vault.open(NAME).read()


def test_a_recording_under_anothers_name_is_not_heard(tmp_path: Path) -> None:
    vault = Vault(Folder(tmp_path), Seals(["one"]))
    with vault.put(NAME) as draft:
        draft.write(b"for somebody else")
    (tmp_path / "messages" / "ff.sealed").write_bytes((tmp_path / NAME).read_bytes())
    with pytest.raises(SealError):
        vault.open("messages/ff.sealed").read()


def test_recordings_of_an_older_secret_are_heard_and_renewed(tmp_path: Path) -> None:
    shelf = Folder(tmp_path)
    with Vault(shelf, Seals(["old"])).put(NAME) as draft:
        draft.write(b"sound")
    both = Vault(shelf, Seals(["new", "old"]))
    assert both.open(NAME).read() == b"sound"
    assert (both.renew(NAME), both.renew(NAME)) == (True, False)
    assert Vault(shelf, Seals(["new"])).open(NAME).read() == b"sound"
    with pytest.raises(SealError, match="another SECRET_KEY"):
        Vault(shelf, Seals(["old"])).open(NAME)


def test_what_lies_plain_or_on_the_shelf_before_is_heard_found_and_deleted(tmp_path: Path) -> None:
    before, shelf = Folder(tmp_path / "before"), Folder(tmp_path / "now")
    vault: Any = Vault(shelf, Seals(["one"]), before)
    put(before, "messages/aa.wav", b"RIFFsound")
    put(shelf, "calls/bb.wav", b"RIFFtalk")
    with Vault(before, Seals(["one"])).put("messages/cc.sealed") as draft:
        draft.write(b"sealed there")
    assert vault.open("messages/aa.wav").read() == b"RIFFsound"
    assert vault.open("messages/cc.sealed").read() == b"sealed there"
    assert sorted(vault.astray()) == ["calls/bb.wav", "messages/aa.wav", "messages/cc.sealed"]
    assert vault.copy("messages/aa.wav", "messages/aa.sealed") == 9
    vault.delete("messages/aa.wav")
    assert vault.open("messages/aa.sealed").read() == b"RIFFsound"
    with pytest.raises(FileNotFoundError):
        vault.open("messages/aa.wav")
