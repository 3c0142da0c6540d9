"""Reads one element into its verb record; each value that Twilio would not take is a numbered warning."""

import json
import re
from urllib.parse import quote

from ivr.carrier import schema
from ivr.carrier.reader import Element, Reader
from ivr.carrier.verbs import (
    Audio,
    Conference,
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Noun,
    Number,
    Pause,
    Play,
    Queue,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)

_ENCODED_MOST = 4500
_CHARACTERS_MOST = {"Polly": 3000}
_KEYS = "0123456789*#"


def read_verb(reader: Reader, element: Element) -> Verb | None:
    """The verb in `element`, whose name is one of schema.VERBS; None when it cannot be carried out at all."""
    reader.check_shape(element)
    match element.tag:
        case "Say" | "Play" | "Pause":
            return read_audio(reader, element)
        case "Gather":
            return _gather(reader, element)
        case "Record":
            return _record(reader, element)
        case "Enqueue":
            return _enqueue(reader, element)
        case "Dial":
            return _dial(reader, element)
        case "Redirect":
            return Redirect(reader.text(element), reader.method(element, 13710))
        case "Reject":
            return Reject(reader.choice(element, "reason", "rejected", 13810, ("rejected", "busy")))
        case "Leave":
            return Leave()
        case _:
            return Hangup()


def read_audio(reader: Reader, element: Element) -> Audio | None:
    """A Say, Play or Pause."""
    reader.children(element)
    match element.tag:
        case "Say":
            return _say(reader, element)
        case "Play":
            loop = reader.whole(element, "loop", 1, 13410, least=0)
            digits = element.get("digits", "")
            if not re.fullmatch(r"[0-9*#wW]*", digits):
                reader.warn(13430, f"Play digits={digits!r}")
            return Play(reader.text(element), digits, loop)
        case _:
            return Pause(reader.whole(element, "length", 1, 13910, least=0))


def _say(reader: Reader, element: Element) -> Say | None:
    text = " ".join("".join(element.itertext()).split())
    language, voice = element.get("language", "en-US"), element.get("voice", "man")
    if not text:
        reader.warn(13520, "<Say> is empty")
        return None
    most = _CHARACTERS_MOST.get(voice.partition(".")[0], 4096)
    if len(text.encode()) > most or len(quote(text)) > _ENCODED_MOST:
        reader.warn(13521, f"<Say> of {len(text)} characters is too long")
        return None
    if not schema.language_known(language):
        reader.warn(13512, f'<Say language="{language}"> does not exist')
    elif not schema.voice_fits(voice, language):
        reader.warn(13511, f'<Say voice="{voice}"> does not speak {language}')
    return Say(text, language, voice, reader.whole(element, "loop", 1, 13510, least=0))


def _finish_key(reader: Reader, element: Element) -> str:
    key = element.get("finishOnKey", "#")
    if len(key) > 1:
        reader.warn(13311, f'<Gather finishOnKey="{key}"> is more than one key')
        return "#"
    if key and key not in _KEYS:
        reader.warn(13310, f'<Gather finishOnKey="{key}"> is no key')
        return "#"
    return key


def _gather(reader: Reader, element: Element) -> Gather:
    inputs = reader.words(element, "input", "dtmf", 13326, ("dtmf", "speech"))
    if element.get("speechTimeout") == "auto" and element.get("speechModel", "default") != "default":
        reader.warn(13335, "speechTimeout=auto cannot be used with a speech model")
    prompts = []
    for child in reader.children(element, 13320):
        reader.check_shape(child)
        if (prompt := read_audio(reader, child)) is not None:
            prompts.append(prompt)
    return Gather(
        prompts=tuple(prompts),
        action=element.get("action", ""),
        method=reader.method(element, 13312),
        timeout=reader.whole(element, "timeout", 5, 13313, least=0),
        finish_on_key=_finish_key(reader, element),
        num_digits=reader.whole(element, "numDigits", 0, 13314),
        action_on_empty=reader.flag(element, "actionOnEmptyResult", False, 13338),
        keys="dtmf" in inputs or not inputs,
        speech="speech" in inputs,
    )


_RECORDING_EVENTS = ("in-progress", "completed", "absent")


def _record(reader: Reader, element: Element) -> Record:
    reader.children(element)
    keys = element.get("finishOnKey", "1234567890*#")
    if set(keys) - set(_KEYS):
        reader.warn(13613, f'<Record finishOnKey="{keys}"> has something that is no key')
        keys = "1234567890*#"
    transcribe = reader.flag(element, "transcribe", False, 13614)
    return Record(
        action=element.get("action", ""),
        method=reader.method(element, 13610),
        timeout=reader.whole(element, "timeout", 5, 13611, least=0),
        finish_on_key=keys,
        max_length=reader.whole(element, "maxLength", 120 if transcribe else 3600, 13612, most=14400),
        play_beep=reader.flag(element, "playBeep", True, 13616),
        callback=element.get("recordingStatusCallback", ""),
        callback_method=reader.method(element, 13610, "recordingStatusCallbackMethod"),
        callback_events=reader.words(element, "recordingStatusCallbackEvent", "completed", 13621, _RECORDING_EVENTS),
    )


def _queue_name(reader: Reader, element: Element, short: int, long: int) -> str:
    name = reader.text(element)
    if not name or len(name) > 64:
        reader.fail(short if not name else long, f"<{element.tag}>: a queue's name has 1 to 64 characters")
    return name


