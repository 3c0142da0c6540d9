"""Calls ask the wallet: once, without keeping a worker, with the same answer whoever asks again, and no secret kept."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr import hotline, teller
from ivr.flow import record
from ivr.flow.call import Call, fold
from ivr.flow.engine import step
from ivr.flow.events import Ended, Event, Heard, Said, Texted, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, NotFound, Pressed, Silence
from ivr.flow.load import load
from ivr.flow.prove.proof import prove
from ivr.flow.sealing import WRONG
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import Agent, Lookup
from ivr.hotline import Hotline
from ivr.replies import UNTOLD, Caller, Reply
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.telephony.render import Site, render
from ivr.teller import Teller
from tests.asking import MONEY, Nobody, Wallet, asking
from tests.faults.invariants import Known
from tests.once import ready_file

RINGS = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CALL, PIN = "CA" + "7" * 32, "246810"
WAY = ("2", "8800000001", "1", PIN)


def flow_of(files: dict[str, str]) -> Flow:
    flow, problems = load(files)
    assert flow is not None, problems
    return flow


@dataclass
class Desk:
    """A hotline with a clock that a test moves on."""

    hotline: Hotline
    wallet: Wallet
    file: Path
    now: list[datetime] = field(default_factory=lambda: [RINGS])

    def ring(self) -> Reply:
        return self.hotline.answer(CALL, Caller("+8613800138000", "+864001234567"))

    def press(self, keys: str) -> Reply:
        return self.hotline.hear(CALL, f"turn/{self.turn}", Pressed(keys))

    def again(self, turn: int) -> Reply:
        return self.hotline.hear(CALL, f"turn/{turn}", Silence())

    @property
    def turn(self) -> int:
        call = self.hotline.journal.call(CALL)
        assert call
        return call.call.turn

    @property
    def events(self) -> list[Event]:
        return self.hotline.journal.events(CALL)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(teller, "SOON", 1.0)  # As little as a machine with much to do allows.
    file = tmp_path / "hotline.db"
    file.write_bytes(ready_file())
    engine, flow, wallet = connect(f"sqlite:///{file}", Cipher(["a secret"])), flow_of({**asking()}), Wallet()
    now = [RINGS]
    with ThreadPoolExecutor(8) as pool:
        asks = Teller(wallet, Nobody(), pool)
        yield Desk(Hotline(Journal(engine), lambda _: flow, lambda: 1, lambda: now[0], asks), wallet, file, now)
        wallet.may.set()
    engine.dispose()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def words(reply: Reply) -> str:
    return " ".join(event.words for event in reply.events if isinstance(event, Said))


def test_the_menus_hold() -> None:
    assert prove(flow_of({**asking()}), RINGS).traps == ()


def test_what_the_wallet_says_at_once_is_in_the_reply(desk: Desk) -> None:
    desk.ring()
    desk.wallet.says["withdrawal"] = "over_once"
    *_, last = [desk.press(keys) for keys in WAY]
    assert "核实好了。 您要提一百二十八元，单笔最多一百二十八元。 还要做什么？" in words(last)
    assert [asked for asked, _, _ in desk.wallet.asked] == ["check_pin", "withdrawal"]
    assert desk.wallet.asked[0][1] == {"who": "8800000001", "pin": PIN}


def test_who_hangs_up_while_the_wallet_is_asked_is_answered_with_the_end(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    turn = desk.turn
    desk.wallet.before["withdrawal"] = lambda: desk.hotline.hang_up(CALL)
    reply = desk.press(PIN)
    assert isinstance(reply.events[-1], Ended)
    assert [event for event in desk.events if isinstance(event, Ended)] == [Ended("hung-up")]
    flow, journal = desk.hotline.flows(1), desk.hotline.journal
    turns, states = journal.turns(CALL), list[Call]()
    for one in turns:
        states.append(fold(states[-1] if states else flow.new_call(), one.events))
    site = Site("http://127.0.0.1", flow.hotline.languages)
    told = render(reply.events, site, reply.language)
    known = Known.of(flow, site, turns, states)
    assert list(known.unlike(f"turn/{turn}", {told.encode()})) == []
    assert list(known.unlike(f"turn/{turn - 1}", {told.encode()}))


def test_the_same_turn_told_again_has_the_same_answer_and_asks_nothing(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    turn = desk.turn
    first = desk.press(PIN)
    again = desk.hotline.hear(CALL, f"turn/{turn}", Pressed(PIN))
    assert record.write(again.events) == record.write(first.events)
    assert len(desk.wallet.asked) == 2


def test_who_waits_for_the_wallet_hears_so_and_the_answer_comes_with_a_later_request(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    desk.wallet.may.clear()
    turn = desk.turn
    waits = desk.press(PIN)
    assert words(waits).endswith("请稍候。")
    assert isinstance(waits.events[-1], Waiting)
    assert waits.events[-1].wait.question == "check_pin"  # type: ignore[union-attr]
    assert words(desk.again(turn + 1)) == "请稍候。"
    desk.wallet.may.set()
    until(lambda: desk.turn > turn + 1)
    until(lambda: not desk.hotline.teller.running)  # type: ignore[attr-defined]
    came = desk.again(turn + 1)
    assert "提现已经到账。" in words(came)
    assert record.write(desk.again(turn + 1).events) == record.write(came.events)
    assert record.write(desk.hotline.hear(CALL, f"turn/{turn}", Pressed(PIN)).events) == record.write(waits.events)
    assert len(desk.wallet.asked) == 2


def test_a_wallet_that_takes_too_long_is_slow(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press(PIN)
    desk.now[0] += timedelta(seconds=9)
    slow = desk.again(desk.turn)
    assert isinstance(slow.events[-1], Waiting)
    assert isinstance(slow.events[-1].wait, Agent)
    assert Heard(NotFound("slow"), desk.now[0]) in desk.events


@contextmanager
def another(desk: Desk) -> Iterator[tuple[Hotline, Wallet]]:
    """Give another process of the same hotline, which knows only what the journal holds, with a wallet that answers."""
    journal, wallet = Journal(desk.hotline.journal._engine), Wallet()
    with ThreadPoolExecutor(2) as pool:
        teller = Teller(wallet, Nobody(), pool)
        yield Hotline(journal, desk.hotline.flows, lambda: 1, lambda: desk.now[0], teller), wallet


def test_a_question_without_a_secret_is_asked_again_where_its_asker_is_gone(desk: Desk) -> None:
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press("1")
    with another(desk) as (other, wallet):
        desk.now[0] += timedelta(seconds=5)
        assert "已登记" in words(other.hear(CALL, f"turn/{desk.turn}", Silence()))
        assert wallet.asked == desk.wallet.asked[-1:]


def asked_while_another_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]) -> int:
    """Go this way up to its last keys, whose wallet takes its time; return the turn that hears them."""
    monkeypatch.setattr(teller, "SOON", 10)
    monkeypatch.setattr(hotline, "JOINTLY", timedelta(seconds=0.1))
    desk.ring()
    for keys in way[:-1]:
        desk.press(keys)
    desk.wallet.may.clear()
    return desk.turn


def test_an_answer_that_another_process_took_is_not_told_to_the_question_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = asked_while_another_waits(desk, monkeypatch, WAY)
    with another(desk) as (other, wallet), ThreadPoolExecutor(1) as pool:
        slower = pool.submit(desk.hotline.hear, CALL, f"turn/{turn}", Pressed(PIN))
        until(lambda: desk.wallet.asked)
        wallet.before["withdrawal"] = lambda: (desk.wallet.may.set(), slower.result())
        faster = other.hear(CALL, f"turn/{turn}", Pressed(PIN))
    assert "提现已经到账。" in words(faster)
    assert words(slower.result()) == "核实好了。 请稍候。"
    assert [turn.asked for turn in desk.hotline.journal.turns(CALL)][-2:] == [f"turn/{turn}+", f"turn/{turn}++"]


def test_an_act_whose_caller_hung_up_is_settled_where_its_asker_is_gone(desk: Desk) -> None:
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press("1")
    with another(desk) as (other, wallet):
        other.hang_up(CALL)
        assert wallet.asked == desk.wallet.asked[-1:]
        *_, over, settled = desk.hotline.journal.turns(CALL)
    assert isinstance(over.events[-1], Ended)
    assert [event.input.outcome for event in settled.events] == ["frozen"]  # type: ignore[union-attr]
    desk.wallet.may.set()
    until(lambda: not desk.hotline.teller.running)  # type: ignore[attr-defined]
    assert desk.hotline.journal.turns(CALL)[-1] == settled


def test_who_hung_up_amid_a_proof_is_not_asked_for_again(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press(PIN)
    with another(desk) as (other, wallet):
        other.hang_up(CALL)
        assert wallet.asked == []


def test_a_pin_that_nobody_knows_any_more_is_not_asked_about(desk: Desk) -> None:
    sealed = Lookup("check_pin", (("who", "8800000001"), ("pin", SEALED)))
    assert desk.hotline.teller.ask("CA1", 1, sealed, "", print) == NotFound("unavailable")
    assert desk.wallet.asked == []


def test_an_answer_to_a_call_that_is_over_is_written_down(desk: Desk) -> None:
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press("1")
    desk.hotline.hang_up(CALL, UNTOLD)
    desk.wallet.may.set()
    until(lambda: not desk.hotline.teller.running)  # type: ignore[attr-defined]
    *_, last = desk.events
    assert isinstance(last, Heard)
    assert isinstance(last.input, Found)
    assert last.input.outcome == "frozen"
    assert sum(isinstance(event, Ended) for event in desk.events) == 1


def test_a_wallet_that_raises_is_unavailable_and_tells_no_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(*asked: object) -> None:
        raise RuntimeError(f"no: {PIN}")

    monkeypatch.setattr(Wallet, "answer", fails)
    desk.ring()
    *_, last = [desk.press(keys) for keys in WAY]
    assert isinstance(last.events[-1], Waiting)
    assert isinstance(last.events[-1].wait, Agent)
    assert PIN not in "".join(capfd.readouterr())


def test_three_wrong_pins_lead_to_a_person_and_no_fourth_is_asked(desk: Desk) -> None:
    desk.wallet.says["check_pin"] = "wrong"
    desk.ring()
    said = [words(desk.press(keys)) for keys in (*WAY, "111111", "8800000002", "1")]
    assert "号码或密码不对。 请输入六位支付密码。" in said[3]
    assert "号码或密码不对。 请输入账户号码或注册手机号。" in said[4]
    last = desk.press("222222")
    assert "试的次数太多了。" in words(last)
    assert isinstance(last.events[-1].wait, Agent)  # type: ignore[union-attr]
    assert len(desk.wallet.asked) == 3


def test_a_code_is_sent_again_or_given_up_for_the_pin(desk: Desk) -> None:
    desk.ring()
    for keys in ("2", "13800138000", "2"):
        desk.press(keys)
    assert "再发一次" in words(desk.press("12"))
    desk.press("1")
    desk.press("2")
    assert "还要做什么" in words(desk.press(PIN))
    assert [asked for asked, _, _ in desk.wallet.asked] == ["send_code", "send_code", "check_pin", "withdrawal"]


def test_an_sms_goes_to_the_registered_phone_of_who_is_proven(desk: Desk) -> None:
    desk.ring()
    for keys in (*WAY, "1"):
        desk.press(keys)
    [texted] = [event for event in desk.events if isinstance(event, Texted)]
    assert texted == Texted("+8613800138000", "money.texted.text", "【钱包】受理编号8800000001", "zh-CN")


@pytest.mark.parametrize("keys", [PIN, "12345", "2468*", "0", "9", ""])
def test_what_is_keyed_in_confidence_is_kept_nowhere_and_replays_to_the_same(desk: Desk, keys: str) -> None:
    desk.ring()
    for known in WAY[:-1]:
        desk.press(known)
    desk.press(keys) if keys else desk.again(desk.turn)
    call = desk.hotline.flows(1).new_call()
    again = []
    for event in (one for one in desk.events if isinstance(one, Heard)):
        done = step(desk.hotline.flows(1), call, event.input, event.at)
        call, again = done.call, [*again, *done.events]
    assert record.write(again) == record.write(desk.events)
    assert fold(Call("zh-CN"), desk.events).facts == call.facts
    for kept in (keys,) if len(keys) > 1 else ():
        assert kept not in record.write(desk.events)


def test_no_secret_is_in_the_database(desk: Desk) -> None:
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    with sqlite3.connect(desk.file) as connection:
        sealed = [events for (events,) in connection.execute("select events from turns")]
    cipher = Cipher(["a secret"])
    assert all(PIN not in cipher.open(events) for events in sealed)
    assert any(SEALED in cipher.open(events) for events in sealed)
    assert PIN.encode() not in desk.file.read_bytes()


def test_a_pin_keyed_where_the_number_is_asked_for_is_told_to_nobody(desk: Desk) -> None:
    desk.ring()
    first, *others = WAY
    desk.press(first)
    early = words(desk.press(PIN))
    assert "账户号码是十位数字" in early
    for keys in others:
        desk.press(keys)
    inputs = [event.input for event in desk.events if isinstance(event, Heard)]
    assert inputs[2:4] == [Pressed(WRONG), Pressed("8800000001")]
    assert PIN not in record.write(desk.events)
    assert [asked for asked, _, _ in desk.wallet.asked] == ["check_pin", "withdrawal"]


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("    over_day: over\n", "", "the wallet may answer 'over_day' to 'withdrawal', but that leads nowhere"),
        ("    over_day: over\n", "    over_day: over\n    lost: over\n", "'lost' is no answer to 'withdrawal'"),
        ("ask: withdrawal", "ask: withdrawals", "write one of the questions account, check_pin"),
        ("ask: withdrawal", "ask: refund", "nothing tells 'order', which 'refund' is about"),
        ("ask: withdrawal", "ask: withdrawal\n  nth: first", "goes with a question about a list, and only with it"),
    ],
)
def test_what_is_wrong_with_a_look_up_is_told_with_its_line(was: str, now: str, told: str) -> None:
    flow, problems = load(asking(MONEY.replace(was, now, 1)))
    assert flow is None
    assert any(told in problem.words and problem.file == "money.yaml" for problem in problems), problems


UNPROVEN = MONEY.replace("then: last, refused: person", "then: person, refused: last")
ROUND = MONEY.replace("unavailable: person\n    slow: person\n", "unavailable: last\n    slow: last\n", 1)


def test_nobody_is_asked_about_who_has_not_proven_who_they_are() -> None:
    found = prove(flow_of({**asking(UNPROVEN)}), RINGS).traps
    assert any("who has not proven who they are" in trap.words for trap in found)


def test_a_round_of_questions_that_no_caller_can_leave_is_a_problem() -> None:
    flow, problems = load(asking(ROUND))
    assert flow is None
    assert any("goes round for ever" in problem.words for problem in problems)


def test_a_pin_that_died_with_its_process_is_asked_about_when_the_carrier_tells_it_again(desk: Desk) -> None:
    desk.ring()
    for keys in WAY[:-1]:
        desk.press(keys)
    turn = desk.turn
    desk.wallet.may.clear()
    desk.press(PIN)
    with another(desk) as (other, wallet):
        desk.now[0] += timedelta(seconds=3)
        again = other.hear(CALL, f"turn/{turn}", Pressed(PIN))
    assert "提现已经到账。" in words(again)
    assert wallet.asked[0][:2] == ("check_pin", {"who": "8800000001", "pin": PIN})


def test_a_round_of_questions_through_what_is_proven_already_is_a_trap() -> None:
    again = MONEY.replace("unavailable: person\n    slow: person\n", "unavailable: start\n    slow: person\n", 1)
    found = prove(flow_of({**asking(again)}), RINGS).traps
    assert any("the wallet is asked again and again" in trap.words for trap in found)


def test_a_question_whose_asker_is_gone_is_asked_again_also_where_the_clock_was_put_back(desk: Desk) -> None:
    desk.ring()
    for keys in WAY:
        desk.press(keys)
    desk.wallet.may.clear()
    desk.press("1")
    with another(desk) as (other, wallet):
        desk.now[0] -= timedelta(hours=1)
        assert "已登记" in words(other.hear(CALL, f"turn/{desk.turn}", Silence()))
        assert wallet.asked == desk.wallet.asked[-1:]


def test_another_process_that_knows_an_earlier_turn_asks_who_waits_for_patience_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teller, "LINGERS", 0.2)
    desk.ring()
    for keys in WAY[:-2]:
        desk.press(keys)
    with another(desk) as (other, _):
        other.hear(CALL, f"turn/{desk.turn}", Pressed(WAY[-2]))
        turn = desk.hotline.journal.turn(CALL)
        desk.wallet.before["withdrawal"] = lambda: until(lambda: heard)
        heard: list[str] = []
        proven = desk.hotline.hear(CALL, f"turn/{turn}", Pressed(PIN))
        assert words(proven) == "核实好了。 请稍候。"
        again = words(other.hear(CALL, f"turn/{turn + 2}", Silence()))
        heard.append(again)
        assert again == "请稍候。"


class Forgetful(Nobody):
    """Lets everybody try everything, and cannot write down what came of it."""

    def told(self, request_id: str, outcome: str, facts: Mapping[str, str]) -> None:
        """Fail, as while the database is away."""
        raise StoreError("the database is locked")


def test_what_the_wallet_did_is_told_also_where_it_cannot_be_counted(desk: Desk) -> None:
    object.__setattr__(desk.hotline.teller, "guard", Forgetful())
    desk.ring()
    *_, last = [desk.press(keys) for keys in (*WAY, "1")]
    assert "已登记" in words(last)


CODE_WAY = ("2", "8800000001", "2", "135790")


def test_a_code_is_checked_by_one_process_though_its_turn_is_told_to_two(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = asked_while_another_waits(desk, monkeypatch, CODE_WAY)
    with another(desk) as (other, wallet), ThreadPoolExecutor(2) as pool:
        first = pool.submit(desk.press, CODE_WAY[-1])
        until(lambda: desk.wallet.asked[-1][0] == "check_code")
        second = pool.submit(other.hear, CALL, f"turn/{turn}", Pressed(CODE_WAY[-1]))
        with pytest.raises(TimeoutError):
            second.result(0.7)
        desk.wallet.may.set()
        assert "提现已经到账。" in words(second.result())
        first.result()
    assert "check_code" not in [question for question, _, _ in wallet.asked]


@dataclass
class Remembers(Nobody):
    """Lets everybody try everything, and knows what came of it before."""

    said: str | None

    def before(self, request_id: str) -> str | None:
        """Return what came of it before."""
        return self.said


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (None, Found({}, "wrong")),
        ("wrong", Found({}, "wrong")),
        ("", NotFound("unavailable")),
        ("right", NotFound("unavailable")),
        ("unavailable", NotFound("unavailable")),
    ],
)
def test_a_code_that_an_earlier_check_may_have_used_up_is_not_called_wrong(
    before: str | None, told: Found | NotFound
) -> None:
    with ThreadPoolExecutor(1) as pool:
        asks = Teller(Wallet({"check_code": "wrong"}), Remembers(before), pool)
        check = Lookup("check_code", (("who", "8800000001"), ("code", Secret("135790"))))
        assert asks.ask("CA1", 1, check, "", print) == told
