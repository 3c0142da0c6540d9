"""The practice carrier's reading of TwiML: what runs, and the number of every deviation."""

import json
import os
from pathlib import Path

import pytest

from ivr.carrier import schema
from ivr.carrier.twiml import Unusable, parse
from ivr.carrier.verbs import Conference, Dial, Gather, Number, Pause, Play, Record, Say

SHARED = Path(__file__).parents[1].parent / "shared" / "twilio" / "twiml_verbs.json"
ZHIYU = 'voice="Polly.Zhiyu" language="cmn-CN"'


def read(verbs: str, context: str = schema.CALL) -> tuple[tuple[object, ...], list[tuple[str, int]]]:
    found = parse(f"<Response>{verbs}</Response>", context)
    return found.verbs, [(problem.level, problem.code) for problem in found.problems]


def test_a_clean_document_has_no_problem() -> None:
    verbs, problems = read(
        f'<!-- x --><Gather action="/a" numDigits="1" timeout="5" actionOnEmptyResult="true"><Say {ZHIYU}>请按1</Say>'
        '<Play>/x.wav</Play><Pause length="2"/></Gather><Redirect>/b</Redirect>'
    )
    assert problems == []
    gather = verbs[0]
    assert isinstance(gather, Gather)
    assert gather.prompts == (Say("请按1", "cmn-CN", "Polly.Zhiyu", 1), Play("/x.wav", "", 1), Pause(2))
    assert (gather.action, gather.num_digits, gather.finish_on_key, gather.action_on_empty) == ("/a", 1, "#", True)


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ("<Say>hi", 12100),
        ("<Say>a & b</Say>", 12100),
        ("<Say>\x07</Say>", 12100),
        ('<Say voice="a" voice="b">x</Say>', 12100),
    ],
)
def test_what_is_ill_formed_cannot_be_run(verbs: str, code: int) -> None:
    with pytest.raises(Unusable) as fault:
        read(verbs)
    assert fault.value.code == code


@pytest.mark.parametrize("body", ["<response/>", "<Reply/>", '<Response xmlns="http://x"/>'])
def test_the_root_must_be_response_to_the_letter(body: str) -> None:
    with pytest.raises(Unusable) as fault:
        parse(body, schema.CALL)
    assert fault.value.code == 12102