def _enqueue(reader: Reader, element: Element) -> Enqueue:
    workflow = element.get("workflowSid")
    tasks = reader.children(element)
    return Enqueue(
        queue=_queue_name(reader, element, 14204, 14205) if workflow is None else _workflow(reader, workflow, tasks),
        action=element.get("action", ""),
        method=reader.method(element, 14201),
        wait_url=element.get("waitUrl"),
        wait_method=reader.method(element, 14206, "waitUrlMethod"),
        max_size=reader.whole(element, "maxQueueSize", 5000, 12200, most=5000),
    )


def _workflow(reader: Reader, workflow: str, tasks: list[Element]) -> str:
    """A workflow's own queue; nobody here routes its tasks but whoever asks by REST."""
    if not re.fullmatch("WW[0-9a-f]{32}", workflow):
        reader.fail(14220, f"<Enqueue workflowSid> is {workflow!r}")
    for task in tasks:
        try:
            json.loads(reader.text(task) or "{}")
        except ValueError:
            reader.fail(14221, "<Task> is no JSON")
    return workflow


_DIAL_RECORD = (
    "do-not-record",
    "false",
    "true",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
)
_PROGRESS = ("initiated", "ringing", "answered", "completed")
_ROOM_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")


def _dial(reader: Reader, element: Element) -> Dial:
    nouns = [_noun(reader, child) for child in reader.children(element, 13215)]
    if not nouns and reader.text(element):
        nouns = [Number(_address(reader, element), "", "POST", "", "POST", ("completed",))]
    if len(nouns) > 10 or (len(nouns) > 1 and not all(isinstance(noun, Number) for noun in nouns)):
        reader.fail(13000, "<Dial> rings at most ten numbers, or one queue, or one conference")
        nouns = []
    return Dial(
        nouns=tuple(nouns),
        action=element.get("action", ""),
        method=reader.method(element, 13210),
        timeout=reader.whole(element, "timeout", 30, 13212, least=5, most=600),
        time_limit=reader.whole(element, "timeLimit", 14400, 13216, most=86400),
        caller_id=element.get("callerId", ""),
        answer_on_bridge=reader.flag(element, "answerOnBridge", False),
        hangup_on_star=reader.flag(element, "hangupOnStar", False, 13213),
        record=reader.choice(element, "record", "do-not-record", 13217, _DIAL_RECORD) not in _DIAL_RECORD[:2],
        recording_callback=element.get("recordingStatusCallback", ""),
        recording_callback_method=reader.method(element, 13256, "recordingStatusCallbackMethod"),
        recording_callback_events=reader.words(
            element, "recordingStatusCallbackEvent", "completed", 13621, _RECORDING_EVENTS
        ),
    )


def _noun(reader: Reader, element: Element) -> Noun:
    reader.check_shape(element)
    match element.tag:
        case "Conference":
            return _conference(reader, element)
        case "Queue":
            name = _queue_name(reader, element, 14212, 14213)
            return Queue(name, element.get("url", ""), reader.method(element, 14210))
        case _:
            return _number(reader, element)


def _address(reader: Reader, element: Element) -> str:
    identity = element.find("Identity")
    text = reader.text(identity if identity is not None else element)
    if element.tag == "Client":
        return text if text.startswith("client:") else f"client:{text}"
    if element.tag in ("Number", "Dial") and not re.fullmatch(r"\+?[0-9() .-]{2,20}", text):
        reader.warn(13223, f'"{text}" is no phone number')
    return text if element.tag == "Sip" else re.sub(r"[() .-]", "", text)


def _number(reader: Reader, element: Element) -> Number:
    parameters = [child for child in reader.children(element) if child.tag == "Parameter"]
    return Number(
        address=_address(reader, element),
        url=element.get("url", ""),
        method=reader.method(element, 13221),
        callback=element.get("statusCallback", ""),
        callback_method=reader.method(element, 13221, "statusCallbackMethod"),
        callback_events=reader.words(element, "statusCallbackEvent", "completed", 12200, _PROGRESS),
        parameters=tuple((child.get("name", ""), child.get("value", "")) for child in parameters),
    )


def _conference(reader: Reader, element: Element) -> Conference:
    reader.children(element)
    name = reader.text(element)
    if not 1 <= len(name) <= 128:
        reader.fail(13237, "a conference's name has 1 to 128 characters")
    record = reader.choice(element, "record", "do-not-record", 12200, ("do-not-record", "record-from-start"))
    reader.choice(element, "beep", "true", 13235, ("true", "false", "onEnter", "onExit"))
    return Conference(
        name=name,
        muted=reader.flag(element, "muted", False, 13230),
        start_on_enter=reader.flag(element, "startConferenceOnEnter", True, 13232),
        end_on_exit=reader.flag(element, "endConferenceOnExit", False, 13231),
        wait_url=element.get("waitUrl"),
        wait_method=reader.method(element, 13234, "waitMethod"),
        most=reader.whole(element, "maxParticipants", 250, 12200, least=2, most=250),
        callback=element.get("statusCallback", ""),
        callback_method=reader.method(element, 12200, "statusCallbackMethod"),
        callback_events=reader.words(element, "statusCallbackEvent", "start end", 12200, _ROOM_EVENTS),
        label=element.get("participantLabel", ""),
        coach=element.get("coach", ""),
        record=record != "do-not-record",
        recording_callback=element.get("recordingStatusCallback", ""),
        recording_callback_method=reader.method(element, 12200, "recordingStatusCallbackMethod"),
        recording_callback_events=reader.words(
            element, "recordingStatusCallbackEvent", "completed", 12200, _RECORDING_EVENTS
        ),
    )
