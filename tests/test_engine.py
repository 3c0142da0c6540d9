"""The engine: what a caller hears and where the call goes, input by input."""

import ast
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from ivr.flow import record, speech
from ivr.flow.call import Call, fold
from ivr.flow.engine import FlowError, Step, step
from ivr.flow.events import AskedBack, Ended, Entered, Event, Heard, Learned, Missed, Said, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import (
    Answered,
    Dialled,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    Pressed,
    Recorded,
    Silence,
    Spoke,
    Transferred,
)
from ivr.flow.load import load
from ivr.flow.nodes import kinds
from ivr.flow.nodes.say import Say
from ivr.flow.secret import Secret
from ivr.flow.waits import Agent, Keys, Leaving, Message, Outside, Room, Talking
from tests.small import HOTLINE, HOURS, MAIN, QUEUES, small

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
    assert said(done) == "For English, press 8英语服务，请按 8您好。账户冻结，请按 1转人工，请按 0"
    assert done.events[-1] == Waiting(Keys(1), 1)


def test_the_hotlines_e_mail_address_is_spoken_in_the_callers_language() -> None:
    changed = {
        "hotline": HOTLINE.replace("phrases:", "email: service@wallet.example\nphrases:"),
        "main": MAIN.replace("您好。", "'{email:address}。'"),
        "languages/en-US": small()["languages/en-US.yaml"].replace("Hello.", "Write to {email:address}."),
    }
    written, problems = load(small(**changed))
    assert written, problems
    assert "S E R V I C E，艾特，W A L L E T，点，E X A M P L E。" in said(call(written))
    assert "Write to service at wallet dot example." in said(call(written, *keys("8")))
    assert load(small(**(changed | {"hotline": HOTLINE})))[1]


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
    assert said(first).startswith("没有听到您的按键。For English, press 8英语服务，请按 8账户冻结，请按 1")
    assert said(first).endswith("转人工，请按 0")
    assert said(second).endswith("转人工，请按 0返回，请按星号键重听，请按 9")
    assert said(second).startswith("没有听到您的按键。For English, press 8英语服务，请按 8请在键盘上按一个数字。")


def test_a_number_prompt_tells_how_to_get_a_person_when_it_is_missed(flow: Flow) -> None:
    assert said(call(flow, *keys("1", "55"))).endswith("转人工，请按 0 和井号键")
    twice = said(call(flow, *keys("1", "55", "55")))
    assert twice.endswith("转人工，请按 0 和井号键返回，请按星号键和井号键重听，请按 9 和井号键")


def test_a_number_prompt_names_the_way_out_at_once_and_waits_a_few_seconds_for_each_key(flow: Flow) -> None:
    asked = call(flow, *keys("1"))
    assert said(asked) == "请输入账户号码。转人工，请按 0 和井号键"
    assert asked.call.wait == Keys(10, "#", 6)
    assert said(ringing_back(flow, "")).endswith("请输入号码。输完后，请按井号键转人工，请按 0 和井号键")


@pytest.mark.parametrize(
    ("keyed", "fen"),
    [
        ("128*50", "12850"),
        ("128*5", "12850"),
        ("9*00", "900"),
        ("5", "500"),
        ("05", "500"),
        ("0*01", "1"),
        ("1234567*89", "123456789"),
        ("00", ""),
        ("0*0", ""),
        ("*50", ""),
        ("1*2*3", ""),
        ("1*234", ""),
        ("12345678", ""),
    ],
)
def test_an_amount_may_have_a_decimal_point(flow: Flow, keyed: str, fen: str) -> None:
    asked = call(flow, *ACCOUNT)
    assert said(asked).endswith("请输入金额。小数点，请按星号键输完后，请按井号键转人工，请按 0 和井号键")
    assert asked.call.wait == Keys(10, "#", 6)
    assert step(flow, asked.call, Pressed(keyed), OPEN).call.facts.get("keyed", "") == fen


def test_star_alone_or_at_the_end_goes_back_from_an_amount_too(flow: Flow) -> None:
    assert [call(flow, *ACCOUNT, Pressed(keyed)).call.node for keyed in ("*", "128*")] == ["frozen.start"] * 2


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
    assert said(room) == "前面还有两位。留言，请按 1回电，请按 2"
    assert room.events[-1] == Waiting(Room("hold.wav", 2), 3)
    nearer = step(flow, room.call, InLine(1, 30), OPEN)
    assert said(nearer) == "您是下一位。留言，请按 1回电，请按 2"
    leaving = step(flow, nearer.call, InLine(1, 50, "1"), OPEN)
    assert isinstance(leaving.call.wait, Leaving)
    message = step(flow, leaving.call, LeftQueue("leave"), OPEN)
    assert isinstance(message.call.wait, Message)
    assert said(message).endswith("本次留言会被录音。说完后，请按井号键")
    assert all(not event.interrupt for event in message.events if isinstance(event, Said))


