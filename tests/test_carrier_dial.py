"""The practice carrier rings other phones: whispers, time-outs, who hangs up first, and what the action is told."""

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Ringing, Talking
from ivr.carrier.dial import Attempt
from ivr.carrier.phones import Phone
from tests.carrier_site import AGENT, CUSTOMER, HOTLINE, Site, call, company, texts, values

OUTCOME = ("DialCallStatus", "DialBridged")
SECOND = "+8613900000003"


def dial(nouns: str = f"<Number>{AGENT}</Number>", attributes: str = "") -> dict[str, str]:
    return {"/in": f'<Dial action="/turn" {attributes}>{nouns}</Dial><Say>no action</Say>', "/turn": "<Say>after</Say>"}


def agent(caller: Caller, address: str = AGENT) -> Phone:
    return caller.carrier.phone(address)


def outcome(site: Site) -> tuple[str | None, ...]:
    (form,) = site.asked("/turn")
    return values(form, *OUTCOME)


def test_the_agent_answers_and_both_talk_until_the_agent_hangs_up() -> None:
    caller, site = call(dial())
    assert caller.cue == Ringing(35)
    leg = agent(caller).answer()
    assert (caller.cue, leg.cue) == (Talking(AGENT, 14400), Talking(CUSTOMER, None))
    assert (leg.from_, leg.direction, leg.parent) == (CUSTOMER, "outbound-dial", caller.leg)
    caller.carrier.clock.advance(50)
    leg.hang_up()
    assert outcome(site) == ("completed", "true")
    assert values(site.asked("/turn")[0], "DialCallSid", "DialCallDuration") == (leg.sid, "50")
    assert texts(caller.listen()) == ["after"]
    assert leg.status == "completed"


def test_the_caller_hangs_up_first() -> None:
    caller, site = call(dial())
    leg = agent(caller).answer()
    caller.hang_up()
    assert leg.over
    assert outcome(site) == ("completed", "true")
    assert site.asked("/turn")[0]["CallStatus"] == "completed"


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_the_agent_does_not_take_the_call(status: str) -> None:
    caller, site = call(dial())
    agent(caller).reject(status)
    assert outcome(site) == (status, "false")
    assert texts(caller.listen()) == ["after"]


def test_nobody_answers_in_time() -> None:
    caller, site = call(dial(attributes='timeout="20"'))
    begun = caller.carrier.clock()
    caller.leg.finish()
    assert (caller.carrier.clock() - begun).total_seconds() == 25
    assert outcome(site) == ("no-answer", "false")
    assert agent(caller).legs[0].status == "no-answer"
    with pytest.raises(LookupError):
        agent(caller).answer()


def test_the_caller_hangs_up_while_it_rings() -> None:
    caller, site = call(dial())
    caller.hang_up()
    assert agent(caller).legs[0].over
    assert agent(caller).ringing is None
    assert site.asked("/turn")[0]["DialBridged"] == "false"


@pytest.mark.parametrize(
    ("nouns", "status"),
    [
        ("<Client>alice</Client>", "no-answer"),
        ("<Client><Identity>alice</Identity></Client>", "no-answer"),
        ("<Number>not a number</Number>", "failed"),
    ],
)
def test_who_cannot_be_rung_ends_the_dial_at_once(nouns: str, status: str) -> None:
    caller, site = call(dial(nouns))
    assert outcome(site) == (status, "false")
    assert texts(caller.listen()) == ["after"]


def test_a_client_in_the_browser_is_rung() -> None:
    carrier, _ = company(dial("<Client>alice</Client>"))
    phone = carrier.phone("client:alice")
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    phone.answer()
    assert caller.cue == Talking("client:alice", 14400)
    assert phone.talking is not None


def test_a_browser_that_is_not_signed_in_does_not_ring() -> None:
    carrier, site = company(dial("<Client>alice</Client>"))
    carrier.phone("client:alice").available = False
    Caller(carrier, CUSTOMER, HOTLINE)
    assert outcome(site) == ("no-answer", "false")


