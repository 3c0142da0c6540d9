"""Faults of ours: whoever was told to get a person gets one as soon as the database answers, or a message is heard."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Listening, Recording
from ivr.desk.keeping import Place
from ivr.flow.events import Ended
from ivr.store.entries import Entry
from ivr.store.errors import StoreError
from tests.talks import heard, staffed, talking
from tests.test_switchboard import picked_up, queued, soon
from tests.world import CLOSED, NUMBER, World, world

APOLOGY = "系统出了点问题"
UNTOLD = "15003"  # The carrier's number for what it could not tell us at once.


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("ivr.store.engine.LOCKED_SECONDS", 0.2)
    with staffed(tmp_path, excused=(UNTOLD,)) as made:
        yield made


@contextmanager
def locked(here: World) -> Iterator[None]:
    """Have another program hold the database, so that nothing can be written down."""
    other = sqlite3.connect(str(here.parts.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@contextmanager
def away(here: World, late: bool = False) -> Iterator[None]:
    """Have the database take nothing, or take it too late to say so."""
    plain = here.parts.journal.append

    def refuse(entry: Entry) -> bool:
        if late:
            plain(entry)
        raise StoreError("the database is away")

    async def refuse_soon(entry: Entry) -> bool:
        return refuse(entry)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(here.parts.journal, "append", refuse)
        changed.setattr(here.parts.journal, "appended", refuse_soon)
        yield


def places(here: World, kind: str = "call") -> list[Place]:
    return [place for place in here.parts.desk.waiting() if place.kind == kind]


def ends(here: World, caller: Caller) -> list[str]:
    return [event.reason for event in here.parts.journal.events(caller.leg.sid) if isinstance(event, Ended)]


def in_music(caller: Caller) -> bool:
    return isinstance(caller.cue, Listening) and "music" in caller.heard[-1].text


def leaves_message(caller: Caller) -> None:
    """Press the key for a message in the lifeboat, and speak."""
    caller.press("1")
    caller.listen()
    assert isinstance(caller.cue, Recording)
    caller.speak(7)


def test_whose_wallet_is_stolen_comes_into_the_fraud_line_as_soon_as_the_database_answers(here: World) -> None:
    caller = here.caller()
    caller.press("1")
    with locked(here):
        caller.press("1#")
        assert APOLOGY in heard(caller)
        assert in_music(caller)
        assert places(here) == []
    caller.silence()
    caller.listen()
    (place,) = places(here)
    assert (place.queue, place.matter, place.rank) == ("fraud", "stolen", 1)
    here.parts.desk.available("alice")
    agent = picked_up(here)
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))
    caller.hang_up()
    assert ends(here, caller) == ["served"]


def test_a_call_whose_first_request_failed_comes_into_the_line(here: World) -> None:
    with locked(here):
        caller = here.caller()
        assert "Sorry" in heard(caller)
    caller.silence()
    caller.listen()
    (place,) = places(here)
    assert (place.call_id, place.queue) == (caller.leg.sid, "general")
    caller.hang_up()
    assert ends(here, caller) == ["hung-up"]


def test_at_closed_hours_it_is_a_message(tmp_path: Path) -> None:
    with world(tmp_path, CLOSED) as here:
        with locked(here):
            caller = here.caller()
            caller.listen()
        caller.silence()
        caller.speak(7)
        caller.press("#")
        caller.listen()
        assert ends(here, caller) == ["message"]
        assert len(places(here, "message")) == 1
        assert here.wrong() == []


def test_a_message_left_while_the_database_is_away_is_work_and_the_outcome(here: World) -> None:
    caller = here.caller()
    caller.press("1")
    with away(here):
        caller.press("1#")
        caller.listen()
        leaves_message(caller)
        caller.press("#")
    assert "尽快听取您的留言" in heard(caller)
    assert caller.over  # Which is told at once, but written down behind the message.
    soon(lambda: ends(here, caller) == ["message"])
    soon(lambda: [found.state for found in here.parts.messages.latest()] == ["wanted"])
    (place,) = places(here, "message")
    assert (place.call_id, place.queue, place.matter) == (caller.leg.sid, "fraud", "stolen")
    assert here.parts.desk.dispatch() == []
    here.parts.desk.available("alice")
    (work,) = here.parts.desk.dispatch()
    assert work.line == place.id


@pytest.mark.parametrize("late", [False, True])
def test_a_message_left_for_the_flow_is_work_although_the_database_was_away(here: World, late: bool) -> None:
    caller = queued(here)
    caller.press("1")
    caller.listen()
    assert isinstance(caller.cue, Recording)
    with away(here, late):
        caller.speak(7)
        caller.press("#")
        assert APOLOGY not in heard(caller)
        assert caller.over
    here.parts.unwritten.close()
    soon(lambda: ends(here, caller) == ["message"])
    assert len(places(here, "message")) == 1


def test_who_hangs_up_while_the_database_is_away_is_not_forgotten(here: World) -> None:
    caller = queued(here)
    with away(here):
        caller.hang_up()
        assert len(places(here)) == 1
    soon(lambda: ends(here, caller) == ["hung-up"])
    assert places(here) == []


def test_who_waits_goes_on_waiting_after_the_database_was_away(here: World) -> None:
    here.parts.desk.staff_all(here.parts.flow.queues, here.parts.flow.hotline.languages)
    first, caller = queued(here), here.caller("+8613900001111")
    caller.press("0")
    caller.listen()
    before = places(here)
    with locked(here):
        for _ in range(2):
            caller.silence()
            assert heard(caller).startswith("不想等，直接留言，请按 1。http")
    assert places(here) == before
    first.hang_up()
    said = ""
    for _ in range(3):
        caller.silence()
        said += heard(caller)
    assert "您是下一位" in said
    assert [place.call_id for place in places(here)] == [caller.leg.sid]
    caller.press("2")
    assert "给您回电" in heard(caller)


def test_a_flow_that_cannot_lead_to_a_person_leads_to_a_message(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.flow.nodes.agent.Agent.enter", lambda *_: 1 / 0)
    caller = here.caller()
    caller.press("0")
    assert APOLOGY in heard(caller)
    assert isinstance(caller.cue, Recording)
    caller.speak(7)
    caller.press("#")
    caller.listen()
    assert ends(here, caller) == ["message"]


def test_a_way_back_that_the_database_refuses_is_not_waited_for(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("it cannot be held")

    caller = here.caller()
    monkeypatch.setattr("ivr.store.writer.write", refuse)
    caller.press("0")
    assert APOLOGY in heard(caller)
    assert isinstance(caller.cue, Recording)


def test_a_flow_that_faults_for_ever_does_not_bounce_for_ever(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = here.caller()
    monkeypatch.setattr("ivr.flow.nodes.menu.Menu.enter", lambda *_: 1 / 0)
    here.carrier.queue("general").most = 0
    caller.press("0")
    said = heard(caller)
    assert 1 < said.count(APOLOGY) < 6
    assert isinstance(caller.cue, Recording)
    caller.speak(7)
    caller.press("#")
    caller.listen()
    assert ends(here, caller) == ["message"]
    assert len(places(here, "message")) == 1


@pytest.mark.parametrize("moment", ["in the first request", "at the carrier"])
def test_a_theft_is_reported_while_the_database_is_away_and_heard_before_all_else(here: World, moment: str) -> None:
    with away(here):
        if moment == "at the carrier":
            here.carrier.number(NUMBER, "http://127.0.0.1:9/none", *fallbacks(here))
        caller = here.caller()
        offered = heard(caller)
        assert "要报告钱包被盗，请按 2" in offered
        assert "To report a stolen wallet, press 2" in offered
        caller.press("2")
        caller.silence()  # No number of a wallet to be frozen first.
        caller.listen()
        assert isinstance(caller.cue, Recording)
        caller.speak(9)
        caller.press("#")
        goodbye = heard(caller)
        assert "安全专员会最先处理" in goodbye
        assert "our security team will handle it first" in goodbye
    here.carrier.number(NUMBER, f"{here.parts.settings.public_url}/voice/incoming", *fallbacks(here))
    soon(lambda: ends(here, caller) == ["message"])
    second = here.caller("+8613900001111")
    second.press("0")
    second.listen()
    (place,) = places(here, "message")
    assert (place.call_id, place.queue, place.matter, place.rank) == (caller.leg.sid, "fraud", "stolen", 1)
    soon(lambda: list((here.parts.settings.instance / "spool").iterdir()) == [])
    assert [message.matter for message in here.parts.messages.latest()] == ["stolen"]
    here.parts.desk.available("alice")
    (offer,) = here.parts.desk.dispatch()
    assert offer.line == place.id
    if moment == "at the carrier":
        assert here.carrier.log.codes == [11205]
        here.carrier.log.clear()


def fallbacks(here: World) -> tuple[str, str]:
    """Return where the carrier asks when it has no answer, and tells that a call is over."""
    url = here.parts.settings.public_url
    return f"{url}/voice/fallback", f"{url}/voice/status"