@pytest.mark.parametrize(
    ("verbs", "level", "code", "runs"),
    [
        ("<say>x</say>", "warning", 12200, 0),
        ("<Talk>x</Talk>", "warning", 12200, 0),
        ("<Connect/>", "warning", 12200, 0),
        ("<Leave/>", "warning", 12200, 0),
        ('<Pause lenght="3"/>', "warning", 12200, 1),
        ('<Gather numdigits="1"/>', "warning", 12200, 1),
        ("<Pause/>stray text", "warning", 12200, 1),
        ("<Gather>text</Gather>", "warning", 12200, 1),
        ("<Pause><Say>x</Say></Pause>", "warning", 12200, 1),
        ("<Say>a<Pause/>b</Say>", "warning", 12200, 1),
        ("<Pause/><Reject/>", "warning", 12200, 2),
        ("<Gather><Record/></Gather>", "warning", 13320, 1),
        ("<Gather><Response/></Gather>", "warning", 13320, 1),
        ('<Gather finishOnKey="x"/>', "warning", 13310, 1),
        ('<Gather finishOnKey="12"/>', "warning", 13311, 1),
        ('<Gather method="PUT"/>', "warning", 13312, 1),
        ('<Gather timeout="soon"/>', "warning", 13313, 1),
        ('<Gather numDigits="0"/>', "warning", 13314, 1),
        ('<Gather input="keys"/>', "warning", 13326, 1),
        ('<Gather speechTimeout="auto" speechModel="deepgram_nova-2"/>', "warning", 13335, 1),
        ('<Gather actionOnEmptyResult="yes"/>', "warning", 13338, 1),
        ('<Play loop="x">/a</Play>', "warning", 13410, 1),
        ('<Play digits="1x"/>', "warning", 13430, 1),
        ('<Say loop="-1">x</Say>', "warning", 13510, 1),
        ('<Say voice="robot">x</Say>', "warning", 13511, 1),
        ("<Say language='zh-CN'>x</Say>", "warning", 13511, 1),
        ('<Say voice="Polly.Zhiyu" language="en-US">x</Say>', "warning", 13511, 1),
        ('<Say voice="Polly.Joanna" language="cmn-CN">x</Say>', "warning", 13511, 1),
        ('<Say voice="Google.cmn-TW-Standard-A" language="cmn-CN">x</Say>', "warning", 13511, 1),
        ('<Say language="cmn-Hans-CN" voice="Polly.Zhiyu">x</Say>', "warning", 13512, 1),
        ("<Say> </Say>", "warning", 13520, 0),
        (f"<Say {ZHIYU}>{'钱' * 501}</Say>", "warning", 13521, 0),
        (f"<Say>{'a' * 4097}</Say>", "warning", 13521, 0),
        (f"<Say voice='Polly.Joanna'>{'a' * 3001}</Say>", "warning", 13521, 0),
        ('<Record method="x"/>', "warning", 13610, 1),
        ('<Record timeout="x"/>', "warning", 13611, 1),
        ('<Record maxLength="0"/>', "warning", 13612, 1),
        ('<Record maxLength="14401"/>', "warning", 13612, 1),
        ('<Record finishOnKey="a"/>', "warning", 13613, 1),
        ('<Record playBeep="no"/>', "warning", 13616, 1),
        ('<Record recordingStatusCallbackEvent="done"/>', "warning", 13621, 1),
        ('<Redirect method="x">/a</Redirect>', "warning", 13710, 1),
        ('<Reject reason="rude"/>', "warning", 13810, 1),
        ('<Pause length="-1"/>', "warning", 13910, 1),
        ("<Dial><Say>x</Say></Dial>", "warning", 13215, 1),
        ('<Dial timeout="4">123</Dial>', "warning", 13212, 1),
        ('<Dial timeout="601">123</Dial>', "warning", 13212, 1),
        ("<Dial><Number>call me</Number></Dial>", "warning", 13223, 1),
        ("<Dial><Queue>q</Queue><Number>123</Number></Dial>", "error", 13000, 1),
        (f"<Dial>{'<Number>123</Number>' * 11}</Dial>", "error", 13000, 1),
        (f"<Dial><Conference>{'n' * 129}</Conference></Dial>", "error", 13237, 1),
        ("<Dial><Queue/></Dial>", "error", 14212, 1),
        ('<Enqueue method="x">q</Enqueue>', "warning", 14201, 1),
        ("<Enqueue/>", "error", 14204, 1),
        (f"<Enqueue>{'q' * 65}</Enqueue>", "error", 14205, 1),
        ('<Enqueue waitUrlMethod="x">q</Enqueue>', "warning", 14206, 1),
    ],
)
def test_each_deviation_has_its_number_and_the_rest_runs(verbs: str, level: str, code: int, runs: int) -> None:
    found, problems = read(verbs)
    assert problems == [(level, code)]
    assert len(found) == runs


@pytest.mark.parametrize("voice", [ZHIYU, 'voice="Google.cmn-CN-Wavenet-A" language="zh-CN"',
                                   'voice="Polly.Joanna-Neural"', 'voice="woman"'])  # fmt: skip
def test_good_voices_pass_and_500_han_characters_are_not_too_many(voice: str) -> None:
    assert read(f"<Say {voice}>{'钱' * 500}</Say>")[1] == []


def test_a_bad_value_leaves_the_default() -> None:
    (gather, record), _ = read('<Gather timeout="x" finishOnKey="xx" numDigits="-1"/><Record maxLength="x"/>')
    assert isinstance(gather, Gather)
    assert (gather.timeout, gather.finish_on_key, gather.num_digits) == (5, "#", 0)
    assert isinstance(record, Record)
    assert (record.max_length, record.timeout, record.finish_on_key) == (3600, 5, "1234567890*#")


