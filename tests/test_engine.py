"""The engine: what a caller hears and where the call goes, input by input."""

import ast
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ivr.flow import record
from ivr.flow.call import Call, fold
from ivr.flow.engine import FlowError, Step, step
from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Missed, Said, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, HungUp, InLine, Input, LeftQueue, Pressed, Recorded, Silence, Spoke
from ivr.flow.load import load
from ivr.flow.nodes import kinds
from ivr.flow.secret import Secret
from ivr.flow.waits import Agent, Keys, Leaving, Message, Room, Talking
from tests.small import HOTLINE, small

OPEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, ten in the morning in Shanghai
CLOSED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday


@pytest.fixture(scope="module")
def flow() -> Flow:
    made, problems = load(small())
    assert made, problems
    return made


def call(flow: Flow, *inputs: Input, at: datetime = OPEN) -> Step:
    done = step(flow, flow.new_call(), Answered(), at)
    for heard in inputs:
        done = step(flow, done.call, heard, at)
    return done


def said(done: Step) -> str:
    return "".join(event.words for event in done.events if isinstance(event, Said))


def keys(*pressed: str) -> list[Input]:
    return [Pressed(one) for one in pressed]


ACCOUNT = keys("1", "8800000001", "1")


def test_the_words_name_the_key_after_the_matter(flow: Flow) -> None:
    done = call(flow)
    assert said(done) == "您好。账户冻结，请按 1For English, press 8英语服务，请按 8转人工，请按 0"
    assert done.events[-1] == Waiting(Keys(1), 1)


def test_english_is_heard_alone_once_chosen(flow: Flow) -> None:
    done = call(flow, *keys("8"))
    assert said(done) == "Hello.Account frozen, press 1For a person, press 0"
    assert done.call.language == "en-US"


def test_a_number_is_read_back_and_kept_once_confirmed(flow: Flow) -> None:
    back = call(flow, *keys("1", "8800000001"))
    assert "account" not in back.call.facts
    assert "八八零，零零零，零零零幺" in said(back)
    done = call(flow, *ACCOUNT)
    assert done.call.facts["account"] == "8800000001"
    assert done.call.facts["matter"] == "frozen"
    assert "keyed" not in done.call.facts


def test_a_number_can_be_entered_again(flow: Flow) -> None:
    done = call(flow, *keys("1", "8800000001", "2"))
    assert said(done).startswith("请输入账户号码。")
    assert "account" not in done.call.facts


@pytest.mark.parametrize("keyed", ["123", "12345678901", "?????", "1" * 200])
def test_a_number_of_the_wrong_form_is_asked_again_with_an_example(flow: Flow, keyed: str) -> None:
    done = call(flow, *keys("1", keyed))
    assert said(done).startswith("号码的位数不对。账户号码是十位数字。")


def test_amount_date_and_phone_are_understood(flow: Flow) -> None:
    done = call(flow, *ACCOUNT, *keys("1200", "1", "1122", "1", "13800138000", "1"))
    assert (done.call.facts["paid"], done.call.facts["paid_on"]) == ("120000", "2026-11-22")
    assert done.call.facts["phone"] == "13800138000"
    assert done.events[-1] == Waiting(Agent("accounts", 3, 2), done.call.turn)


@pytest.mark.parametrize(
    ("keyed", "meant"), [("1124", "2025-11-24"), ("0229", "2024-02-29"), ("1332", ""), ("0000", "")]
)
def test_a_date_is_the_latest_such_day(flow: Flow, keyed: str, meant: str) -> None:
    done = call(flow, *ACCOUNT, *keys("1200", "1", keyed))
    assert done.call.facts.get("keyed", "") == meant


@pytest.mark.parametrize("keyed", ["12345678901", "02155555555", "95588"])
def test_only_a_mobile_number_is_one(flow: Flow, keyed: str) -> None:
    done = call(flow, *ACCOUNT, *keys("1200", "1", "1122", "1", keyed))
    assert said(done).startswith("号码的位数不对。")


@pytest.mark.parametrize("miss", [Silence(), Pressed("5"), Spoke("喂", 0.9), Pressed("77")])
def test_three_misses_of_a_kind_lead_to_a_person(flow: Flow, miss: Input) -> None:
    assert isinstance(call(flow, miss, miss).call.wait, Keys)
    done = call(flow, miss, miss, miss)
    assert isinstance(done.call.wait, Agent)


def test_silence_and_wrong_keys_are_counted_apart(flow: Flow) -> None:
    done = call(flow, Silence(), Pressed("5"), Silence(), Pressed("5"))
    assert isinstance(done.call.wait, Keys)
    assert (done.call.silences, done.call.wrongs) == (2, 2)