def test_nobody_waits_longer_than_the_queue_allows(flow: Flow) -> None:
    line = call(flow, *keys("1", "0"))
    assert isinstance(step(flow, line.call, InLine(1, 119), OPEN).call.wait, Room)
    assert isinstance(step(flow, line.call, InLine(1, 120), OPEN).call.wait, Leaving)


@pytest.mark.parametrize("result", ["queue-full", "error", "system-error", "something new"])
def test_a_queue_that_fails_leads_to_a_message(flow: Flow, result: str) -> None:
    done = step(flow, call(flow, *keys("0")).call, LeftQueue(result), OPEN)
    assert said(done) == "现在很忙。留言，请按 1回电，请按 2"
    assert isinstance(step(flow, done.call, Pressed("1"), OPEN).call.wait, Message)


def test_after_a_person_the_call_is_served(flow: Flow) -> None:
    line = call(flow, *keys("0")).call
    asked = step(flow, line, LeftQueue("bridged"), OPEN)
    assert said(asked) == "请打分。"
    assert step(flow, asked.call, HungUp(), OPEN).events[-1] == Ended("served")
    taken = step(flow, line, LeftQueue("redirected"), OPEN)
    assert isinstance(taken.call.wait, Talking)
    assert step(flow, taken.call, HungUp(), OPEN).events[-1] == Ended("served")
    assert step(flow, line, LeftQueue("hangup"), OPEN).events[-1] == Ended("hung-up")


def in_room(flow: Flow, *told: InLine, at: datetime = OPEN) -> Step:
    done = call(flow, *keys("0"))
    for one in told:
        done = step(flow, done.call, one, at)
    return done


def test_the_minutes_are_told_and_why_they_grow(flow: Flow) -> None:
    assert said(in_room(flow, InLine(1, 0, "", 3, 5))) == "您是下一位。预计还要等三到五分钟。留言，请按 1回电，请按 2"
    longer = in_room(flow, InLine(1, 0, "", 3, 5), InLine(1, 30, "", 6, 8, "urgent"))
    assert said(longer) == "有更紧急的来电。预计还要等六到八分钟。留言，请按 1回电，请按 2"
    assert "预计" not in said(in_room(flow, InLine(1, 0)))
    assert said(in_room(flow, InLine(1, 0, "", 6, 8, "whatever"))).startswith("您是下一位。预计还要等六到八分钟。")


def test_the_place_in_line_is_said_when_it_changes_and_now_and_then(flow: Flow) -> None:
    rounds = [InLine(3, 0), *(InLine(3, 30 * number) for number in range(1, 6)), InLine(2, 200)]
    told = [said(in_room(flow, *rounds[: number + 1])).partition("留言")[0] for number in range(len(rounds))]
    assert told == ["前面还有两位。", "", "", "", "前面还有两位。", "", "前面还有一位。"]


def test_who_waits_while_nobody_is_on_is_told_so_and_offered_a_call_back_first(flow: Flow) -> None:
    alone = in_room(flow, InLine(1, 0, agents=0))
    assert said(alone) == "没有人在岗。回电，请按 2留言，请按 1"
    assert said(in_room(flow, InLine(3, 0, agents=0))) == "前面还有两位。没有人在岗。回电，请按 2留言，请按 1"
    assert said(step(flow, alone.call, InLine(1, 30, agents=0), OPEN)) == "回电，请按 2留言，请按 1"
    assert said(step(flow, alone.call, InLine(1, 30, agents=1), OPEN)) == "您是下一位。留言，请按 1回电，请按 2"
    assert "在岗" not in said(in_room(flow, InLine(1, 0, agents=-1)))
    asked = step(flow, alone.call, InLine(1, 30, "2"), OPEN)
    assert asked.call.wait == Leaving("callback")


def test_keys_in_the_waiting_room_are_answered(flow: Flow) -> None:
    room = in_room(flow, InLine(3, 0, "", 3, 5))
    offers = "留言，请按 1回电，请按 2"
    again = step(flow, room.call, InLine(3, 10, "9", 3, 5), OPEN)
    assert said(again) == f"前面还有两位。预计还要等三到五分钟。{offers}"
    for key, words in (("0", "您已经在排队。"), ("*", "不能返回。"), ("5", "没有这个选项。")):
        answered = step(flow, room.call, InLine(9, 10, key), OPEN)
        assert said(answered) == f"{words}{offers}重听，请按 9"
        assert answered.call.wait == room.call.wait


