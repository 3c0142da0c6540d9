"""Conferences: who is in one, what each of them hears, and what the status callback is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.carrier.fetching import notify
from ivr.carrier.parameters import rfc2822
from ivr.carrier.record import Recorded, keep, report
from ivr.carrier.signals import Form, Request, Stirred

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.leg import Leg

KICKED = "participant_updated_via_api"
EVENTS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


@dataclass(slots=True)
class Participant:
    """One party of a conference and how it takes part; `music` is heard before the start (None: the carrier's own)."""

    leg: Leg
    label: str = ""
    muted: bool = False
    hold: bool = False
    coach: str = ""
    start_on_enter: bool = True
    end_on_exit: bool = False
    music: Request | None = None
    silent: bool = False
    hold_music: Request | None = None
    announcement: Request | None = None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Whom a conference tells what; the first participant's document says so for all."""

    status: Request | None
    events: tuple[str, ...]
    recording: Request | None
    recording_events: tuple[str, ...]


class Room:
    """A conference: init until two are there and one of them starts it, in-progress, completed."""

    def __init__(self, carrier: Carrier, sid: str, name: str) -> None:
        self.carrier, self.sid, self.name = carrier, sid, name
        self.status = "init"
        self.reason = self.ended_by = ""
        self.created = self.updated = carrier.clock()
        self.started: datetime | None = None
        self.callbacks: Callbacks | None = None
        self.record = False
        self._tape = ""
        self._paused: datetime | None = None
        self._skips = True
        self._skipped = 0.0
        self._participants: list[Participant] = []
        self._numbers = 0
        self._end: Form = ()
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """Whether the conference is over."""
        return self.status == "completed"

    @property
    def participants(self) -> list[Participant]:
        """Those who are in it."""
        with self._lock:
            return list(self._participants)

    def find(self, key: str) -> Participant | None:
        """The participant of a call SID or label."""
        return next((one for one in self.participants if key in (one.leg.sid, one.label)), None)

    def add(self, participant: Participant, most: int) -> str:
        """Let somebody in; "" when done, else why not: `label` taken (16025), `full`, or `over`."""
        with self._lock:
            if self.over:
                return "over"
            if participant.label and any(participant.label == one.label for one in self._participants):
                return "label"
            if len(self._participants) >= most:
                return "full"
            self._participants.append(participant)
            starts = self.status == "init" and len(self._participants) > 1
            starts = starts and any(one.start_on_enter for one in self._participants)
            if starts:
                self.status, self.started = "in-progress", self.carrier.clock()
        self.tell("participant-join", participant)
        if starts:
            self.tell("conference-start")
            self.stir(but=participant.leg)
        return ""

    def remove(self, participant: Participant, reason: str) -> None:
        """Somebody is gone; the conference may be over by that."""
        with self._lock:
            if participant not in self._participants:
                return
            self._participants.remove(participant)
            last = not self._participants
        why = (("ReasonParticipantLeft", reason), ("ParticipantCallStatus", participant.leg.status))
        self.tell("participant-leave", participant, why)
        went = "kicked" if reason == KICKED else "left"
        if participant.end_on_exit:
            self._close(f"participant-with-end-conference-on-exit-{went}", participant)
        elif last:
            self._close(f"last-participant-{went}", participant)
        if last:
            self._finish()

    def end(self, reason: str) -> None:
        """The conference is over, for everybody."""
        self._close(reason, None)
        if not self.participants:
            self._finish()

    def _close(self, reason: str, by: Participant | None) -> None:
        with self._lock:
            if self.over:
                return
            self.status, self.reason, self.updated = "completed", reason, self.carrier.clock()
            self._end = (("ReasonConferenceEnded", reason), ("Reason", reason))
            if by is not None:
                self.ended_by = by.leg.sid
                self._end += (("CallSidEndingConference", by.leg.sid), ("ParticipantLabelEndingConference", by.label))
        self.stir()

    def _finish(self) -> None:
        """The last one is out."""
        self.tell("conference-end", None, self._end)
        self._keep_recording()

    def change(self, participant: Participant, event: str, **changes: object) -> None:
        """Change some fields of a participant, tell the callback, and have the party hear accordingly."""
        with self._lock:
            for name, value in changes.items():
                setattr(participant, name, value)
            self.updated = self.carrier.clock()
        self.tell(event, participant)
        participant.leg.signal(Stirred(self))

    def stir(self, but: Leg | None = None) -> None:
        """Have everybody look again at what to hear."""
        for participant in self.participants:
            if participant.leg is not but:
                participant.leg.signal(Stirred(self))

    def tell(self, event: str, about: Participant | None = None, more: Form = ()) -> None:
        """Send a status callback, if this event was asked for."""
        with self._lock:
            callbacks, number = self.callbacks, self._numbers
            if callbacks is None or callbacks.status is None or EVENTS[event] not in callbacks.events:
                return
            self._numbers += 1
        carrier, url = self.carrier, callbacks.status
        form: Form = (
            ("ConferenceSid", self.sid),
            ("FriendlyName", self.name),
            ("AccountSid", carrier.account_sid),
            ("SequenceNumber", str(number)),
            ("Timestamp", rfc2822(carrier.clock())),
            ("StatusCallbackEvent", event),
            *(_about(about) if about else ()),
            *more,
        )
        carrier.background(lambda: notify(carrier, None, url, form))

    def pause(self, on: bool, skip: bool) -> Recorded | None:
        """Pause the recording, or go on with it; as it stands now, or None when nothing is recorded.

        A pause that does not `skip` its time is silence on the tape.
        """
        with self._lock:
            if self._paused and not on:
                lost = (self.carrier.clock() - self._paused).total_seconds()
                self._skipped += lost if self._skips else 0.0
                self._paused = None
            elif on and not self._paused:
                self._paused, self._skips = self.carrier.clock(), skip
        return None if self.over else self.taped()

    def taped(self) -> Recorded | None:
        """The recording as it stands now; None when there is none."""
        if not self.record or self.started is None:
            return None
        self._tape = self._tape or self.carrier.new_sid("RE")
        end = self._paused if self._paused and self._skips else self.carrier.clock()
        seconds = round((end - self.started).total_seconds() - self._skipped)
        status = "paused" if self._paused else "in-progress"
        return Recorded(self._tape, "", status, seconds, self.started, "Conference", None, self.sid)

    def _keep_recording(self) -> None:
        taken = self.taped()
        if taken is None or self.callbacks is None:
            return
        kept = keep(self.carrier, taken)
        if self.callbacks.recording is not None and kept.status in self.callbacks.recording_events:
            report(self.carrier, None, self.callbacks.recording, kept)


def _about(participant: Participant) -> Form:
    form: Form = (
        ("CallSid", participant.leg.sid),
        ("Muted", _flag(participant.muted)),
        ("Hold", _flag(participant.hold)),
        ("Coaching", _flag(bool(participant.coach))),
        ("EndConferenceOnExit", _flag(participant.end_on_exit)),
        ("StartConferenceOnEnter", _flag(participant.start_on_enter)),
    )
    return (*form, ("ParticipantLabel", participant.label)) if participant.label else form


def _flag(value: bool) -> str:
    return str(value).lower()