def test_prompts_taper(flow: Flow) -> None:
    first, second = call(flow, Silence()), call(flow, Silence(), Silence())
    assert said(first).startswith("没有听到您的按键。账户冻结，请按 1")
    assert said(first).endswith("转人工，请按 0")
    assert said(second).endswith("转人工，请按 0返回，请按星号键重听，请按 9")
    assert said(second).startswith("没有听到您的按键。请在键盘上按一个数字。")


def test_a_number_prompt_tells_how_to_get_a_person_when_it_is_missed(flow: Flow) -> None:
    assert said(call(flow, *keys("1", "55"))).endswith("转人工，请按 0")


def test_the_hash_pressed_out_of_habit_after_a_whole_number_is_no_miss(flow: Flow) -> None:
    done = call(flow, *keys("1", "8800000001", "#"))
    assert said(done) == said(call(flow, *keys("1", "8800000001")))
    assert done.call.wrongs == 0


def test_progress_clears_the_counters(flow: Flow) -> None:
    done = call(flow, Silence(), Silence(), *keys("1"))
    assert (done.call.silences, done.call.wrongs) == (0, 0)


def test_out_of_hours_misses_lead_to_the_choice_and_then_the_message(flow: Flow) -> None:
    done = call(flow, Silence(), Silence(), Silence(), at=CLOSED)
    assert said(done).startswith("现在休息，明天上午九点开始服务。您可以留言。")
    done = call(flow, *[Silence()] * 6, at=CLOSED)
    assert isinstance(done.call.wait, Message)


def test_zero_is_a_person_star_goes_back_nine_says_it_again(flow: Flow) -> None:
    assert isinstance(call(flow, *keys("0")).call.wait, Agent)
    assert isinstance(call(flow, *keys("1", "0")).call.wait, Agent)
    assert call(flow, *keys("1", "*")).call.node == "main.start"
    assert call(flow, *keys("1", "88*")).call.node == "main.start"
    asked, again = call(flow, *keys("1")), call(flow, *keys("1", "9"))
    assert said(asked) == said(again)
    back, again = call(flow, *keys("1", "8800000001")), call(flow, *keys("1", "8800000001", "9"))
    assert said(back) == said(again)
    assert call(flow, *keys("*", "*")).call.node == "main.start"


def test_going_back_forgets_what_was_half_entered(flow: Flow) -> None:
    done = call(flow, *keys("1", "8800000001", "*", "1"))
    assert said(done).startswith("请输入账户号码。")


def test_going_back_never_runs_in_circles(flow: Flow) -> None:
    done = call(flow, *ACCOUNT, *keys("*"))
    assert done.call.node == "frozen.start"
    done = step(flow, done.call, Pressed("*"), OPEN)
    assert done.call.node == "main.start"


def test_the_waiting_room_tells_the_place_and_a_key_leads_to_a_message(flow: Flow) -> None:
    line = call(flow, *keys("0"))
    assert (line.call.line, line.call.turn) == (2, 2)
    room = step(flow, line.call, InLine(3, 0), OPEN)
    assert said(room) == "前面还有两位。留言，请按 1"
    assert room.events[-1] == Waiting(Room("hold.wav"), 3)
    nearer = step(flow, room.call, InLine(1, 30), OPEN)
    assert said(nearer) == "您是下一位。留言，请按 1"
    leaving = step(flow, nearer.call, InLine(1, 50, "1"), OPEN)
    assert isinstance(leaving.call.wait, Leaving)
    message = step(flow, leaving.call, LeftQueue("leave"), OPEN)
    assert isinstance(message.call.wait, Message)
    assert any(isinstance(event, Said) and not event.interrupt for event in message.events)


def test_nobody_waits_longer_than_the_queue_allows(flow: Flow) -> None:
    line = call(flow, *keys("1", "0"))
    assert isinstance(step(flow, line.call, InLine(1, 119), OPEN).call.wait, Room)
    assert isinstance(step(flow, line.call, InLine(1, 120), OPEN).call.wait, Leaving)


@pytest.mark.parametrize("result", ["queue-full", "error", "system-error", "something new"])
def test_a_queue_that_fails_leads_to_a_message(flow: Flow, result: str) -> None:
    done = step(flow, call(flow, *keys("0")).call, LeftQueue(result), OPEN)
    assert said(done).startswith("现在很忙。")
    assert isinstance(done.call.wait, Message)


def test_after_a_person_the_call_is_served(flow: Flow) -> None:
    line = call(flow, *keys("0")).call
    assert step(flow, line, LeftQueue("bridged"), OPEN).events[-1] == Ended("served")
    taken = step(flow, line, LeftQueue("redirected"), OPEN)
    assert isinstance(taken.call.wait, Talking)
    assert step(flow, taken.call, HungUp(), OPEN).events[-1] == Ended("served")
    assert step(flow, line, LeftQueue("hangup"), OPEN).events[-1] == Ended("hung-up")