def test_who_waits_past_closing_is_told_once_and_stays(flow: Flow) -> None:
    late = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
    first = in_room(flow, InLine(1, 30, agents=1), at=late)
    assert said(first).startswith("已经下班，明天上午九点再上班。")
    second = step(flow, first.call, InLine(1, 60, agents=1), late)
    assert "下班" not in said(second)
    assert isinstance(second.call.wait, Room)
    alone = step(flow, second.call, InLine(1, 90, agents=0), late)
    assert alone.call.wait == Leaving("closed")
    closed = step(flow, alone.call, LeftQueue("leave"), late)
    assert said(closed).startswith("现在休息，明天上午九点开始服务。")
    assert isinstance(in_room(flow, InLine(1, 30, agents=-1), at=late).call.wait, Room)


def ringing_back(flow: Flow, caller: str, *inputs: Input, at: datetime = OPEN) -> Step:
    done = step(flow, flow.new_call(), Answered(caller), at)
    for heard in (Pressed("0"), InLine(1, 0, "2"), LeftQueue("leave"), *inputs):
        done = step(flow, done.call, heard, at)
    return done


def test_the_callers_own_number_is_offered_and_a_key_confirms_it(flow: Flow) -> None:
    asked = ringing_back(flow, "+8613800138000")
    assert said(asked) == "我们给您回电。您的号码是幺三八，零零幺三，八零零零。这个号码，请按 1另一个号码，请按 2"
    done = ringing_back(flow, "+8613800138000", Pressed("1"))
    assert AskedBack("+8613800138000", "general") in done.events
    assert said(done) == "轮到您时打给您。接到电话后，请按 1再见。"
    assert done.events[-1] == Ended("callback")


@pytest.mark.parametrize(
    ("hours", "told"),
    [("always", "轮到您时打给您。"), ('{monday-sunday: "06:00-24:00"}', "明天上午九点打给您。")],
)
def test_who_asks_late_in_the_evening_is_told_when_they_are_really_rung(hours: str, told: str) -> None:
    night = HOURS.replace('general: {monday-friday: "09:00-18:00"}', f"general: {hours}")
    flow, problems = load(small(hours=night))
    assert flow, problems
    at = OPEN.replace(hour=14)  # Ten in the evening.
    assert said(ringing_back(flow, "+8613800138000", Pressed("1"), at=at)).startswith(told)


@pytest.mark.parametrize("caller", ["", "anonymous", "+266696687", "client:alice", "95588", "+6591234567", "9" * 80])
def test_who_has_no_number_that_we_may_ring_keys_one(flow: Flow, caller: str) -> None:
    assert said(ringing_back(flow, caller)) == "我们给您回电。请输入号码。输完后，请按井号键转人工，请按 0 和井号键"
    done = ringing_back(flow, caller, *keys("02155555555", "1"))
    assert AskedBack("+862155555555", "general") in done.events


@pytest.mark.parametrize("keyed", ["95588", "110", "12345678901", "006591234567", "4001234567", "1" * 20, "??"])
def test_a_number_that_we_may_not_ring_is_asked_again(flow: Flow, keyed: str) -> None:
    done = ringing_back(flow, "", Pressed(keyed))
    why = "这个号码打不了。" if keyed.startswith("00") else "固定电话加区号。"
    assert said(done).startswith(f"号码的位数不对。{why}")
    assert not any(isinstance(event, AskedBack) for event in done.events)


def test_a_number_can_be_keyed_again_and_given_up(flow: Flow) -> None:
    done = ringing_back(flow, "", *keys("13800138000", "2", "13900139000", "1"))
    assert AskedBack("+8613900139000", "general") in done.events
    assert isinstance(ringing_back(flow, "", *[Silence()] * 3).call.wait, Agent)
    assert ringing_back(flow, "", Pressed("13800138000"), HungUp()).events[-1] == Ended("hung-up")


def test_a_long_wait_does_not_use_up_a_callers_prompts(flow: Flow) -> None:
    rounds = [InLine(1, number) for number in range(40)]
    done = in_room(flow, *rounds, InLine(1, 50, "2"))
    done = step(flow, done.call, LeftQueue("leave"), OPEN)
    done = step(flow, done.call, Pressed("13800138000"), OPEN)
    assert said(done).startswith("您输入的是")