def test_the_first_of_several_phones_gets_the_call() -> None:
    caller, site = call(dial(f"<Number>{AGENT}</Number><Number>{SECOND}</Number>"))
    first, second = agent(caller), agent(caller, SECOND)
    leg = second.answer()
    assert first.ringing is None
    assert caller.cue == Talking(SECOND, 14400)
    leg.hang_up()
    assert outcome(site) == ("completed", "true")


def test_all_of_several_phones_must_refuse_before_the_dial_is_over() -> None:
    caller, site = call(dial(f"<Number>{AGENT}</Number><Number>{SECOND}</Number>"))
    agent(caller).reject()
    assert site.asked("/turn") == []
    agent(caller, SECOND).reject("no-answer")
    assert outcome(site) == ("no-answer", "false")


WHISPER = dial(f'<Number url="/whisper">{AGENT}</Number>', 'answerOnBridge="true"') | {
    "/whisper": '<Gather numDigits="1" action="/accept"><Say>press 1</Say></Gather><Hangup/>',
    "/accept": "<Say>connecting</Say>",
}


def test_a_whisper_is_heard_by_the_agent_alone_and_can_be_taken() -> None:
    caller, site = call(WHISPER)
    assert not caller.leg.answered
    listener = Caller(caller.carrier, leg=agent(caller).answer())
    assert texts(listener.listen()) == ["press 1"]
    assert caller.cue == Ringing(None)
    assert not caller.leg.answered, "with answerOnBridge the caller hears it ring until the bridge"
    listener.press("1")
    assert texts(listener.listen()) == ["connecting"]
    assert isinstance(caller.cue, Talking)
    assert caller.leg.answered
    (whisper,) = site.asked("/whisper")
    assert values(whisper, "ParentCallSid", "CallSid", "Direction", "To") == (
        caller.leg.sid,
        listener.leg.sid,
        "outbound-dial",
        AGENT,
    )
    contexts = [asked.context for asked in caller.carrier.log.documents()]
    assert contexts == ["call", "number whisper", "number whisper"]


def test_a_whisper_that_hangs_up_is_completed_but_not_bridged() -> None:
    caller, site = call(WHISPER)
    listener = Caller(caller.carrier, leg=agent(caller).answer())
    listener.silence()
    assert listener.over
    assert outcome(site) == ("completed", "false")
    assert texts(caller.listen()) == ["after"]


def test_the_caller_hangs_up_while_the_agent_hears_the_whisper() -> None:
    caller, site = call(WHISPER)
    listener = Caller(caller.carrier, leg=agent(caller).answer())
    caller.hang_up()
    assert listener.over
    assert outcome(site) == ("completed", "false")


def test_dial_in_a_whisper_is_an_error() -> None:
    caller, _ = call({**WHISPER, "/whisper": f"<Dial>{SECOND}</Dial>"})
    agent(caller).answer()
    assert 13201 in caller.carrier.log.codes


def test_without_an_action_the_next_verb_follows() -> None:
    caller, _ = call({"/in": f"<Dial>{AGENT}</Dial><Say>next</Say>"})
    agent(caller).answer().hang_up()
    assert texts(caller.listen()) == ["next"]


def test_star_ends_the_talk_where_the_document_says_so() -> None:
    caller, site = call(dial(attributes='hangupOnStar="true"'))
    leg = agent(caller).answer()
    caller.leg.press("1")
    assert not leg.over
    caller.leg.press("*")
    assert leg.over
    assert outcome(site) == ("completed", "true")


def test_a_talk_ends_at_its_time_limit() -> None:
    caller, site = call(dial(attributes='timeLimit="600"'))
    leg = agent(caller).answer()
    caller.leg.finish()
    assert leg.over
    assert site.asked("/turn")[0]["DialCallDuration"] == "600"


def test_numbers_and_a_conference_cannot_be_mixed() -> None:
    caller, site = call(dial(f"<Number>{AGENT}</Number><Conference>room</Conference>"))
    assert caller.carrier.log.codes == [13000]
    assert outcome(site) == ("failed", "false")


