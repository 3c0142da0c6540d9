"""Numbers whose calls are not taken: they hear why not, come into no queue, and can still report a theft."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from ivr.carrier.cues import Recording
from ivr.flow.events import Ended
from ivr.store.audit import entries
from ivr.store.blocked import Blocks, blocked
from ivr.store.desk_tables import line
from ivr.store.tables import calls
from ivr.telephony.lifeboat import REFUSED
from tests.stores import NOON
from tests.world import World, world

NUMBER, OTHER = "+8615973462815", "+8613700001111"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def said(here: World, *words: str, code: int = 0) -> str:
    """Return what a command says; the server knows at once what otherwise takes some seconds."""
    done = here.app.test_cli_runner().invoke(args=["blocked", *words])
    assert done.exit_code == code, done.output
    here.parts.gatekeeper.look()
    return done.output


def heard(here: World, number: str) -> str:
    """Return what a caller hears first, who then hangs up."""
    caller = here.caller(number)
    words = "".join(sound.text for sound in caller.listen() if sound.kind == "say")
    caller.hang_up()
    return words


def test_a_blocked_number_is_refused_in_both_languages_until_it_is_let_in(here: World) -> None:
    assert "is blocked for 3 days" in said(here, "add", "159 7346 2815", "--reason", "骂人", "--days", "3")
    words = heard(here, NUMBER)
    assert all(refused in words for refused in REFUSED.values())
    assert REFUSED["zh-CN"] not in heard(here, OTHER)
    listed = said(here, "list")
    assert "••••2815  until" in listed
    assert "骂人" in listed
    assert NUMBER not in listed
    said(here, "remove", NUMBER)
    assert REFUSED["zh-CN"] not in heard(here, NUMBER)
    assert "is not blocked" in said(here, "remove", NUMBER, code=1)
    with here.parts.engine.connect() as connection:
        told = connection.execute(select(entries.c.act, entries.c.subject)).all()
        rang = connection.scalars(select(calls.c.outcome)).all()
    assert [tuple(row) for row in told] == [("blocked.add", "••••2815"), ("blocked.remove", "••••2815")]
    assert rang == ["hung-up"] * 3, "a call that was not taken is in the log, too"


def test_an_end_that_is_past_has_no_effect(here: World) -> None:
    said(here, "add", NUMBER, "--reason", "x", "--days", "1")
    assert REFUSED["zh-CN"] in heard(here, NUMBER)
    here.carrier.clock.advance(24 * 3600)  # type: ignore[attr-defined]
    assert REFUSED["zh-CN"] not in heard(here, NUMBER), "without asking the database again"
    assert said(here, "list") == ""


def test_nobody_who_withholds_the_number_can_be_blocked(here: World) -> None:
    for typed in ("anonymous", "+266696687", "95588", ""):
        assert "no number that can be blocked" in said(here, "add", typed, "--reason", "x", code=2)
    said(here, "add", NUMBER, "--reason", "x")
    assert REFUSED["zh-CN"] not in heard(here, "anonymous")


def test_a_blocked_caller_reports_a_theft_and_comes_into_no_queue(here: World) -> None:
    said(here, "add", NUMBER, "--reason", "x")
    caller = here.caller(NUMBER)
    caller.listen()
    caller.press("1")
    caller.listen()
    assert caller.over, "there is no other way in"
    caller = here.caller(NUMBER)
    caller.listen()
    caller.press("2")
    for _ in range(3):
        caller.listen()
        if isinstance(caller.cue, Recording):
            break
        caller.press("#")
    assert isinstance(caller.cue, Recording)
    caller.speak(5)
    caller.press("#")
    caller.listen()
    assert caller.over
    with here.parts.engine.connect() as connection:
        rows = connection.execute(select(line.c.kind, line.c.matter)).all()
    assert [tuple(row) for row in rows] == [("message", here.parts.flow.hotline.lifeboat.matter)]  # type: ignore[union-attr]
    assert Ended("message") in here.parts.journal.events(caller.leg.sid)


def test_the_call_path_asks_no_database(here: World) -> None:
    said(here, "add", NUMBER, "--reason", "x")
    with patch.object(Blocks, "hashes", side_effect=AssertionError("the database was asked")):
        assert REFUSED["zh-CN"] in heard(here, NUMBER)


def test_a_number_blocked_again_has_one_block_with_the_last_reason(here: World) -> None:
    blocks = Blocks(here.parts.engine, lambda: NOON)
    blocks.add(NUMBER, "one", "sam", None)
    blocks.add(NUMBER, "two", "sam", None)
    assert [one.reason for one in blocks.all()] == ["two"]
    with here.parts.engine.connect() as connection:
        assert len(connection.execute(select(blocked)).all()) == 2
