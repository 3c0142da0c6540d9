"""Emergencies go before everything while they last: announcements, closed queues, diversions, each with its end."""

from datetime import datetime, timedelta

import pytest

from ivr.flow import emergency
from ivr.flow.emergency import Declared
from ivr.flow.engine import Step, step
from ivr.flow.events import Event, Said, Switched
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Dialled, InLine, Input, LeftQueue, Pressed, Transferred
from ivr.flow.load import load
from ivr.flow.prove.moments import moments
from ivr.flow.prove.proof import prove
from ivr.flow.prove.told import told
from ivr.flow.waits import Agent, Outside
from tests.small import FROZEN, HOTLINE, HOURS, QUEUES, small
from tests.world import ZONE

BEFORE, DURING, AFTER = (datetime(2026, 11, 23, hour, tzinfo=ZONE) for hour in (9, 10, 12))
TERM = 'from: "2026-11-23 10:00", until: "2026-11-23 12:00", by: sam'
ANNOUNCED = f"announce: [{{words: {{zh-CN: 渠道故障。, en-US: Payments are down.}}, {TERM}}}]\n"
CLOSED = f"close: [{{queues: [accounts], why: {{zh-CN: 搬迁。, en-US: We are moving.}}, {TERM}}}]\n"
DIVERTED = f"divert: [{{queues: [accounts], to: general, {TERM}}}]\n"
OUTSIDE = DIVERTED.replace("to: general", 'to: "+862155555555"')
GREETED = "For English, press 8英语服务，请按 8您好。账户冻结，请按 1转人工，请按 0"
TO_ACCOUNTS = [Pressed("1"), Pressed("8800000001"), Pressed("1"), Pressed("0")]


def flow_of(text: str, **changed: str) -> Flow:
    """Return the small menus under an emergency."""
    made, problems = load(small(emergency=text, **changed))
    assert made, problems
    return made


def call(flow: Flow, *inputs: Input, at: datetime = DURING) -> Step:
    done = step(flow, flow.new_call(), Answered(), at)
    for heard in inputs:
        done = step(flow, done.call, heard, at)
    return done


def said(events: tuple[Event, ...]) -> str:
    return "".join(event.words for event in events if isinstance(event, Said))


@pytest.mark.parametrize(("at", "front"), [(BEFORE, ""), (DURING, "渠道故障。Payments are down."), (AFTER, "")])
def test_an_announcement_is_heard_in_all_languages_before_the_greeting_until_its_end(at: datetime, front: str) -> None:
    done = call(flow_of(ANNOUNCED), at=at)
    assert said(done.events) == front + GREETED
    assert all(event.interrupt for event in done.events if isinstance(event, Said))
    spoken = [event.language for event in done.events if isinstance(event, Said) and event.place.startswith("emer")]
    assert spoken == (["zh-CN", "en-US"] if front else [])


def test_an_announcement_is_said_once_and_again_on_wish() -> None:
    flow = flow_of(ANNOUNCED)
    assert "渠道故障。" in said(call(flow, Pressed("9")).events)
    switched = call(flow, Pressed("8"))
    assert any(isinstance(event, Switched) for event in switched.events)
    assert "down" not in said(switched.events)
    assert "故障" not in said(call(flow, Pressed("1"), Pressed("*")).events)


def test_who_comes_to_a_closed_queue_hears_why_and_when_it_opens() -> None:
    flow = flow_of(CLOSED)
    done = call(flow, *TO_ACCOUNTS)
    assert said(done.events).startswith("搬迁。现在休息")
    assert done.call.facts["opening"] == AFTER.isoformat()
    assert isinstance(call(flow, Pressed("0")).call.wait, Agent), "no other queue is closed"
    assert isinstance(call(flow, *TO_ACCOUNTS, at=AFTER).call.wait, Agent)
    english = call(flow, Pressed("8"), *TO_ACCOUNTS)
    assert said(english.events).startswith("We are moving.We are closed.")


def test_it_goes_before_an_emergency_of_the_hours() -> None:
    hours = HOURS + 'emergency: [{queues: [accounts], open: true, until: "2026-12-01 00:00"}]\n'
    flow = flow_of(CLOSED, hours=hours)
    assert not flow.schedule.at("accounts", DURING).open
    assert flow.schedule.at("accounts", AFTER + timedelta(hours=12)).open


def test_who_is_put_into_a_diverted_queue_waits_and_is_counted_in_the_other() -> None:
    flow = flow_of(DIVERTED)
    done = call(flow, *TO_ACCOUNTS)
    assert isinstance(done.call.wait, Agent)
    assert (done.call.wait.queue, done.call.wait.limit, done.call.facts["queue"]) == ("general", 100, "general")
    later = step(flow, done.call, InLine(1, 150, agents=1), AFTER + timedelta(minutes=3))
    assert said(later.events).startswith("您是下一位"), "the other queue's longest wait counts, also when it is over"
    assert call(flow, *TO_ACCOUNTS, at=BEFORE).call.facts["queue"] == "accounts"


