"""A queued caller gets an agent: rung, told whom, asked for a key, and put into one talk with the caller."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Saying, Talking
from ivr.desk.keeping import Desk
from tests.world import World, world

ALL = frozenset(f"queue:{name}" for name in ("general", "fraud", "payments", "accounts", "merchants", "complaints"))
SKILLS = ALL | {"language:zh-CN", "language:en-US"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        for name in ("alice", "bob"):
            made.carrier.phone(f"client:{name}")
            made.parts.desk.enrol(name, f"client:{name}", SKILLS)
        yield made
        assert made.wrong() == []


def soon(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "it never became so"
        time.sleep(0.01)


def queued(here: World, *keys: str) -> Caller:
    """Return a caller who stands in the line."""
    caller = here.caller()
    for key in keys or ("0",):
        caller.press(key)
    caller.listen()
    return caller


def picked_up(here: World, name: str = "alice") -> Caller:
    """Return an agent who picked up the phone as it rang."""
    phone = here.carrier.phone(f"client:{name}")
    here.parts.board.tend()
    soon(lambda: phone.ringing)
    return Caller(here.carrier, leg=phone.answer())


def state(here: World, name: str = "alice") -> str:
    """Return what an agent does now."""
    found = here.parts.desk.agent(name)
    assert found
    return found.state


def parted(here: World, agent: Caller, name: str = "alice") -> None:
    """Have an agent end a talk by their page."""
    here.parts.board.end_talk(name)
    soon(lambda: agent.over)


def test_a_caller_is_put_through_and_both_are_free_again(here: World) -> None:
    desk = here.parts.desk
    assert desk.available("alice")
    caller = queued(here, "3", "1", "5", "8800000001", "1")
    agent = picked_up(here)
    whisper = "".join(heard.text for heard in agent.listen())
    assert whisper == "账户冻结。普通话。接听，请按 1。"
    agent.press("1")
    soon(lambda: isinstance(caller.cue, Talking) and isinstance(agent.cue, Talking))
    assert state(here) == "talking"
    parted(here, agent)
    soon(lambda: isinstance(caller.cue, Saying))
    assert "打个分" in "".join(heard.text for heard in caller.press("5"))
    caller.silence()
    assert "再见" in "".join(heard.text for heard in caller.listen())
    call = here.parts.journal.call(caller.leg.sid)
    assert call
    assert call.call.ended == "served"
    assert state(here) == "wrapping"
    assert desk.wrap_up("alice", "resolved", "已解冻")
    assert state(here) == "available"
    assert desk.waiting() == []


def test_an_agent_who_is_gone_at_the_moment_of_taking_is_not_thought_to_talk(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = here.parts.desk
    assert desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    (offered,) = desk.waiting()
    agent.listen()
    agent.press("1")
    soon(lambda: isinstance(caller.cue, Talking) and isinstance(agent.cue, Talking))
    # The end of the agent's call comes to a server that saw the offer just before it was taken.
    seen = [offered]
    really = Desk.offered
    monkeypatch.setattr(Desk, "offered", lambda self, offer: seen.pop() if seen else really(self, offer))
    here.parts.board.left(offered.offer or "")
    assert seen == []
    assert state(here) == "wrapping"


@pytest.mark.parametrize("how", ["refuses", "is silent", "hangs up", "does not answer"])
def test_a_missed_caller_goes_to_the_next_agent(here: World, how: str) -> None:
    desk = here.parts.desk
    desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    desk.available("bob")
    match how:
        case "refuses":
            agent.press("2")
        case "is silent":
            agent.silence()
        case "hangs up":
            agent.hang_up()
        case _:
            agent.hang_up()
    soon(lambda: state(here) == "available")
    desk.away("alice", "lunch")
    other = picked_up(here, "bob")
    other.press("1")
    soon(lambda: isinstance(caller.cue, Talking))


def test_two_misses_send_an_agent_away(here: World) -> None:
    here.parts.desk.available("alice")
    queued(here)
    for _ in range(2):
        picked_up(here).press("2")
    assert state(here) == "away"
    assert [place.state for place in here.parts.desk.waiting()] == ["waiting"]


def test_a_caller_who_leaves_as_the_phone_rings_frees_the_agent(here: World) -> None:
    here.parts.desk.available("alice")
    caller = queued(here)
    agent = picked_up(here)
    caller.hang_up()
    assert "挂断" in "".join(heard.text for heard in agent.press("1") + agent.listen())
    here.parts.board.tend()
    soon(lambda: state(here) == "available")
    found = here.parts.desk.agent("alice")
    assert found
    assert found.misses == 0


def test_who_redials_within_ten_minutes_has_the_old_place(here: World) -> None:
    first = queued(here)
    (before,) = here.parts.desk.waiting()
    first.hang_up()
    other = here.caller("+8613900001111")
    other.press("0")
    other.listen()
    again = queued(here)
    assert [place.call_id for place in here.parts.desk.waiting()] == [again.leg.sid, other.leg.sid]
    assert here.parts.desk.waiting()[0].since == before.since


def test_an_agent_without_the_language_is_not_rung(here: World) -> None:
    here.parts.desk.enrol("alice", "client:alice", ALL | {"language:en-US"})
    here.parts.desk.available("alice")
    queued(here)
    assert here.parts.desk.dispatch() == []
