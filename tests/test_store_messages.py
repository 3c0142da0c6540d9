"""Messages are told of by the call and by the carrier in any order, fetched once, tried for a day, and never lost."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.store.messages import Message, Messages
from tests.stores import NOON, SECRET, first, following, new_call_id, recorded

SID = "RE" + "a" * 32


@pytest.fixture
def messages(engine: Engine) -> Messages:
    """Return the messages in a fresh database."""
    return Messages(engine)


def leave(journal: Journal, sid: str = SID, seconds: int = 7) -> str:
    """Let a caller leave a message, and return the call's id."""
    one = first(new_call_id())
    two = following(one)
    assert all(journal.append(entry) for entry in (one, two, recorded(two, sid, seconds)))
    return one.call_id


def only(messages: Messages) -> Message:
    """Return the one message there is."""
    (message,) = messages.latest()
    return message


def test_a_message_has_its_row_with_the_turn_that_left_it(journal: Journal, messages: Messages) -> None:
    call_id = leave(journal)
    message = only(messages)
    assert (message.call_id, message.recording_sid, message.seconds) == (call_id, SID, 7)
    assert (message.queue, message.matter, message.language) == ("security", "frozen", "zh-CN")
    assert (message.state, message.created_at) == ("wanted", NOON + timedelta(seconds=2))
    assert messages.find(message.id) == message
    assert messages.find("none") is None


def test_the_callback_after_the_call_makes_the_file_wanted_at_once(journal: Journal, messages: Messages) -> None:
    call_id = leave(journal)
    soon = NOON + timedelta(seconds=5)
    assert messages.due(soon) == []
    told = messages.report(SID, call_id, "completed", 7, soon)
    assert messages.due(soon) == [told]
    assert only(messages).matter == "frozen"


def test_the_callback_before_the_call_loses_neither(journal: Journal, messages: Messages) -> None:
    told = messages.report(SID, "CA-later", "completed", 6, NOON)
    messages.fetched(told, "a.wav", 96_044)
    call_id = leave(journal)
    message = only(messages)
    assert (message.id, message.call_id, message.matter, message.queue) == (told, call_id, "frozen", "security")
    assert (message.state, message.file, message.seconds) == ("fetched", "a.wav", 6)


def test_a_recording_of_an_unknown_call_has_its_row(messages: Messages) -> None:
    told = messages.report(SID, "CA-unknown", "completed", None, NOON)
    assert messages.due(NOON) == [told]
    assert only(messages).seconds is None


def test_the_file_is_tried_for_even_if_the_callback_never_comes(journal: Journal, messages: Messages) -> None:
    leave(journal)
    assert messages.due(NOON + timedelta(seconds=31)) == []
    assert messages.due(NOON + timedelta(seconds=32)) == [only(messages).id]


@pytest.mark.parametrize(("sid", "seconds"), [("", 0), (SID, 0), ("", 5)])
def test_a_message_without_a_file_is_kept_as_absent(
    journal: Journal, messages: Messages, sid: str, seconds: int
) -> None:
    leave(journal, sid, seconds)
    leave(journal, sid and "RE" + "b" * 32, seconds)
    assert [message.state for message in messages.latest()] == ["absent", "absent"]
    assert messages.due(NOON + timedelta(days=2)) == []


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_what_the_carrier_gives_up_is_final(journal: Journal, messages: Messages, status: str) -> None:
    call_id = leave(journal)
    messages.report(SID, call_id, status, None, NOON)  # type: ignore[arg-type]
    assert (only(messages).state, only(messages).error) == (status, f"the carrier says {status}")
    assert only(messages).seconds == 7
    assert messages.due(NOON + timedelta(days=2)) == []


def test_a_completed_recording_of_no_length_is_absent(messages: Messages) -> None:
    messages.report(SID, "CA1", "completed", 0, NOON)
    assert only(messages).state == "absent"


@pytest.mark.parametrize("status", ["completed", "absent", "failed"])
def test_a_fetched_file_stays_whatever_is_told_again(messages: Messages, status: str) -> None:
    told = messages.report(SID, "CA1", "completed", 7, NOON)
    messages.fetched(told, f"{told}.wav", 112_044)
    assert messages.report(SID, "CA1", status, None, NOON) == told  # type: ignore[arg-type]
    message = only(messages)
    assert (message.state, message.file, message.bytes) == ("fetched", f"{told}.wav", 112_044)
    assert messages.due(NOON + timedelta(days=2)) == []


def test_one_worker_has_a_message_in_hand_until_its_lease_ends(messages: Messages) -> None:
    told = messages.report(SID, "CA1", "completed", 7, NOON)
    claimed = messages.claim(told, NOON)
    assert claimed is not None
    assert claimed.recording_sid == SID
    assert messages.claim(told, NOON) is None
    assert messages.due(NOON + timedelta(minutes=1)) == []
    assert messages.due(NOON + timedelta(minutes=2)) == [told]
    assert messages.claim(told, NOON + timedelta(minutes=2)) is not None


def test_a_missing_file_is_tried_ever_more_seldom_for_a_day(messages: Messages) -> None:
    told = messages.report(SID, "CA1", "completed", 7, NOON)
    now, tried = NOON, list[datetime]()
    while only(messages).state == "wanted":
        assert messages.claim(told, now) is not None
        tried.append(now)
        messages.missed(told, "404", now)
        now = only(messages).next_try_at or now
    pauses = [after - before for before, after in pairwise(tried)]
    assert pauses[0] == timedelta(seconds=5)
    assert pauses == sorted(pauses)
    assert timedelta(hours=20) < tried[-1] - NOON <= timedelta(hours=24)
    assert (only(messages).state, only(messages).error, only(messages).tries) == ("failed", "404", len(tried))


def test_a_miss_told_late_does_not_undo_a_fetched_file(messages: Messages) -> None:
    told = messages.report(SID, "CA1", "completed", 7, NOON)
    messages.fetched(told, "a.wav", 1)
    messages.missed(told, "too late", NOON)
    messages.missed("none", "unknown", NOON)
    assert (only(messages).state, only(messages).error) == ("fetched", None)


def test_the_newest_messages_come_first(messages: Messages) -> None:
    for number in range(5):
        messages.report(f"RE{number:032x}", "CA1", "completed", 7, NOON + timedelta(seconds=number))
    assert [message.recording_sid for message in messages.latest(2)] == [f"RE{4:032x}", f"RE{3:032x}"]
    assert len(messages.due(NOON + timedelta(minutes=1), limit=3)) == 3


def test_a_database_that_is_away_is_told_in_one_line(tmp_path: Path) -> None:
    away = Messages(connect(f"sqlite:///{tmp_path}/ivr.db", Cipher([SECRET])))
    for ask in (away.latest, lambda: away.report(SID, "CA1", "completed", 1, NOON)):
        with pytest.raises(StoreError, match="no such table"):
            ask()
    away._engine.dispose()