def test_the_other_queues_hours_count() -> None:
    hours = HOURS.replace('general: {monday-friday: "09:00-18:00"}', 'general: {tuesday: "09:00-18:00"}')
    assert "休息" in said(call(flow_of(DIVERTED, hours=hours), *TO_ACCOUNTS).events)


def test_who_is_diverted_outside_comes_into_the_line_where_nobody_answers_there() -> None:
    flow = flow_of(OUTSIDE, queues=QUEUES.replace("账户, ", "账户, record: true, "))
    done = call(flow, *TO_ACCOUNTS)
    assert done.call.wait == Outside("+862155555555")
    assert said(done.events) == "正在转接。通话将被录音。", "the line may still come"
    failed = step(flow, done.call, Dialled("no-answer"), DURING)
    assert (failed.call.wait.queue if isinstance(failed.call.wait, Agent) else "") == "accounts"
    assert said(failed.events) == "没有接通。"
    assert step(flow, done.call, Dialled("completed"), DURING).call.reached == "served"


def test_diversions_may_follow_one_another() -> None:
    flow = flow_of(DIVERTED[:-2] + OUTSIDE.replace("divert: [", ", ").replace("accounts", "general"))
    done = call(flow, *TO_ACCOUNTS)
    assert done.call.wait == Outside("+862155555555")
    failed = step(flow, done.call, Dialled("busy"), DURING)
    assert failed.call.facts["queue"] == "general"


def test_an_agent_who_sends_a_caller_to_a_diverted_queue_sends_them_where_it_leads() -> None:
    talking = [Pressed("0"), InLine(1, 0, agents=1), LeftQueue("redirected")]
    sent = call(flow_of(DIVERTED), *talking, Transferred(queue="accounts"))
    assert (sent.call.wait.queue if isinstance(sent.call.wait, Agent) else "") == "general"
    sent = call(flow_of(OUTSIDE), *talking, Transferred(queue="accounts"))
    assert (sent.call.wait, sent.call.facts["queue"]) == (Outside("+862155555555"), "accounts")
    away = flow_of(OUTSIDE.replace("accounts", "general").replace("10:00", "10:01"))
    colleague = step(away, call(away, *talking).call, Transferred(agent="bob"), DURING + timedelta(minutes=2))
    assert isinstance(colleague.call.wait, Agent), "one colleague is meant, wherever the queue leads"


def test_a_call_replayed_hears_the_same() -> None:
    flow = flow_of(ANNOUNCED + CLOSED)
    first, again = (call(flow, *TO_ACCOUNTS) for _ in range(2))
    assert first == again