def talking(flow: Flow, *inputs: Input) -> Step:
    done = in_room(flow, InLine(1, 0))
    for heard in (LeftQueue("redirected"), *inputs):
        done = step(flow, done.call, heard, OPEN)
    return done


def test_the_agent_sends_the_caller_on(flow: Flow) -> None:
    other = talking(flow, Transferred(queue="accounts"))
    assert said(other) == "正在转接。"
    assert other.call.wait == Agent("accounts", 3, 2)
    assert other.call.line == other.call.turn
    assert other.call.facts["queue"] == "accounts"
    assert talking(flow, Transferred(agent="bob")).call.wait == Agent("general", agent="bob")
    assert talking(flow, Transferred(level=2)).call.wait == Agent("general", level=2)
    assert talking(flow, Transferred(queue="nowhere")).call.wait == Agent("general")
    assert talking(flow, Transferred(queue="accounts"), HungUp()).events[-1] == Ended("hung-up")


def test_a_number_outside_that_does_not_answer_brings_the_caller_back(flow: Flow) -> None:
    outside = Transferred(number="+862155555555")
    assert talking(flow, outside).call.wait == Outside("+862155555555")
    assert said(talking(flow, outside, Dialled("completed"))) == "请打分。"
    for result in ("busy", "no-answer", "failed", "canceled", "something new"):
        back = talking(flow, outside, Dialled(result))
        assert said(back) == "没有接通。"
        assert back.call.wait == Agent("general")
    assert talking(flow, outside, HungUp()).events[-1] == Ended("served")


def test_the_survey_takes_a_score_and_a_remark(flow: Flow) -> None:
    scored = talking(flow, LeftQueue("bridged"), Pressed("4"))
    assert Learned("score", "4") in scored.events
    assert isinstance(scored.call.wait, Message)
    done = step(flow, scored.call, Recorded("RE1", 7), OPEN)
    assert Learned("remark", "RE1") in done.events
    assert done.events[-1] == Ended("served")
    assert Learned("remark", "none") in step(flow, scored.call, Recorded("RE1", 0), OPEN).events
    assert step(flow, scored.call, HungUp(), OPEN).events[-1] == Ended("served")


def test_who_gives_no_score_is_let_go_after_three_misses(flow: Flow) -> None:
    done = talking(flow, LeftQueue("bridged"), Pressed("7"), Pressed("8"), Pressed("6"))
    assert done.events[-1] == Ended("served")
    assert "score" not in done.call.facts


def test_a_queue_that_records_says_so_and_no_key_interrupts(flow: Flow) -> None:
    recording, _ = load(small(queues=QUEUES.replace("{name: 账户,", "{name: 账户, record: true,")))
    assert recording
    done = call(recording, *keys("1", "0"))
    notice = [event for event in done.events if isinstance(event, Said)][-1]
    assert (notice.words, notice.interrupt) == ("通话将被录音。", False)
    sent = step(recording, talking(recording).call, Transferred(queue="accounts"), OPEN)
    assert said(sent) == "正在转接。通话将被录音。"
    assert "录音" not in said(call(recording, *keys("0")))


def test_taskrouter_is_told_the_workflow_and_the_matter() -> None:
    workflow = "WW" + "a" * 32
    routed, _ = load(
        small(queues=QUEUES.replace("{name: 账户,", f"{{name: 账户, router: taskrouter, workflow: {workflow},"))
    )
    assert routed
    done = call(routed, *keys("1", "0"))
    assert done.call.wait == Agent("accounts", 3, 2, router="taskrouter", workflow=workflow, matter="frozen")


def test_numbers_are_written_down_but_never_shown() -> None:
    events = (Heard(Answered("+8613800138000"), OPEN), AskedBack("+8613800138000", "general"))
    assert "13800138000" not in repr(events)
    assert record.read(record.write(events)) == events


def test_a_message_ends_the_call_and_silence_is_asked_about_once(flow: Flow) -> None:
    recording = call(flow, Silence(), Silence(), Silence(), *keys("1"), at=CLOSED)
    done = step(flow, recording.call, Recorded("RE1", 7), CLOSED)
    assert said(done) == "再见。"
    assert done.events[-1] == Ended("message")
    again = step(flow, recording.call, Recorded("RE1", 0), CLOSED)
    assert isinstance(again.call.wait, Message)
    assert step(flow, again.call, Recorded("RE2", 0), CLOSED).events[-1] == Ended("message")


