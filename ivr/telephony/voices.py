"""Which voices may be used, and the language Twilio must be told with each."""

from collections.abc import Mapping
from typing import Final

VOICES: Final[Mapping[str, str]] = {
    "Polly.Zhiyu": "cmn-CN",
    "Polly.Zhiyu-Neural": "cmn-CN",
    "Google.cmn-CN-Standard-A": "cmn-CN",
    "Google.cmn-CN-Wavenet-A": "cmn-CN",
    "Google.cmn-CN-Chirp3-HD-Aoede": "cmn-CN",
    "Polly.Joanna": "en-US",
    "Polly.Joanna-Neural": "en-US",
    "Polly.Matthew-Neural": "en-US",
    "Google.en-US-Standard-C": "en-US",
    "Google.en-US-Chirp3-HD-Aoede": "en-US",
}


def unknown(languages: Mapping[str, str]) -> list[str]:
    """Return plain words about every language (language -> voice) whose voice is unknown or speaks another one."""
    found = []
    for language, voice in languages.items():
        if voice not in VOICES:
            found.append(f"the voice {voice!r} of {language} is unknown: known are {', '.join(VOICES)}")
        elif VOICES[voice].removeprefix("cmn").removeprefix("zh") != language.removeprefix("cmn").removeprefix("zh"):
            found.append(f"the voice {voice!r} speaks {VOICES[voice]}, not {language}")
    return found
