"""Which elements, attributes and children TwiML allows, and which verbs each kind of document may hold."""

import re

CALL = "call"
WAIT = "queue wait"
TAKEN = "queue whisper"
ROOM = "conference wait"
WHISPER = "number whisper"

_CALLBACK = "statusCallback statusCallbackMethod statusCallbackEvent"
_RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
_MACHINE = (
    "machineDetection amdStatusCallback amdStatusCallbackMethod machineDetectionTimeout"
    " machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout"
)
_ATTRIBUTES = {
    "Response": "",
    "Say": "voice loop language",
    "Play": "loop digits",
    "Pause": "length",
    "Gather": "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits"
    " partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult"
    " speechModel enhanced",
    "Record": f"action method timeout finishOnKey maxLength playBeep trim {_RECORDING} transcribe"
    " transcribeCallback recordingConfigurationId",
    "Enqueue": "action maxQueueSize method waitUrl waitUrlMethod workflowSid",
    "Task": "priority timeout",
    "Leave": "",
    "Dial": f"action method timeout hangupOnStar timeLimit callerId record trim {_RECORDING} answerOnBridge"
    " recordingConfigurationId ringTone recordingTrack sequential referUrl referMethod events passports",
    "Number": f"sendDigits url method {_CALLBACK} byoc {_MACHINE}",
    "Client": f"url method {_CALLBACK}",
    "Sip": f"username password url method {_CALLBACK} {_MACHINE}",
    "Conference": "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record"
    f" region coach trim {_CALLBACK} {_RECORDING} recordingConfigurationId eventCallbackUrl jitterBufferSize"
    " participantLabel",
    "Queue": "url method reservationSid postWorkActivitySid",
    "Redirect": "method",
    "Hangup": "",
    "Reject": "reason",
    "Identity": "",
    "Parameter": "name value",
    "break": "strength time",
    "emphasis": "level",
    "lang": "{http://www.w3.org/XML/1998/namespace}lang",
    "p": "",
    "phoneme": "alphabet ph",
    "prosody": "volume rate pitch",
    "s": "",
    "say-as": "interpret-as format",
    "sub": "alias",
    "w": "role",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ATTRIBUTES = {name: _words(text) for name, text in _ATTRIBUTES.items()}

SSML = _words("break emphasis lang p phoneme prosody s say-as sub w")
VERBS = _words("Say Play Pause Gather Record Enqueue Leave Dial Redirect Hangup Reject")
CHILDREN: dict[str, frozenset[str]] = {
    "Response": VERBS,
    "Say": SSML,
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Enqueue": frozenset({"Task"}),
    "Dial": frozenset({"Number", "Client", "Sip", "Conference", "Queue"}),
    "Client": frozenset({"Identity", "Parameter"}),
    "Hangup": frozenset({"Parameter"}),
    "Reject": frozenset({"Parameter"}),
    **dict.fromkeys(SSML, SSML),
}
TEXT = _words("Say Play Enqueue Task Dial Number Client Sip Conference Queue Redirect Identity") | SSML
NOT_OFFERED = _words("Connect Echo Pay Prompt Queue Refer Sms Start Stop")

ALLOWED: dict[str, frozenset[str]] = {
    CALL: VERBS - {"Leave"},
    WAIT: _words("Play Say Pause Hangup Redirect Leave Gather"),
    TAKEN: _words("Play Say Pause Redirect"),
    ROOM: _words("Play Say Pause Redirect"),
    WHISPER: _words("Play Say Gather Hangup Pause Redirect"),
}
UNDOCUMENTED = {WHISPER: frozenset({"Pause", "Redirect"})}
FATAL = {WAIT: 14202, ROOM: 13238}
"""A verb that does not belong there spoils the whole document, with this number."""

_LANGUAGES = _words(
    "af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE el-GR en-AU "
    "en-CA en-GB en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX es-US fi-FI fil-PH fr-BE fr-CA fr-FR gu-IN "
    "he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN "
    "pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW"
)
_BASIC = _words("en-US en-GB es-ES fr-FR de-DE it-IT es-MX fr-CA en-AU en-CA pt-BR")
_GOOGLE = re.compile(r"Google\.(?P<language>[a-z]{2,3}-[A-Z]{2})-(Standard|Wavenet|Neural2|Chirp3-HD|Studio)-\w+")
_POLLY = re.compile(r"Polly\.(?P<name>[A-Z]\w+)(-Neural|-Generative)?")
_SAME = {"zh-CN": "cmn-CN", "zh-TW": "cmn-TW", "zh-HK": "yue-HK"}
_CHINESE_POLLY = {"Zhiyu": "cmn-CN", "Hiujin": "yue-HK"}


def language_known(language: str) -> bool:
    """Whether <Say> has this language."""
    return language in _LANGUAGES


def voice_fits(voice: str, language: str) -> bool:
    """Whether the voice exists (as far as its name can tell) and speaks `language`."""
    spoken = _SAME.get(language, language)
    if voice in ("man", "woman", "alice"):
        return language in _BASIC
    if google := _GOOGLE.fullmatch(voice):
        return _SAME.get(google["language"], google["language"]) == spoken
    if polly := _POLLY.fullmatch(voice):
        theirs = _CHINESE_POLLY.get(polly["name"])
        return spoken.startswith(("cmn", "yue")) is False if theirs is None else theirs == spoken
    return False