def test_a_message_about_no_matter_is_the_general_queues(flow: Flow) -> None:
    general = call(flow, *keys("0", "1"), at=CLOSED)
    assert isinstance(general.call.wait, Message)
    assert general.call.facts["queue"] == "general"
    assert call(flow, *keys("1", "0", "1"), at=CLOSED).call.facts["queue"] == "accounts"
    adrift = step(flow, call(flow).call, Recorded("RE1", 7, adrift=True), OPEN)
    assert adrift.call.facts["queue"] == "general"


def test_a_message_needs_the_level_that_its_queue_says(flow: Flow) -> None:
    high, problems = load(small(queues=QUEUES.replace("{name: 综合}", "{name: 综合, messages: 2}")))
    assert high, problems
    assert call(high, *keys("0", "1"), at=CLOSED).call.facts["level"] == "2"
    assert "level" not in call(flow, *keys("0", "1"), at=CLOSED).call.facts


def test_a_receipt_is_one_number_a_call_and_made_without_chance() -> None:
    changed = {
        "main": MAIN.replace("go: frozen", "go: receipt")
        + "receipt: {kind: receipt, say: '{receipt:digits}。', then: frozen}\n",
        "languages/en-US": small()["languages/en-US.yaml"].replace("choices.frozen", "choices.receipt")
        + 'main.receipt.say: "{receipt:digits}."\n',
    }
    given, problems = load(small(**changed))
    assert given, problems
    first = call(given, *keys("1"))
    number = first.call.facts["receipt"]
    assert re.fullmatch("1123[0-9]{6}", number)
    assert said(first).startswith(speech.voice_of("zh-CN").digits(number))
    assert call(given, *keys("1")).events == first.events
    back = step(given, first.call, Pressed("*"), OPEN + timedelta(minutes=1))
    assert step(given, back.call, Pressed("1"), OPEN + timedelta(minutes=2)).call.facts["receipt"] == number
    later = step(given, call(given).call, Pressed("1"), OPEN + timedelta(microseconds=1))
    assert later.call.facts["receipt"] != number


@pytest.mark.parametrize("inputs", [[], keys("1"), keys("1", "8800000001"), keys("0"), [Silence()]])
def test_a_hang_up_ends_the_call_anywhere(flow: Flow, inputs: list[Input]) -> None:
    assert step(flow, call(flow, *inputs).call, HungUp(), OPEN).events[-1] == Ended("hung-up")


def test_a_caller_who_never_settles_is_put_through(flow: Flow) -> None:
    done = call(flow, *keys("9") * 30)
    assert isinstance(done.call.wait, Agent)


def test_nodes_that_never_ask_are_our_fault(flow: Flow) -> None:
    # The loader refuses such menus, so only a fault of ours can bring them here.
    say = Say(place="person.start", say="一", then="start")
    words = {**flow.words["zh-CN"], "person.start.say": "一"}
    looping = replace(flow, nodes={**flow.nodes, "person.start": say}, words={**flow.words, "zh-CN": words})
    with pytest.raises(FlowError, match="30 nodes"):
        call(looping, *keys("0"))


ANY = st.one_of(
    st.sampled_from(["1", "8", "0", "9", "*", "2", "8800000001", "1200", "1122", "13800138000", "55", "#"]).map(
        Pressed
    ),
    st.just(Silence()),
    st.builds(
        InLine,
        st.integers(1, 5),
        st.integers(0, 200),
        st.sampled_from(["", "", "1", "2"]),
        st.integers(0, 2),
        st.integers(3, 9),
        st.sampled_from(["", "urgent"]),
        st.integers(-1, 2),
    ),
    st.sampled_from(["leave", "bridged", "queue-full", "hangup", "redirected"]).map(LeftQueue),
    st.sampled_from([Transferred("accounts"), Transferred(number="+862155555555"), Transferred(level=2)]),
    st.sampled_from(["completed", "busy"]).map(Dialled),
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
        case Talking():
            return isinstance(heard, Transferred | LeftQueue | HungUp)
        case Outside():
            return isinstance(heard, Dialled | HungUp)
    return False


@seed(20261122)
@settings(max_examples=300, deadline=None)
@given(st.lists(ANY, max_size=60), st.sampled_from([OPEN, CLOSED]))
def test_the_journal_rebuilds_the_call_and_the_inputs_replay_it(inputs: list[Input], at: datetime) -> None:
    flow, _ = load(small())
    assert flow
    rang = Answered("+8613800138000")
    done = step(flow, flow.new_call(), rang, at)
    journal = list(done.events)
    told: list[tuple[Input, datetime]] = [(rang, at)]
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
