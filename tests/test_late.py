"""What comes too late for a call to go on by it is kept: messages of who hung up, and what the wallet did after all."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr import teller
from ivr.console import known
from ivr.flow.events import Ended, Heard, Texted, Waiting
from ivr.flow.inputs import Found, Pressed, Recorded, Rescued, Silence
from ivr.flow.waits import Agent, Keys
from ivr.hotline import Hotline
from ivr.replies import UNTOLD, Caller
from ivr.store.batch import rows
from ivr.store.crypto import of
from ivr.store.entries import Entry
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.store.writer import LATE
from ivr.telephony.facts import Over, Spoken
from ivr.teller import NoWallet
from tests.asking import asking
from tests.faults.checks import replayed
from tests.test_asking import CALL, RINGS, WAY, Desk, another, desk, flow_of, until, words
from tests.test_webhooks import CALL as RUNG
from tests.test_webhooks import LANGUAGE, OPEN, Site, site

__all__ = ["desk", "site"]

SID = "RE" + "4" * 32
SPOKEN = {"RecordingSid": SID, "RecordingDuration": "4"}
THEFT = {
    "report": "要报告被盗",
    "greeting": "系统出了故障。",
    "any_key": "请按任意键。",
    "message": "请留言。",
    "theft": "请说出发生的事。",
    "reported": "已经录下来了。",
    "hours": "人工时间是：",
    "closed": "休息",
    "text": "【钱包】已冻结，受理编号{hold:plain}",
}


def to_the_recorder(site: Site) -> str:
    """Ring, ask for a person, choose the message in line; return the turn that the recorder ends."""
    site.ask("/voice/incoming")
    site.ask("/voice/turn/1" + LANGUAGE, Digits="0")
    site.ask("/voice/wait/2" + LANGUAGE, QueuePosition="1", QueueTime="1", Digits="1")
    assert "<Record" in site.ask("/voice/turn/2" + LANGUAGE, QueueResult="leave").text
    return "turn/4"


def outcome(site: Site) -> str:
    return replayed(site.parts, RUNG)[1][-1].ended


def test_a_message_ended_by_hanging_up_is_work_also_where_the_hang_up_is_told_first(site: Site) -> None:
    turn = to_the_recorder(site)
    site.ask("/voice/status", CallStatus="completed")
    for _ in range(2):
        assert "<Hangup" in site.ask(f"/voice/{turn}{LANGUAGE}", **SPOKEN, Digits="hangup").text
    assert [place.recording for place in site.parts.desk.inbox.work()] == [SID]
    (message,) = site.parts.messages.latest()
    assert (message.recording_sid, message.seconds, message.kind, message.state) == (SID, 4, "message", "wanted")
    assert outcome(site) == "message"


def test_a_message_and_the_hang_up_that_two_processes_kept_on_disk_are_one_piece_of_work(site: Site) -> None:
    turn = to_the_recorder(site)
    for fact in (Over(RUNG, UNTOLD, OPEN), Spoken(RUNG, turn, Recorded(SID, 4), OPEN)) * 2:
        assert site.parts.unwritten.write(fact)
    assert [place.recording for place in site.parts.desk.inbox.work()] == [SID]
    assert outcome(site) == "message"


def test_a_recorder_that_heard_nothing_before_the_hang_up_leaves_no_work(site: Site) -> None:
    turn = to_the_recorder(site)
    site.ask("/voice/status", CallStatus="completed")
    site.ask(f"/voice/{turn}{LANGUAGE}", RecordingSid=SID, RecordingDuration="0", Digits="hangup")
    assert site.parts.desk.inbox.work() == []
    assert outcome(site) == "hung-up"


def lifeboat() -> dict[str, str]:
    """Return the small menus with words for the owner of a wallet that was frozen."""
    files = dict(asking())
    told = "".join(f'  {name}: "{one}"\n' for name, one in THEFT.items())
    files["hotline.yaml"] += f"lifeboat:\n  matter: money\n{told}"
    files["languages/en-US.yaml"] += "".join(f'hotline.lifeboat.{name}: "{one}"\n' for name, one in THEFT.items())
    return files


@pytest.fixture
def warned(desk: Desk) -> Iterator[Desk]:
    """Return a hotline whose menus have words for the owner, and a caller who may freeze with the next key."""
    flow = flow_of(lifeboat())
    made = replace(desk, hotline=replace(desk.hotline, flows=lambda _: flow))
    made.ring()
    for keys in WAY:
        made.press(keys)
    made.wallet.may.clear()
    yield made
    made.wallet.may.set()


def answered(desk: Desk) -> list[known.Asked]:
    return [one for one in known.asked(desk.events) if one.question == "freeze"]


def owners(desk: Desk) -> list[Texted]:
    return [event for event in desk.events if isinstance(event, Texted) and event.place == "hotline.lifeboat.text"]


def settled(desk: Desk) -> None:
    desk.wallet.may.set()
    until(lambda: not desk.hotline.teller.running)  # type: ignore[attr-defined]


def kept(desk: Desk) -> None:
    """The hold stands in the journal, where an agent sees it, and its owner gets one SMS."""
    last = answered(desk)[-1]
    assert (last.answer, last.facts["hold"], last.about) == ("frozen", "8800000001", {"holder": "8800000001"})
    assert sum(one.answer == "frozen" for one in answered(desk)) == 1
    sent = [(one.number, one.words) for one in owners(desk)]
    assert sent == [("+8613800138000", "【钱包】已冻结，受理编号8800000001")]


@pytest.mark.parametrize("patience", [0.1, 10], ids=["slow", "in time"])
def test_a_hold_made_while_its_caller_hung_up_is_kept_and_its_owner_told(
    warned: Desk, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(teller, "SOON", patience)
    with ThreadPoolExecutor(2) as pool:
        asks = pool.submit(warned.press, "1")
        until(lambda: len(warned.wallet.asked) == 3)
        gone = pool.submit(warned.hotline.hang_up, CALL)
        until(lambda: any(isinstance(event, Ended) for event in warned.events))
        settled(warned)
        gone.result()
        asks.result()
    kept(warned)


def test_a_hang_up_between_reading_the_call_and_writing_the_answer_loses_nothing(warned: Desk) -> None:
    warned.press("1")
    journal = warned.hotline.journal
    read = journal.fresh

    def hung_up_meanwhile(call_id: str) -> object:
        found = read(call_id)
        object.__setattr__(journal, "fresh", read)
        Hotline(Journal(journal._engine), warned.hotline.flows, lambda: 1, lambda: RINGS, NoWallet()).hang_up(CALL)
        return found

    object.__setattr__(journal, "fresh", hung_up_meanwhile)
    settled(warned)
    assert any(isinstance(event, Ended) for event in warned.events)
    kept(warned)


def test_a_hold_made_after_the_caller_heard_that_the_wallet_is_slow_is_seen_by_the_agent_and_its_owner_told(
    warned: Desk,
) -> None:
    warned.press("1")
    warned.now[0] += timedelta(seconds=9)
    assert isinstance(warned.again(warned.turn).events[-1].wait, Agent)  # type: ignore[union-attr]
    settled(warned)
    assert [one.answer for one in answered(warned)] == ["slow", "frozen"]
    kept(warned)


def test_who_goes_on_after_a_late_answer_is_heard_as_before(desk: Desk) -> None:
    elsewhere = asking()["money.yaml"].replace(
        "capped: person, unavailable: person, slow: person", "capped: next, unavailable: next, slow: next"
    )
    flow = flow_of({**asking(elsewhere)})
    desk = replace(desk, hotline=replace(desk.hotline, flows=lambda _: flow))
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press("1")
    desk.now[0] += timedelta(seconds=9)
    asked = desk.again(desk.turn)
    assert isinstance(asked.events[-1], Waiting)
    assert isinstance(asked.events[-1].wait, Keys)
    turn = asked.events[-1].turn
    settled(desk)
    assert desk.turn == turn + 1
    assert words(desk.hotline.hear(CALL, f"turn/{turn - 1}", Silence())) == words(asked)
    again = desk.hotline.hear(CALL, f"turn/{turn}", Pressed("9"))
    assert words(again) == words(asked), "what was said before the late answer is said again"
    on = desk.hotline.hear(CALL, f"turn/{again.events[-1].turn}", Pressed("1"))  # type: ignore[union-attr]
    assert "已登记" in words(on)
    assert desk.wallet.asked[-1][2] != desk.wallet.asked[-2][2]
    with another(desk) as (other, _):
        assert other.journal.fresh(CALL).call == desk.hotline.journal.call(CALL).call  # type: ignore[union-attr]


def test_a_proof_that_comes_too_late_is_told_to_nobody(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press(WAY[-1])
    desk.now[0] += timedelta(seconds=9)
    desk.again(desk.turn)
    before = desk.turn
    settled(desk)
    assert desk.turn == before


class Dies:
    """A process that is killed before it asks."""

    def ask(self, *_: object) -> None:
        raise SystemExit

    def linger(self, so: Callable[[], bool]) -> None:
        """Wait for nothing."""


def test_a_freeze_whose_asker_died_is_asked_for_when_its_caller_comes_back_by_the_lifeboat(warned: Desk) -> None:
    turn = warned.turn
    dying = replace(warned.hotline, teller=Dies())
    with pytest.raises(SystemExit):
        dying.hear(CALL, f"turn/{turn}", Pressed("1"))
    warned.wallet.may.set()
    back = warned.hotline.rescue(CALL, f"turn/{turn}", Caller("+8613800138000", "x"))
    assert isinstance(back.events[-1].wait, Agent)  # type: ignore[union-attr]
    until(lambda: answered(warned)[-1].answer)
    kept(warned)
    assert [question for question, _, _ in warned.wallet.asked].count("freeze") == 1
    heard = [event.input for event in warned.events if isinstance(event, Heard)]
    assert isinstance(heard[-2], Rescued)
    assert isinstance(heard[-1], Found)
    room = back.events[-1].turn  # type: ignore[union-attr]
    assert warned.hotline.present(CALL, room) is not None, "the waiting room goes on under its number"


@pytest.mark.parametrize("times", [1, 3])
def test_a_freeze_is_asked_for_where_the_hang_up_after_it_was_written_too_late_to_be_told_so(
    warned: Desk, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    with pytest.raises(SystemExit):
        replace(warned.hotline, teller=Dies()).hear(CALL, f"turn/{warned.turn}", Pressed("1"))
    warned.wallet.may.set()

    def late(journal: Journal, entry: Entry) -> bool:
        journal._here().write(rows(entry, of(journal._engine)))
        raise StoreError(LATE)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", late)
        with pytest.raises(StoreError):
            warned.hotline.hang_up(CALL)
    assert [question for question, _, _ in warned.wallet.asked].count("freeze") == 0
    for _ in range(times):
        warned.hotline.hang_up(CALL)
    until(lambda: answered(warned)[-1].answer)
    kept(warned)
    assert [question for question, _, _ in warned.wallet.asked].count("freeze") == 1


def test_a_freeze_is_asked_for_where_the_way_back_after_it_was_written_too_late_to_be_told_so(
    warned: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, rings = warned.turn, Caller("+8613800138000", "x")
    with pytest.raises(SystemExit):
        replace(warned.hotline, teller=Dies()).hear(CALL, f"turn/{turn}", Pressed("1"))
    warned.wallet.may.set()
    with pytest.raises(SystemExit):
        replace(warned.hotline, teller=Dies()).rescue(CALL, f"turn/{turn}", rings)
    for _ in range(2):
        warned.hotline.rescue(CALL, f"turn/{turn}", rings)
    until(lambda: answered(warned)[-1].answer)
    kept(warned)
    assert [question for question, _, _ in warned.wallet.asked].count("freeze") == 1
