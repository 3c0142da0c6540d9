"""A text is written down with the turn that sends it, once, sealed, and is in one hand at a time."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text

from ivr.flow.events import Texted
from ivr.flow.inputs import Pressed
from ivr.store.entries import Entry
from ivr.store.journal import Journal
from ivr.store.texts import LEASE, LONGEST, Sms, Texts
from tests.stores import NOON, first, new_call_id, turn

NUMBER = "+8613800138000"
LATER = NOON + timedelta(seconds=2)


@pytest.fixture
def texts(engine: Engine) -> Texts:
    """Return the texts in a fresh database."""
    return Texts(engine)


def sending(before: Entry, *words: str, number: str = NUMBER) -> Entry:
    """Return the turn in which a call has these words sent."""
    told = (Texted(number, "receipt", one, "zh-CN") for one in words)
    return turn(before.call, before.call_id, f"turn/{before.call.turn}", *told, heard=Pressed("1"))


def written(journal: Journal, *words: str) -> str:
    """Write down a call that has these words sent; return its id."""
    begun = first(new_call_id())
    journal.append(begun)
    journal.append(sending(begun, *words))
    return begun.call_id


def one(texts: Texts, call_id: str) -> Sms:
    """Return a call's only text."""
    (found,) = texts.of_call(call_id)
    return found


def test_a_turn_told_twice_has_its_texts_written_once(journal: Journal, texts: Texts) -> None:
    begun = first(new_call_id())
    journal.append(begun)
    sent = sending(begun, "链接", "编号 1234")
    assert [journal.append(sent), journal.append(sent)] == [True, False]
    assert [(one.id, one.words, one.state) for one in texts.of_call(begun.call_id)] == [
        (f"{begun.call_id}-1-1", "链接", "waiting"),
        (f"{begun.call_id}-1-2", "编号 1234", "waiting"),
    ]
    assert texts.due(LATER) == [f"{begun.call_id}-1-1", f"{begun.call_id}-1-2"]


def test_neither_the_number_nor_the_words_can_be_read_in_the_database(journal: Journal, engine: Engine) -> None:
    written(journal, "您的受理编号是 20260302")
    with engine.connect() as connection:
        row = dict(connection.execute(text("SELECT * FROM texts")).mappings().one())
    assert row["number_last4"] == "8000"
    assert not [value for value in row.values() if "13800138000" in str(value) or "受理" in str(value)]


def test_a_long_text_is_cut(journal: Journal, texts: Texts) -> None:
    words = one(texts, written(journal, "长" * 600)).words
    assert (len(words), words[-2:]) == (LONGEST, "长…")


def test_a_text_is_in_one_hand_at_a_time(journal: Journal, texts: Texts) -> None:
    text_id = one(texts, written(journal, "一")).id
    taken = texts.claim(text_id, LATER)
    assert taken is not None
    assert (taken[0].tries, taken[1]) == (1, False)
    assert texts.claim(text_id, LATER) is None
    assert texts.due(LATER) == []


def test_what_a_dead_hand_held_is_due_again_and_may_have_gone(journal: Journal, texts: Texts) -> None:
    text_id = one(texts, written(journal, "一")).id
    texts.claim(text_id, LATER)
    taken = texts.claim(text_id, LATER + LEASE)
    assert taken is not None
    assert (taken[0].tries, taken[1]) == (2, True)


def test_two_texts_never_stand_for_one_sms(journal: Journal, texts: Texts) -> None:
    same = [one(texts, written(journal, "一")).id for _ in range(2)]
    for text_id in same:
        texts.claim(text_id, LATER)
    assert [texts.sent(text_id, "SM1", LATER) for text_id in same] == [True, False]
    assert texts.known(["SM1", "SM2"]) == {"SM1"}
    assert texts.due(LATER + LEASE) == [same[1]]


def test_what_is_done_stays_done(journal: Journal, texts: Texts) -> None:
    call_id = written(journal, "一")
    text_id = one(texts, call_id).id
    texts.claim(text_id, LATER)
    texts.sent(text_id, "SM1", LATER)
    texts.give_up(text_id, "too late")
    assert (one(texts, call_id).state, one(texts, call_id).error) == ("sent", None)


def test_a_text_is_tried_for_a_day(journal: Journal, texts: Texts) -> None:
    call_id = written(journal, "一")
    found = one(texts, call_id)
    assert texts.later(found, "429", found.created_at + timedelta(hours=24), unsure=False)
    assert one(texts, call_id).state == "waiting"
    assert not texts.later(found, "429", found.created_at + timedelta(hours=24, seconds=1), unsure=True)
    assert (one(texts, call_id).state, one(texts, call_id).next_try_at) == ("given up", None)


def test_texts_to_one_number_are_counted_over_a_day_whatever_hand_has_them(journal: Journal, texts: Texts) -> None:
    call_id = written(journal, *map(str, range(12)))
    sent = texts.of_call(call_id)
    counts = [texts.before(text) for text in sent]
    assert sorted(counts) == list(range(12))
    assert all(b - a == 1 for a, b in pairwise(sorted(counts)))
    texts.give_up(sent[counts.index(0)].id, "no")
    assert texts.before(sent[counts.index(11)]) == 10
