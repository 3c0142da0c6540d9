"""A message's file comes from our own account only, whole or not at all, and is tried for again when it does not."""

from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from struct import pack

import pytest
from sqlalchemy import Engine

from ivr.jobs import recordings, wav
from ivr.jobs.recordings import Recordings, Source
from ivr.store.messages import Message, Messages
from ivr.store.seals import Seals
from ivr.store.shelf import Folder
from ivr.store.vault import Vault
from tests.recordings_site import ACCOUNT, PATH, SID, Answer, Site, site, sound
from tests.stores import NOON, SECRET

BASIC = "Basic " + b64encode(b"SKkey:secret").decode()


@pytest.fixture
def messages(engine: Engine) -> Messages:
    """Return the messages in a fresh database."""
    return Messages(engine)


def vault(folder: Path) -> Vault:
    """Return recordings, sealed, of which messages are in this folder."""
    return Vault(Folder(folder.parent), Seals([SECRET]))


def fetcher(messages: Messages, carrier: Site, folder: Path, largest: int = 1_000_000) -> Recordings:
    """Return what fetches from this site into this folder."""
    return Recordings(messages, Source(carrier.url, ACCOUNT, "SKkey", "secret"), vault(folder), lambda: NOON, largest)


def wanted(messages: Messages, seconds: int | None = 3, sid: str = SID) -> str:
    """Let the carrier tell of a recording."""
    return messages.report(sid, "CA1", "completed", seconds, NOON)


def missed(messages: Messages, tmp_path: Path, *answers: Answer, seconds: int = 3, largest: int = 100_000) -> str:
    """Return why a message was not fetched; nothing of it may be in the folder, and it is to be tried again."""
    with site(*answers) as carrier:
        told = wanted(messages, seconds)
        fetcher(messages, carrier, tmp_path / "messages", largest).fetch(told)
    message = messages.find(told)
    assert message is not None
    assert (message.state, message.next_try_at, message.tries) == ("wanted", NOON + timedelta(seconds=5), 1)
    assert list((tmp_path / "messages").iterdir()) == []
    return message.error or ""


def test_a_message_is_fetched_from_our_account_with_our_password(messages: Messages, tmp_path: Path) -> None:
    with site(Answer(body=sound(3))) as carrier:
        told = wanted(messages)
        fetcher(messages, carrier, tmp_path / "new" / "messages").fetch(told)
    assert carrier.asked == [(PATH, BASIC)]
    file = tmp_path / "new" / "messages" / f"{told}.sealed"
    assert vault(file.parent).open(f"messages/{file.name}").read() == sound(3)
    assert bytes(1000) not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]
    message = messages.find(told)
    assert message is not None
    assert (message.state, message.file, message.bytes) == ("fetched", file.name, len(sound(3)))


def test_a_message_that_is_not_wanted_is_not_asked_for(messages: Messages, tmp_path: Path) -> None:
    with site(Answer(body=sound(3))) as carrier:
        told = wanted(messages)
        fetch = fetcher(messages, carrier, tmp_path).fetch
        for message_id in (told, told, "unknown"):
            fetch(message_id)
    assert len(carrier.asked) == 1


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_an_error_of_the_carrier_is_tried_again(messages: Messages, tmp_path: Path, status: int) -> None:
    assert missed(messages, tmp_path, Answer(status, b"no")) == f"the carrier answered {status}"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(body=sound(3)[:-2000], promised=len(sound(3))), "ChunkedEncodingError"),
        (Answer(body=sound(3)[:-2000]), "the WAV file has 46000 of 48000 bytes of sound"),
        (Answer(body=b"<html>not found</html>"), "this is no WAV file"),
        (Answer(body=b""), "this is no WAV file"),
        (Answer(body=sound(3)[:40]), "the WAV file ends before its sound begins"),
        (Answer(body=sound(0.5)), "it plays 0.5 s of the 3 s told"),
    ],
)
def test_half_a_message_is_not_taken_for_a_whole_one(
    messages: Messages, tmp_path: Path, answer: Answer, why: str
) -> None:
    assert missed(messages, tmp_path, answer) == why


def test_a_file_over_the_limit_is_cut_off(messages: Messages, tmp_path: Path) -> None:
    assert "larger than 100000" in missed(messages, tmp_path, Answer(body=sound(60)), seconds=60)


def test_a_slow_file_is_given_up(messages: Messages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "LONGEST", -1.0)
    assert "takes longer" in missed(messages, tmp_path, Answer(body=sound(3)))