def test_the_progress_of_a_rung_phone_is_told_in_order() -> None:
    number = f"""<Number statusCallback="/callback" statusCallbackEvent="initiated ringing answered completed">
        {AGENT}</Number>"""
    caller, site = call(dial(number))
    agent(caller).answer()
    caller.carrier.clock.advance(61)
    caller.hang_up()
    told = site.asked("/callback")
    assert [values(form, "CallStatus", "SequenceNumber") for form in told] == [
        ("initiated", "0"),
        ("ringing", "1"),
        ("in-progress", "2"),
        ("completed", "3"),
    ]
    assert values(told[3], "CallDuration", "Duration", "ParentCallSid") == ("61", "2", caller.leg.sid)


def test_a_busy_phone_is_told_with_its_sip_code() -> None:
    caller, site = call(dial(f'<Number statusCallback="/callback">{AGENT}</Number>'))
    agent(caller).reject()
    (told,) = site.asked("/callback")
    assert values(told, "CallStatus", "SipResponseCode", "CallDuration", "Duration") == ("busy", "486", "0", "0")


def test_only_the_first_to_answer_has_the_call_and_nobody_once_the_caller_has_given_up() -> None:
    caller, _ = call(dial(f"<Number>{AGENT}</Number><Number>{SECOND}</Number>"))
    first, second = agent(caller).legs[0], agent(caller, SECOND).legs[0]
    attempt = Attempt(caller.leg)
    assert attempt.claim(first)
    assert not attempt.claim(second)
    given_up = Attempt(caller.leg)
    given_up.give_up()
    assert not given_up.claim(first)
    assert given_up.bridge(first) is None


def test_a_talk_is_recorded_where_the_document_says_so() -> None:
    recorded = 'record="record-from-answer" recordingStatusCallback="/callback"'
    caller, site = call(dial(attributes=recorded))
    leg = agent(caller).answer()
    caller.carrier.clock.advance(75)
    leg.hang_up()
    (turn,) = site.asked("/turn")
    kept = caller.carrier.recordings[turn["RecordingSid"]]
    assert turn["RecordingUrl"] == caller.carrier.recording_url(kept.sid)
    assert (kept.call, kept.seconds, kept.source) == (caller.leg.sid, 75, "DialVerb")
    assert values(site.asked("/callback")[0], "RecordingSource", "RecordingDuration") == ("DialVerb", "75")
    assert site.paths().index("/callback") > site.paths().index("/turn")


def test_a_recorded_talk_that_the_caller_ends_is_kept_too() -> None:
    caller, site = call(dial(attributes='record="true" recordingStatusCallback="/callback"'))
    agent(caller).answer()
    caller.carrier.clock.advance(8)
    caller.hang_up()
    assert site.asked("/turn")[0]["RecordingDuration"] == "8"
    assert len(site.asked("/callback")) == 1


def test_what_was_never_bridged_is_not_recorded() -> None:
    caller, site = call(dial(attributes='record="true" recordingStatusCallback="/callback"'))
    agent(caller).reject()
    assert "RecordingUrl" not in site.asked("/turn")[0]
    assert caller.carrier.recordings == {}


def test_a_recorded_talk_without_an_action_is_told_before_the_next_verb() -> None:
    dialled = f'<Dial record="true" recordingStatusCallback="/callback">{AGENT}</Dial><Say>next</Say>'
    caller, site = call({"/in": dialled})
    leg = agent(caller).answer()
    caller.carrier.clock.advance(5)
    leg.hang_up()
    assert len(site.asked("/callback")) == 1


def test_a_whisper_that_leads_round_in_a_ring_is_given_up() -> None:
    caller, site = call({**WHISPER, "/whisper": "<Redirect/>"})
    agent(caller).answer()
    assert 11215 in caller.carrier.log.codes
    assert outcome(site) == ("completed", "false")
