"""The file of emergencies is changed by machine: its comments stay, what has ended goes, and it can always be read."""

from collections.abc import Mapping
from datetime import UTC, timedelta

import pytest

from ivr.editor.emergency import FILE, current, declared, ended
from ivr.flow.emergency import Declared
from ivr.flow.load import load
from tests.small import small
from tests.test_emergency import AFTER, ANNOUNCED, BEFORE, CLOSED, DURING
from tests.world import ZONE

WORDS = {"zh-CN": "系统：“故障”，请稍候。", "en-US": 'It\'s "down": #1, wait.'}
WANTED = [
    Declared("announce", 0, DURING, AFTER, "sam", WORDS),
    Declared("close", 0, DURING, AFTER, "123", WORDS, ("general", "accounts")),
    Declared("divert", 0, DURING, AFTER, "no", {}, ("accounts",), "general"),
    Declared("divert", 0, DURING, AFTER, "sam", {}, ("general",), "+862155555555"),
]


def read(files: Mapping[str, str]) -> tuple[Declared, ...]:
    flow, problems = load(files)
    assert flow, problems
    return flow.emergencies


@pytest.mark.parametrize("wanted", WANTED, ids=lambda one: one.kind + one.to)
def test_what_is_declared_is_read_back_as_it_was_meant(wanted: Declared) -> None:
    files = declared(small(), wanted, DURING, ZONE)
    assert read(files) == (wanted,)
    assert read(files)[0].words == wanted.words
    assert set(files) == {*small(), FILE}


def test_they_are_put_one_after_the_other_and_comments_stay() -> None:
    before = small(emergency="# For the night shift.\n" + ANNOUNCED)
    files = declared(declared(before, WANTED[0], DURING, ZONE), WANTED[1], DURING, ZONE)
    assert [(one.kind, one.number) for one in read(files)] == [("announce", 0), ("announce", 1), ("close", 0)]
    assert files[FILE].startswith("# For the night shift.")


def test_what_has_ended_goes_with_the_next_change() -> None:
    assert [one.kind for one in read(declared(small(emergency=ANNOUNCED), WANTED[1], AFTER, ZONE))] == ["close"]
    assert FILE not in current(small(emergency=ANNOUNCED + CLOSED), AFTER, ZONE)
    assert len(read(current(small(emergency=ANNOUNCED + CLOSED), AFTER - timedelta(minutes=1), ZONE))) == 2
    assert current(small(), AFTER, ZONE) == small()


def test_one_is_ended_and_the_others_go_on() -> None:
    files = declared(small(emergency=ANNOUNCED + CLOSED), WANTED[0], DURING, ZONE)
    first, second, third = read(files)
    left = ended(files, second, DURING, ZONE)
    assert [one.words for one in read(left)] == [first.words, third.words]
    assert [one.words for one in read(ended(files, first, DURING, ZONE))] == [second.words, third.words]
    assert FILE not in ended(small(emergency=CLOSED), read(small(emergency=CLOSED))[0], DURING, ZONE)


def test_the_beginning_is_the_minute_that_it_is() -> None:
    late = DURING.astimezone(UTC) + timedelta(seconds=59)
    made = read(declared(small(), Declared("announce", 0, late, AFTER, "sam", WORDS), late, ZONE))[0]
    assert made.start == DURING
    assert not made.on(BEFORE)