def test_a_carrier_that_does_not_answer_is_tried_again_without_telling_our_account(
    messages: Messages, tmp_path: Path
) -> None:
    told = wanted(messages)
    gone = Site("http://127.0.0.1:1", [])
    fetcher(messages, gone, tmp_path).fetch(told)
    message = message_of(messages, told)
    assert (message.error, message.next_try_at) == ("ConnectionError", NOON + timedelta(seconds=5))


def test_a_redirect_on_the_same_host_is_followed(messages: Messages, tmp_path: Path) -> None:
    moved = Answer(307, headers=(("Location", "/media/1.wav"),))
    with site(moved, Answer(body=sound(3))) as carrier:
        told = wanted(messages)
        fetcher(messages, carrier, tmp_path).fetch(told)
    assert carrier.asked == [(PATH, BASIC), ("/media/1.wav", BASIC)]
    assert message_of(messages, told).state == "fetched"


def test_our_password_never_goes_to_another_host(messages: Messages, tmp_path: Path) -> None:
    with site(Answer(body=sound(3))) as other:
        why = missed(messages, tmp_path, Answer(302, headers=(("Location", f"{other.url}/x.wav"),)))
    assert why == "redirected to another address without encryption"
    assert other.asked == []
    source = Source("https://api.example.com", ACCOUNT, "SKkey", "secret")
    made = Recordings(messages, source, vault(tmp_path), lambda: NOON)
    assert made._auth("https://api.example.com/x") == ("SKkey", "secret")
    assert made._auth("https://elsewhere.example.com/x") is None


def test_redirects_in_a_ring_end(messages: Messages, tmp_path: Path) -> None:
    assert "redirected more" in missed(messages, tmp_path, Answer(302, headers=(("Location", PATH),)))


@pytest.mark.parametrize(
    "sid", ["RE123", "../../../etc/passwd", "RE" + "A" * 32, SID + "\n", "http://169.254.169.254/"]
)
def test_an_id_that_is_none_of_the_carriers_is_never_asked_for(messages: Messages, tmp_path: Path, sid: str) -> None:
    with site(Answer(body=sound(3))) as carrier:
        told = wanted(messages, sid=sid)
        fetcher(messages, carrier, tmp_path).fetch(told)
    assert carrier.asked == []
    assert message_of(messages, told).error == "the recording's id is none of the carrier's"


def test_a_full_disk_costs_one_try_only(messages: Messages, tmp_path: Path) -> None:
    (tmp_path / "messages").touch()
    with site(Answer(body=sound(3))) as carrier:
        told = wanted(messages)
        fetcher(messages, carrier, tmp_path / "messages").fetch(told)
        assert message_of(messages, told).next_try_at == NOON + timedelta(seconds=5)
        (tmp_path / "messages").unlink()
        later: datetime = NOON + timedelta(seconds=5)
        again = Recordings(
            messages, Source(carrier.url, ACCOUNT, "a", "b"), vault(tmp_path / "messages"), lambda: later
        )
        again.fetch(told)
    assert message_of(messages, told).state == "fetched"


def message_of(messages: Messages, message_id: str) -> Message:
    """Return the message, which must be there."""
    message = messages.find(message_id)
    assert message is not None
    return message


def riff(*chunks: tuple[bytes, bytes], told: int | None = None) -> bytes:
    """Return a WAV file of these chunks, the last one telling this length."""
    parts = [name + pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks]
    if told is not None:
        parts[-1] = chunks[-1][0] + pack("<I", told) + chunks[-1][1]
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + pack("<I", len(body)) + body


MU_LAW = pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)


@pytest.mark.parametrize(
    ("raw", "played"),
    [
        (sound(1.5), 1.5),
        (riff((b"fmt ", MU_LAW), (b"data", b"\xff" * 16000)), 2.0),
        (riff((b"fmt ", MU_LAW), (b"LIST", b"odd"), (b"data", b"\xff" * 4000)), 0.5),
        (riff((b"fmt ", MU_LAW), (b"data", b"\xff" * 8000), told=0xFFFFFFFF), 1.0),
    ],
)
def test_a_wav_files_length_is_read_in_any_encoding(tmp_path: Path, raw: bytes, played: float) -> None:
    (tmp_path / "a.wav").write_bytes(raw)
    assert wav.seconds(tmp_path / "a.wav") == played


@pytest.mark.parametrize(
    "raw", [riff((b"fmt ", MU_LAW[:8]), (b"data", b"")), riff((b"data", b"\xff" * 8)), riff((b"fmt ", MU_LAW))]
)
def test_a_wav_file_without_its_parts_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(raw)
    with pytest.raises(wav.BadWavError):
        wav.seconds(tmp_path / "a.wav")
