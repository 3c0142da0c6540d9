"""The practice carrier's calls: prompts, keys, silence, redirects, refusals and the end of a call, as at Twilio."""

import pytest

from ivr.carrier.caller import Caller, Heard
from ivr.carrier.cues import Listening, Over, Pausing, Saying, to_json
from ivr.carrier.sounds import tone
from ivr.carrier.web import Response
from tests.carrier_site import CUSTOMER, HOTLINE, call, company, texts, values


def gather(attributes: str = "", inside: str = "<Say>Say one</Say>", after: str = "<Say>nothing keyed</Say>") -> str:
    return f'<Gather action="/turn" {attributes}>{inside}</Gather>{after}'


def test_a_caller_hears_the_prompt_keys_and_is_led_on() -> None:
    say = '<Say language="zh-CN" voice="Polly.Zhiyu">请按1</Say>'
    caller, site = call({"/in": gather('numDigits="1"', say), "/turn": "<Say>bye</Say><Hangup/><Say>never</Say>"})
    assert caller.listen() == [Heard("say", "请按1", "zh-CN", "Polly.Zhiyu")]
    assert caller.cue == Listening(5, 1, "#", False)
    caller.press("1")
    assert texts(caller.listen()) == ["bye"]
    assert (caller.over, caller.status) == (True, "completed")
    (turn,) = site.asked("/turn")
    assert values(turn, "Digits", "FinishedOnKey", "msg", "CallStatus") == ("1", "", "Gather End", "in-progress")
    assert caller.carrier.log.codes == []


@pytest.mark.parametrize(
    ("attributes", "keys", "digits", "finish"),
    [
        ('numDigits="3"', "12345", "123", ""),
        ("", "12#", "12", "#"),
        ('finishOnKey="*"', "1#2*", "1#2", "*"),
        ('finishOnKey="" numDigits="2"', "#*", "#*", ""),
        ('finishOnKey="" numDigits="1"', "#", "#", ""),
        ('numDigits="1"', "*", "*", ""),
    ],
)
def test_keys_are_gathered_until_there_are_enough_or_the_finish_key_comes(
    attributes: str, keys: str, digits: str, finish: str
) -> None:
    caller, site = call({"/in": gather(attributes), "/turn": "<Pause/>"})
    caller.press(keys)
    assert [values(form, "Digits", "FinishedOnKey") for form in site.asked("/turn")] == [(digits, finish)]


def test_keys_before_the_time_out_are_sent_without_a_finish_key() -> None:
    caller, site = call({"/in": gather('timeout="4"'), "/turn": "<Say>done</Say>"})
    caller.press("62")
    before = caller.carrier.clock()
    caller.silence()
    assert (caller.carrier.clock() - before).total_seconds() == 4
    assert values(site.asked("/turn")[0], "Digits", "FinishedOnKey") == ("62", "")


@pytest.mark.parametrize("keys", ["", "#"])
def test_no_digit_is_no_input_and_the_next_verb_follows(keys: str) -> None:
    caller, site = call({"/in": gather(), "/turn": "<Say>never</Say>"})
    if keys:
        caller.press(keys)
    else:
        caller.silence()
    assert texts(caller.listen()) == ["nothing keyed"]
    assert site.asked("/turn") == []


@pytest.mark.parametrize(("keys", "finish"), [("", ""), ("#", "#")])
def test_no_digit_is_told_where_the_document_asks_for_it(keys: str, finish: str) -> None:
    caller, site = call({"/in": gather('actionOnEmptyResult="true"'), "/turn": "<Say>told</Say>"})
    if keys:
        caller.press(keys)
    else:
        caller.silence()
    assert texts(caller.listen()) == ["told"]
    assert values(site.asked("/turn")[0], "Digits", "FinishedOnKey") == (None, finish)


def test_a_key_cuts_the_prompt_short_and_counts() -> None:
    caller, site = call({"/in": gather('numDigits="1"', "<Say>long story</Say><Say>more</Say>"), "/turn": "<Pause/>"})
    assert caller.press("7", interrupt=True) == [Heard("say", "long story", "en-US", "man", whole=False)]
    assert site.asked("/turn")[0]["Digits"] == "7"


def test_a_key_outside_a_gather_is_lost_and_does_not_queue_up() -> None:
    caller, site = call({"/in": "<Say>notice</Say>" + gather('numDigits="1"'), "/turn": "<Pause/>"})
    caller.press("5", interrupt=True)
    assert isinstance(caller.cue, Saying)
    caller.listen()
    assert isinstance(caller.cue, Listening)
    caller.press("6")
    assert [form["Digits"] for form in site.asked("/turn")] == ["6"]


def test_the_time_out_starts_after_the_prompt_and_again_after_each_key() -> None:
    caller, _ = call({"/in": gather('timeout="5"', '<Pause length="9"/>'), "/turn": "<Pause/>"})
    assert caller.cue == Pausing(9)
    caller.listen()
    turn = caller.leg.turn
    assert caller.leg.press("1")
    assert caller.leg.turn == turn + 1
    assert not caller.leg.finish(turn), "a timer of before the key must do nothing"
    assert caller.leg.finish(turn + 1)


def test_words_are_gathered_where_the_document_takes_speech() -> None:
    caller, site = call({"/in": gather('input="dtmf speech" language="cmn-Hans-CN"'), "/turn": "<Pause/>"})
    caller.leg.utter("账户冻结", 0.5)
    assert values(site.asked("/turn")[0], "SpeechResult", "Confidence", "Digits") == ("账户冻结", "0.5", None)


