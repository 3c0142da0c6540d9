"""TwiML is a fold over events: a table, without HTTP."""

import gc
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest

from ivr.flow.events import Ended, Event, Heard, Learned, Said, Waiting
from ivr.flow.inputs import Answered
from ivr.flow.secret import Secret
from ivr.flow.waits import Agent, Keys, Leaving, Lookup, Message, Outside, Room, Talking
from ivr.telephony import voices
from ivr.telephony.render import Site, chunks, render
from tests.contract import faults

VOICES = {"zh-CN": "Polly.Zhiyu-Neural", "en-US": "Polly.Joanna-Neural"}
SITE = Site("https://hotline.example", VOICES, "+8640012300")
HELLO = Said("main.start.say", "您好", "zh-CN")
ENGLISH = Said("main.start.say", "Hello", "en-US")
NOTICE = Said("person.message.say", "会被录音", "zh-CN", interrupt=False)
HEARD = Heard(Answered(), datetime(2026, 11, 23, tzinfo=UTC))
ZH = '<Say language="cmn-CN" voice="Polly.Zhiyu-Neural">'
RETRY = "#rc=1&amp;ct=2000&amp;rt=6000&amp;rp=ct,rt,5xx"


def url(path: str) -> str:
    return f"https://hotline.example/voice/{path}?language=zh-CN{RETRY}"


TABLE: dict[str, tuple[list[Event], str]] = {
    "keys": (
        [HEARD, HELLO, Learned("a", "b"), Waiting(Keys(10, "#", 6), 7)],
        f'<Gather action="{url("turn/7")}" actionOnEmptyResult="true" finishOnKey="#" input="dtmf" method="POST" '
        f'numDigits="10" timeout="6">{ZH}您好。</Say></Gather>',
    ),
    "a notice that must be heard stands before the Gather": (
        [NOTICE, HELLO, Waiting(Keys(), 2)],
        f'{ZH}会被录音。</Say><Gather action="{url("turn/2")}" actionOnEmptyResult="true" finishOnKey="" input="dtmf" '
        f'method="POST" numDigits="1" timeout="5">{ZH}您好。</Say></Gather>',
    ),
    "any number of keys": (
        [Waiting(Keys(0, "#"), 2)],
        f'<Gather action="{url("turn/2")}" actionOnEmptyResult="true" finishOnKey="#" input="dtmf" method="POST" '
        'timeout="5" />',
    ),
    "a queue": (
        [HELLO, Waiting(Agent("fraud", 1, 50), 5)],
        f'{ZH}您好。</Say><Enqueue action="{url("turn/5")}" maxQueueSize="50" method="POST" waitUrl="{url("wait/5")}" '
        'waitUrlMethod="POST">fraud</Enqueue>',
    ),
    "a queue of TaskRouter's": (
        [Waiting(Agent("fraud", 1, 50, router="taskrouter", workflow="WW" + "a" * 32, matter="stolen"), 5)],
        f'<Enqueue action="{url("turn/5")}" method="POST" waitUrl="{url("wait/5")}" waitUrlMethod="POST" '
        f'workflowSid="WW{"a" * 32}"><Task priority="9">'
        '{"queue": "fraud", "language": "zh-CN", "matter": "stolen"}</Task></Enqueue>',
    ),
    "a number outside": (
        [HELLO, Waiting(Outside("+862155555555"), 5)],
        f'{ZH}您好。</Say><Dial action="{url("turn/5")}" callerId="+8640012300" method="POST" timeLimit="3600" '
        'timeout="30"><Number>+862155555555</Number></Dial>',
    ),
    "a round of waiting": (
        [HELLO, Waiting(Room("hold.wav"), 6)],
        f'<Gather action="{url("wait/6")}" actionOnEmptyResult="true" finishOnKey="" input="dtmf" method="POST" '
        f'numDigits="1" timeout="1">{ZH}您好。</Say><Play>https://hotline.example/audio/music/hold.wav</Play></Gather>',
    ),
    "leaving": ([Waiting(Leaving(), 7)], "<Leave />"),
    "a wallet that takes its time": (
        [HELLO, Waiting(Lookup("withdrawal", (("holder", "8800000001"),)), 7)],
        f'{ZH}您好。</Say><Pause length="1" /><Redirect method="POST">{url("turn/7")}</Redirect>',
    ),
    "talking": ([Waiting(Talking(), 7)], ""),
    "a message": (
        [NOTICE, Waiting(Message(120), 8)],
        f'{ZH}会被录音。</Say><Record action="{url("turn/8")}" finishOnKey="#" maxLength="120" method="POST" '
        'playBeep="true" recordingStatusCallback="https://hotline.example/voice/recording#rc=3&amp;rp=all" '
        'recordingStatusCallbackEvent="completed absent" recordingStatusCallbackMethod="POST" timeout="5" />',
    ),
    "the end": ([HELLO, Ended("finished")], f"{ZH}您好。</Say><Hangup />"),
    "a call that is over": ([], ""),
    "a recorded prompt": (
        [Said("main.start.say", "您好", "zh-CN", "zh-CN/main.start.say"), HELLO, Ended("finished")],
        f"<Play>https://hotline.example/audio/prompts/zh-CN/main.start.say.wav</Play>{ZH}您好。</Say><Hangup />",
    ),
    "two languages": (
        [ENGLISH, HELLO, Ended("finished")],
        f'<Say language="en-US" voice="Polly.Joanna-Neural">Hello.</Say>{ZH}您好。</Say><Hangup />',
    ),
    "control characters": ([Said("a.b", "您\x00好\x1f", "zh-CN"), Ended("finished")], f"{ZH}您好。</Say><Hangup />"),
}


@pytest.mark.parametrize("name", TABLE)
def test_events_become_twiml(name: str) -> None:
    events, expected = TABLE[name]
    document = render(events, SITE, "zh-CN")
    assert ET.canonicalize(document) == ET.canonicalize(f"<Response>{expected}</Response>")
    assert faults(document, waiting=name in ("leaving", "a round of waiting")) == []


def test_what_was_keyed_in_confidence_does_not_stay_in_memory_with_the_document() -> None:
    pin = Secret("835172")
    render([HELLO, Waiting(Lookup("check_pin", (("who", "8800000001"), ("pin", pin))), 7)], SITE, "zh-CN")
    assert not [one for one in gc.get_referrers(pin) if isinstance(one, tuple)]


def test_a_wait_without_a_verb_is_an_error() -> None:
    with pytest.raises(TypeError, match="patience"):
        render([Waiting("patience", 1)], SITE, "zh-CN")  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["您好，" * 400, "您" * 1700, "Good morning. " * 300, "a" * 5000])
def test_long_words_are_split_within_the_limits_and_nothing_is_lost(words: str) -> None:
    document = render([Said("a.b", words, "zh-CN"), Ended("finished")], SITE, "zh-CN")
    assert faults(document, waiting=False) == []
    assert "".join("".join(chunks([words])).split()) == "".join(words.split())


def test_a_voice_that_does_not_fit_its_language_is_told() -> None:
    assert voices.unknown({"zh-CN": "Polly.Zhiyu", "en-US": "Polly.Joanna"}) == []
    wrong = voices.unknown({"zh-CN": "Polly.Joanna", "en-US": "Polly.Nobody"})
    assert "speaks en-US, not zh-CN" in wrong[0]
    assert "known are" in wrong[1]
