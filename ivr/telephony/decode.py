"""What Twilio posts, as an input."""

import re
from collections.abc import Mapping
from typing import Final

from ivr.flow.inputs import Dialled, InLine, Input, LeftQueue, Pressed, Recorded, Silence, Spoke

NO_KEY: Final = re.compile(r"[^0-9*#]")
RECORDING: Final = re.compile(r"RE[0-9a-fA-F]{32}")
LONGEST: Final = 64


def decode(form: Mapping[str, str]) -> Input:
    """Return what an action's request says the caller did; whatever is no known input is silence."""
    match form:
        case {"QueueResult": result} if result:
            return LeftQueue(result)
        case {"DialCallStatus": result} if result:
            return Dialled(result)
        case {"RecordingUrl": _} | {"RecordingDuration": _}:
            return Recorded(recording(form), seconds(form.get("RecordingDuration")))
        case {"Digits": digits} if digits:
            return Pressed(keys(digits))
        case {"SpeechResult": words} if words:
            return Spoke(words, _confidence(form.get("Confidence")))
        case _:
            return Silence()


def decode_wait(form: Mapping[str, str]) -> InLine:
    """Return what a request of the waiting room says; the first in line is at position 1."""
    position = max(1, seconds(form.get("QueuePosition", "1")))
    return InLine(position, seconds(form.get("QueueTime")), keys(form.get("Digits") or ""))


def keys(digits: str) -> str:
    """Return at most 64 keys; what no telephone has stands as a question mark, which is always a wrong key."""
    pressed = digits[:LONGEST]
    return pressed if pressed.isascii() and pressed.isdigit() else NO_KEY.sub("?", pressed)


def recording(form: Mapping[str, str]) -> str:
    """Return the recording's id, from its URL where it is not named; empty where there is none."""
    found = RECORDING.search(form.get("RecordingSid", "") or form.get("RecordingUrl", ""))
    return found[0] if found else ""


def seconds(text: str | None) -> int:
    """Return a whole number of seconds, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _confidence(text: str | None) -> float:
    try:
        return min(1.0, max(0.0, float(text or 0)))
    except ValueError:
        return 0.0