def test_an_empty_action_is_the_document_itself_and_get_puts_it_into_the_query() -> None:
    caller, site = call({"/in": ['<Gather numDigits="1" method="GET"/>', "<Say>again</Say>"]})
    caller.press("3")
    assert [method for method, path, _, _ in site.seen if path == "/in"] == ["POST", "GET"]
    assert site.asked("/in")[1]["Digits"] == "3"


def test_relative_addresses_are_resolved_against_the_document() -> None:
    caller, site = call({"/in": "<Redirect>deep/down/one</Redirect>", "/deep/down/one": "<Redirect>two?x=1</Redirect>"})
    caller.listen()
    assert "/deep/down/two" in site.paths()


def test_ten_documents_without_a_sound_end_the_call() -> None:
    caller, site = call({"/in": "<Redirect/>"})
    assert texts(caller.listen()) == ["We are sorry, an application error has occurred. Goodbye."]
    assert len(site.asked("/in")) == 10
    assert caller.carrier.log.codes == [11215]


def test_a_call_ends_when_the_verbs_run_out() -> None:
    caller, site = call({"/in": "<Say>bye</Say>"})
    caller.listen()
    assert caller.cue == Over("completed")
    assert values(site.asked("/over")[0], "CallStatus", "CallDuration") == ("completed", "0")


@pytest.mark.parametrize(
    ("verbs", "status"),
    [("<Reject/>", "no-answer"), ('<Reject reason="busy"/>', "busy"), ("<Hangup/>", "completed"), ("", "completed")],
)
def test_a_call_is_refused_or_ended_unheard(verbs: str, status: str) -> None:
    caller, site = call({"/in": verbs})
    assert caller.status == status
    assert values(site.asked("/over")[0], "CallStatus", "SequenceNumber", "CallbackSource") == (
        status,
        "0",
        "call-progress-events",
    )


def test_the_end_is_told_once_with_seconds_and_begun_minutes() -> None:
    caller, site = call({"/in": '<Say>hello</Say><Pause length="80"/>'})
    caller.listen()
    assert [values(form, "CallDuration", "Duration") for form in site.asked("/over")] == [("80", "2")]


def test_a_hang_up_ends_the_call_wherever_it_is() -> None:
    caller, site = call({"/in": gather(), "/turn": "<Pause/>"})
    caller.press("1", interrupt=True)
    caller.hang_up()
    caller.hang_up()
    assert (caller.over, site.asked("/turn"), len(site.asked("/over"))) == (True, [], 1)


def test_a_pause_as_first_verb_puts_off_the_answer() -> None:
    caller, _ = call({"/in": '<Pause length="2"/><Say>now</Say>'})
    assert not caller.leg.answered
    caller.leg.finish()
    assert caller.leg.answered
    caller.hang_up()
    unanswered, told = call({"/in": '<Pause length="2"/><Say>now</Say>'})
    unanswered.hang_up()
    assert [form["CallStatus"] for form in told.asked("/over")] == ["no-answer"]


def test_sounds_play_as_long_as_they_are_and_are_fetched_once() -> None:
    sound = Response(200, {"content-type": "audio/wav"}, tone(3))
    caller, site = call({"/in": '<Play>/a.wav</Play><Play loop="2">/a.wav</Play>', "/a.wav": sound})
    begun = caller.carrier.clock()
    assert [one.kind for one in caller.listen()] == ["play", "play"]
    assert (caller.carrier.clock() - begun).total_seconds() == 9
    assert len(site.asked("/a.wav")) == 1


@pytest.mark.parametrize(
    ("sound", "code"),
    [(Response(200, {"content-type": "text/html"}, b"x"), 13420), (Response(404), 11200), (ConnectionError(), 11205)],
)
def test_a_sound_that_cannot_be_had_is_an_error_and_is_skipped(sound: Response | Exception, code: int) -> None:
    caller, _ = call({"/in": "<Play>/a.wav</Play><Say>after</Say>", "/a.wav": sound})
    assert texts(caller.listen()) == ["after"]
    assert caller.carrier.log.codes == [code]


def test_what_is_no_key_is_refused_by_the_phone() -> None:
    caller, _ = call({"/in": gather()})
    for wrong in ("x", "", "12", "１"):
        with pytest.raises(ValueError, match="is no key"):
            caller.leg.press(wrong)


def test_a_number_that_is_not_ours_cannot_be_dialled() -> None:
    carrier, _ = company({})
    with pytest.raises(LookupError):
        carrier.dial(CUSTOMER, "+8610000")


def test_cues_can_be_shown_as_json() -> None:
    caller, _ = call({"/in": '<Say language="zh-CN" voice="Polly.Zhiyu">您好您好您好您好您</Say>'})
    assert to_json(caller.cue) == {
        "kind": "saying",
        "text": "您好您好您好您好您",
        "language": "zh-CN",
        "voice": "Polly.Zhiyu",
        "loop": 1,
        "seconds": 2.0,
    }


def test_two_thousand_calls_take_seconds() -> None:
    carrier, site = company({"/in": gather('numDigits="1"'), "/turn": "<Say>thanks</Say>"})
    for _ in range(2000):
        caller = Caller(carrier, CUSTOMER, HOTLINE)
        caller.press("1")
        caller.listen()
        assert caller.over
    assert len(site.asked("/over")) == 2000