def test_a_message_ends_the_call_and_silence_is_asked_about_once(flow: Flow) -> None:
    recording = call(flow, Silence(), Silence(), Silence(), *keys("1"), at=CLOSED)
    done = step(flow, recording.call, Recorded("RE1", 7), CLOSED)
    assert said(done) == "再见。"
    assert done.events[-1] == Ended("message")
    again = step(flow, recording.call, Recorded("RE1", 0), CLOSED)
    assert isinstance(again.call.wait, Message)
    assert step(flow, again.call, Recorded("RE2", 0), CLOSED).events[-1] == Ended("message")


@pytest.mark.parametrize("inputs", [[], keys("1"), keys("1", "8800000001"), keys("0"), [Silence()]])
def test_a_hang_up_ends_the_call_anywhere(flow: Flow, inputs: list[Input]) -> None:
    assert step(flow, call(flow, *inputs).call, HungUp(), OPEN).events[-1] == Ended("hung-up")


def test_a_caller_who_never_settles_is_put_through(flow: Flow) -> None:
    done = call(flow, *keys("9") * 30)
    assert isinstance(done.call.wait, Agent)


def test_nodes_that_never_ask_are_our_fault(flow: Flow) -> None:
    text = small()["main.yaml"] + "a: {kind: say, say: 一, then: b}\nb: {kind: say, say: 二, then: a}\n"
    english = small()["languages/en-US.yaml"] + "main.a.say: One\nmain.b.say: Two\n"
    hotline = HOTLINE.replace("person: person", "person: main.a")
    looping, problems = load(small(**{"main": text, "languages/en-US": english, "hotline": hotline}))
    if looping is None:  # The person is no longer reached by the hotline's own way.
        pytest.fail(str(problems))
    with pytest.raises(FlowError, match="30 nodes"):
        call(looping, *keys("0"))


ANY = st.one_of(
    st.sampled_from(["1", "8", "0", "9", "*", "2", "8800000001", "1200", "1122", "13800138000", "55", "#"]).map(
        Pressed
    ),
    st.just(Silence()),
    st.builds(InLine, st.integers(1, 5), st.integers(0, 200), st.sampled_from(["", "", "1"])),
    st.sampled_from(["leave", "bridged", "queue-full", "hangup"]).map(LeftQueue),
    st.builds(Recorded, st.just("RE1"), st.integers(0, 120)),
    st.just(HungUp()),
)


def fits(wait: object, heard: Input) -> bool:
    match wait:
        case Keys():
            return isinstance(heard, Pressed | Silence | HungUp)
        case Agent() | Room() | Leaving():
            return isinstance(heard, InLine | LeftQueue | HungUp)
        case Message():
            return isinstance(heard, Recorded | HungUp)
    return False


@seed(20261122)
@settings(max_examples=300, deadline=None)
@given(st.lists(ANY, max_size=60), st.sampled_from([OPEN, CLOSED]))
def test_the_journal_rebuilds_the_call_and_the_inputs_replay_it(inputs: list[Input], at: datetime) -> None:
    flow, _ = load(small())
    assert flow
    done = step(flow, flow.new_call(), Answered(), at)
    journal, told = list(done.events), [(Answered(), at)]
    for heard in inputs:
        if not fits(done.call.wait, heard):
            continue
        at += timedelta(seconds=7)
        told.append((heard, at))
        done = step(flow, done.call, heard, at)
        journal += done.events
    assert fold(flow.new_call(), journal) == done.call
    assert record.read(record.write(journal)) == tuple(journal)
    again: list[Event] = []
    replayed = flow.new_call()
    for heard, moment in told:
        taken = step(flow, replayed, heard, moment)
        replayed, again = taken.call, again + list(taken.events)
    assert again == journal


def test_a_secret_is_never_written_down() -> None:
    events = (Heard(Pressed(Secret("246810")), OPEN), Entered("a.b"), Missed("wrong"), Learned("a", "b"))
    assert "246810" not in record.write(events)
    assert "246810" not in repr(events)
    assert "246810" not in str(events[0])


def test_an_event_from_a_newer_release_is_told_as_such() -> None:
    with pytest.raises(record.UnknownRecordError, match="update"):
        record.read(json.dumps([{"is": "Teleported"}]))


@pytest.mark.parametrize("kind", kinds())
def test_the_example_in_a_kinds_documentation_loads(kind: str) -> None:
    module = Path(record.__file__).parent / "nodes" / f"{kind}.py"
    doc = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    example = doc.split("```yaml\n")[1].split("```")[0]
    _, problems = load(small(main=small()["main.yaml"] + example.replace("start:", "begin:")))
    unknown = ("leads nowhere", "missing", "stands here twice", "nothing leads")
    assert not [problem for problem in problems if not any(word in problem.words for word in unknown)], problems


def test_a_call_is_known_by_its_events_alone(flow: Flow) -> None:
    assert fold(Call("zh-CN"), call(flow, *ACCOUNT).events).at == OPEN