@pytest.mark.parametrize(
    ("context", "verb", "code"),
    [
        (schema.WAIT, "<Dial>123</Dial>", 14202),
        (schema.WAIT, "<Record/>", 14202),
        (schema.WAIT, "<Enqueue>q</Enqueue>", 14202),
        (schema.ROOM, "<Gather/>", 13238),
        (schema.ROOM, "<Hangup/>", 13238),
    ],
)
def test_a_verb_in_the_wrong_place_spoils_a_waiting_document(context: str, verb: str, code: int) -> None:
    with pytest.raises(Unusable) as fault:
        read(verb, context)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("context", "verb", "problem", "runs"),
    [
        (schema.WHISPER, "<Dial>123</Dial>", ("error", 13201), 0),
        (schema.WHISPER, "<Record/>", ("warning", 12200), 0),
        (schema.WHISPER, "<Pause/>", ("warning", 12200), 1),
        (schema.TAKEN, "<Gather/>", ("warning", 12200), 0),
        (schema.TAKEN, "<Dial>123</Dial>", ("error", 13201), 0),
    ],
)
def test_a_verb_in_the_wrong_place_is_skipped_in_a_whisper(
    context: str, verb: str, problem: tuple[str, int], runs: int
) -> None:
    verbs, problems = read(verb, context)
    assert (problems, len(verbs)) == ([problem], runs)


def test_speech_marks_inside_say_are_read_as_words() -> None:
    (say,), problems = read(f'<Say {ZHIYU}>尾号<say-as interpret-as="digits">12</say-as>的卡<break time="1s"/></Say>')
    assert problems == []
    assert say == Say("尾号12的卡", "cmn-CN", "Polly.Zhiyu", 1)


def test_dial_takes_plain_text_and_tidies_numbers() -> None:
    (plain, client), _ = read(
        "<Dial>+86 (139) 0000-0001</Dial>"
        '<Dial><Client><Identity>alice</Identity><Parameter name="case" value="7"/></Client></Dial>'
    )
    assert isinstance(plain, Dial)
    assert isinstance(client, Dial)
    assert [noun.address for noun in plain.nouns if isinstance(noun, Number)] == ["+8613900000001"]
    (noun,) = client.nouns
    assert isinstance(noun, Number)
    assert (noun.address, noun.parameters) == ("client:alice", (("case", "7"),))


def test_a_conference_has_twilios_defaults() -> None:
    (dial,), _ = read("<Dial><Conference>room</Conference></Dial>")
    assert isinstance(dial, Dial)
    (room,) = dial.nouns
    assert isinstance(room, Conference)
    assert (room.start_on_enter, room.end_on_exit, room.wait_url, room.most) == (True, False, None, 250)
    assert room.callback_events == ("start", "end")


def test_the_table_of_elements_is_twilios() -> None:
    if not SHARED.exists() and not os.environ.get("CI"):
        pytest.skip(f"{SHARED} is not beside the checkout")
    found = json.loads(SHARED.read_text())
    elements = {element["xml_element"]: element for name, element in found["elements"].items() if name != "ReferSip"}
    for name, ours in schema.ATTRIBUTES.items():
        theirs = {key.replace("xml:", "{http://www.w3.org/XML/1998/namespace}") for key in elements[name]["attributes"]}
        assert ours == theirs, name
    contexts = found["contexts"]
    for ours, theirs in (
        (schema.WAIT, "enqueue_waitUrl"),
        (schema.ROOM, "conference_waitUrl"),
        (schema.TAKEN, "dial_queue_url"),
        (schema.WHISPER, "dial_number_url"),
    ):
        strict = schema.ALLOWED[ours] - schema.UNDOCUMENTED.get(ours, frozenset())
        assert strict == set(contexts[theirs]["allowed"]), ours
    assert set(contexts["call_document"]["allowed"]) == schema.VERBS | schema.NOT_OFFERED
    languages = set(found["enums"]["SayLanguage"])
    assert {language for language in languages if not schema.language_known(language)} == set()
    voices = [voice for voice in found["enums"]["SayVoice"] if voice.split(".")[-1][:5] in languages]
    assert [voice for voice in voices if not any(schema.voice_fits(voice, one) for one in languages)] == []