BAD = {
    "no end": (ANNOUNCED.replace(', until: "2026-11-23 12:00"', ""), 1, "“until” is missing"),
    "no beginning": (ANNOUNCED.replace('from: "2026-11-23 10:00", ', ""), 1, "“from” is missing"),
    "nobody": (ANNOUNCED.replace(", by: sam", ""), 1, "“by” is missing"),
    "nobody named": (ANNOUNCED.replace("by: sam", 'by: " "'), 1, "nothing is written here"),
    "an end before the start": (ANNOUNCED.replace("23 12:00", "23 10:00"), 1, "must be later than “from”"),
    "an end too late": (ANNOUNCED.replace("23 12:00", "30 10:01"), 1, "by 7 days at most"),
    "no moment": (ANNOUNCED.replace("2026-11-23 12:00", "soon"), 1, "no moment"),
    "one language": (ANNOUNCED.replace(", en-US: Payments are down.", ""), 1, "words in en-US are missing"),
    "a language more": (ANNOUNCED.replace("en-US", "de-DE"), 1, "de-DE: not a language"),
    "plain words": (
        ANNOUNCED.replace("{zh-CN: 渠道故障。, en-US: Payments are down.}", "故障"),
        1,
        "en-US are missing",
    ),
    "too many words": (ANNOUNCED.replace("渠道故障。", "长" * 501), 1, "more characters"),
    "a gap": (ANNOUNCED.replace("渠道故障。", '"{account:digits}"'), 1, "leave out { and }"),
    "no reason": (CLOSED.replace("why: {zh-CN: 搬迁。, en-US: We are moving.}, ", ""), 1, "“why” is missing"),
    "no such queue": (CLOSED.replace("[accounts]", "[acounts]"), 1, "no queue “acounts”"),
    "no queue": (CLOSED.replace("[accounts]", "[]"), 1, "no queue is named"),
    "an unknown kind": (CLOSED.replace("close:", "shut:"), 1, "“shut” is no field here"),
    "an unknown field": (CLOSED.replace("by: sam", "by: sam, colour: red"), 1, "“colour” is no field"),
    "to nowhere": (DIVERTED.replace("to: general", "to: generals"), 1, "no queue “generals”"),
    "to itself": (DIVERTED.replace("to: general", "to: accounts"), 1, "lead to itself"),
    "to no number": (DIVERTED.replace("to: general", 'to: "+86"'), 1, "cannot be rung"),
    "to another country": (DIVERTED.replace("to: general", 'to: "+4930123456"'), 1, "begins with +86"),
    "to the hotline": (DIVERTED.replace("to: general", 'to: "+864001234567"'), 1, "write another's"),
    "round": (
        f"divert:\n- {{queues: [accounts], to: general, {TERM}}}\n- {{queues: [general], to: accounts, {TERM}}}\n",
        2,
        "leads back here",
    ),
    "diverted twice": (
        f"divert:\n- {{queues: [accounts], to: general, {TERM}}}\n- {{queues: [accounts], to: general, {TERM}}}\n",
        3,
        "accounts is already diverted",
    ),
    "no YAML": ("announce: [", 1, "not YAML"),
    "no entry": ("announce: soon\n", 1, "must be `name: value`"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_slip_is_told_with_its_line(name: str) -> None:
    text, line, words = BAD[name]
    flow, problems = load(small(emergency=text))
    assert flow is None
    assert any(one.file == "emergency.yaml" and one.line == line and words in one.words for one in problems), problems


def test_diversions_that_are_not_on_together_do_not_lead_round() -> None:
    later = TERM.replace("23 12:00", "23 14:00").replace("23 10:00", "23 12:00")
    flow_of(f"divert:\n- {{queues: [accounts], to: general, {TERM}}}\n- {{queues: [general], to: accounts, {later}}}\n")


@pytest.mark.parametrize("text", ["", "# nothing\n", "announce: []\nclose:\ndivert: []\n"])
def test_there_may_be_none(text: str) -> None:
    assert flow_of(text).emergencies == ()
    assert said(call(flow_of(text)).events) == GREETED


def test_the_example_in_the_documentation_can_be_used() -> None:
    text = (emergency.__doc__ or "").split("```yaml\n")[1].split("```")[0]
    flow = flow_of(text.replace("payments", "general"))
    assert [type(one) for one in flow.emergencies] == [Declared] * 3


ALONE = HOTLINE.replace(", en-US: Polly.Joanna-Neural", "").replace(", en-US: 英语", "")


def one_language(text: str, **changed: str) -> Flow:
    main = "start: {kind: menu, say: 您好。, choices: {1: {for: 账户冻结, go: frozen}}}\n"
    text = text.replace(", en-US: We are moving.", "")
    files = dict(small(**{"hotline": ALONE, "main": main, "emergency": text, **changed}))
    flow, problems = load({name: words for name, words in files.items() if "/" not in name})
    assert flow, problems
    return flow


NIGHTLY = HOURS.replace('accounts: {monday-friday: "09:00-18:00"}', "accounts: always")
THEFT = {  # Who has no way out for closed hours needs none, as this line never closes.
    "hours": NIGHTLY,
    "frozen": FROZEN.replace("then: person}", "then: theft}"),
    "theft": "start: {kind: hours, open: person.line, closed: person.goodbye}\n",
}
TILL_MORNING = ("23 12:00", "24 06:00")


def test_a_proof_walks_emergencies_too() -> None:
    flow = one_language(CLOSED, hours=NIGHTLY)
    found = moments(flow, BEFORE)
    assert found[frozenset({"general", "accounts"})] == BEFORE
    assert found[frozenset({"general", "emergency.close.0"})] == DURING
    assert set(moments(flow, AFTER)) == {frozenset({"general", "accounts"}), frozenset({"accounts"})}
    assert prove(flow, BEFORE).traps == ()


def test_a_proof_walks_from_the_beginning_of_an_emergency_to_its_end() -> None:
    for text, place in ((DIVERTED, "emergency.divert.0"), (ANNOUNCED, "emergency.announce.0")):
        found = moments(flow_of(text), BEFORE)
        assert found[frozenset({"general", "accounts", place})] == DURING
        assert frozenset({"general", "accounts"}) in moments(flow_of(text), DURING)


def test_a_theft_line_that_is_closed_or_diverted_away_from_everybody_is_a_trap() -> None:
    assert prove(one_language("", **THEFT), BEFORE).traps == ()
    for text in (CLOSED, DIVERTED.replace(*TILL_MORNING)):
        flow = one_language(text, **THEFT)
        cut_off = [told(flow, trap) for trap in prove(flow, BEFORE).traps]
        assert any("the caller is cut off" in words for words in cut_off), cut_off
