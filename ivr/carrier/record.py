"""Record: a message, ended by a key, silence, its greatest length or a hang-up; and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.carrier import sounds
from ivr.carrier.cues import Recording
from ivr.carrier.fetching import Page, notify, tell
from ivr.carrier.parameters import rfc2822
from ivr.carrier.signals import Finished, Form, Goal, HungUp, Pressed, Request, Spoke, Steps
from ivr.carrier.verbs import Record

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.leg import Leg


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording as the carrier keeps it; `status` is completed, or absent when nothing was said.

    `sound` is what was spoken, None where nobody really spoke: a tone of the same length stands for it.
    """

    sid: str
    call: str
    status: str
    seconds: int
    started: datetime
    source: str
    sound: bytes | None = None
    conference: str = ""

    @property
    def wav(self) -> bytes:
        """The sound as a WAV file."""
        return sounds.tone(self.seconds) if self.sound is None else self.sound


class Tape:
    """Sound as it comes in."""

    def __init__(self, most: float) -> None:
        self.seconds = 0.0
        self._parts: list[tuple[float, bytes | None]] = []
        self._most = most

    def add(self, spoke: Spoke) -> bool:
        """Take sound in; True when the tape is full."""
        seconds = min(spoke.seconds, self._most - self.seconds)
        self.seconds += seconds
        self._parts.append((seconds, spoke.wav))
        return self.seconds >= self._most

    @property
    def sound(self) -> bytes | None:
        """The whole as one WAV file, tones between what was spoken; None when nobody really spoke."""
        match self._parts:
            case [(_, spoken)]:
                return spoken
            case parts if any(wav is not None for _, wav in parts):
                return sounds.joined([sounds.tone(seconds) if wav is None else wav for seconds, wav in parts])
        return None


def record(leg: Leg, verb: Record, page: Page) -> Steps[Goal | None]:
    """Run a Record; always a request to its action, and none of the verbs after it."""
    leg.answer()
    tape, begun, sid = Tape(verb.max_length), leg.carrier.clock(), leg.carrier.new_sid("RE")
    action = page.request(verb.action, verb.method)
    _report(leg, verb, page, Recorded(sid, leg.sid, "in-progress", 0, begun, "RecordVerb"))
    try:
        key = yield from _listen(verb, tape, leg)
    except HungUp:
        kept = keep(leg.carrier, Recorded(sid, leg.sid, "", round(tape.seconds), begun, "RecordVerb", tape.sound))
        tell(leg, replace(action, form=_form(leg.carrier, kept, "hangup")))
        _report(leg, verb, page, kept)
        raise
    kept = keep(leg.carrier, Recorded(sid, leg.sid, "", round(tape.seconds), begun, "RecordVerb", tape.sound))
    leg.after_fetch.append(lambda: _report(leg, verb, page, kept))
    return replace(action, form=_form(leg.carrier, kept, key))


def _listen(verb: Record, tape: Tape, leg: Leg) -> Steps[str]:
    """Until it ends; the key that ended it, or ""."""
    beep = verb.play_beep
    while True:
        left = max(0.0, verb.max_length - tape.seconds)
        cue = Recording(beep, left, verb.timeout, verb.finish_on_key, min(verb.timeout or left, left))
        beep = False
        event = yield cue
        while not isinstance(event, Finished | Spoke) and not _ends(verb, event):
            event = yield cue
        match event:
            case Pressed(key):
                return key
            case Spoke():
                leg.carrier.clock.advance(min(event.seconds, left))
                if tape.add(event):
                    return ""
            case _:
                return ""


def _ends(verb: Record, event: object) -> bool:
    return isinstance(event, Pressed) and event.key in verb.finish_on_key


def keep(carrier: Carrier, recording: Recorded) -> Recorded:
    """Put a recording away under its SID, completed or absent; as it is kept."""
    kept = replace(recording, status="completed" if recording.seconds else "absent")
    carrier.recordings[kept.sid] = kept
    return kept


def _form(carrier: Carrier, kept: Recorded, key: str) -> Form:
    return (
        ("RecordingUrl", carrier.recording_url(kept.sid)),
        ("RecordingSid", kept.sid),
        ("RecordingDuration", str(kept.seconds)),
        ("Digits", key),
    )


def _report(leg: Leg, verb: Record, page: Page, kept: Recorded) -> None:
    if verb.callback and kept.status in verb.callback_events:
        report(leg.carrier, leg, page.request(verb.callback, verb.callback_method), kept)


def report(carrier: Carrier, leg: Leg | None, callback: Request, kept: Recorded) -> None:
    """Send a recording status callback, in the background."""
    form: Form = (
        ("RecordingSource", kept.source),
        ("RecordingSid", kept.sid),
        ("RecordingUrl", carrier.recording_url(kept.sid)),
        ("RecordingStatus", kept.status),
        ("RecordingChannels", "1"),
        ("ErrorCode", "0"),
        ("CallSid", kept.call),
        ("RecordingStartTime", rfc2822(kept.started)),
        ("AccountSid", carrier.account_sid),
        ("RecordingDuration", str(kept.seconds)),
    )
    if kept.conference:
        form += (("ConferenceSid", kept.conference),)
    carrier.background(lambda: notify(carrier, leg, callback, form))
