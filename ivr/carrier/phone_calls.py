"""The calls made on the page /phone: how many at once, how long without a sign of life, and how each stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from ivr.carrier import sounds
from ivr.carrier.company import Carrier
from ivr.carrier.cues import Playing, Recording, to_json
from ivr.carrier.leg import Leg
from ivr.carrier.queues import MUSIC, CallQueue

MOST: Final = 20
FORGOTTEN: Final = timedelta(minutes=2)
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class TooManyCallsError(RuntimeError):
    """No more calls can be made on the page before others are over."""


class PhoneCalls:
    """The calls of all open phone pages; one whose page is gone is hung up."""

    def __init__(self, carrier: Carrier) -> None:
        """Make calls in this carrier, whose clock must be the time of day."""
        self._carrier = carrier
        self._legs: dict[str, tuple[Leg, datetime]] = {}
        self._lock = Lock()

    def dial(self, from_: str, to: str) -> Leg:
        """Start a call; raise LookupError for a number that nobody has, TooManyCallsError when no more can be made."""
        self.sweep()
        if len(self._legs) >= MOST:
            raise TooManyCallsError
        return self._seen(self._carrier.dial(from_, to))

    def get(self, sid: str) -> Leg | None:
        """Return a call made here, and note that its page is still there; None when it is unknown or long over."""
        found = self._legs.get(sid)
        return self._seen(found[0]) if found else None

    def sweep(self) -> None:
        """Hang up the calls whose page is gone; forget those that are over."""
        long_ago = self._carrier.clock() - FORGOTTEN
        with self._lock:
            legs = list(self._legs.values())
            self._legs = {leg.sid: (leg, seen) for leg, seen in legs if not leg.over and seen >= long_ago}
        for leg, _ in legs:
            if leg.sid not in self._legs:
                leg.hang_up()

    def _seen(self, leg: Leg) -> Leg:
        with self._lock:
            self._legs[leg.sid] = (leg, self._carrier.clock())
        return leg


def take_message(leg: Leg, seconds: float, wav: bytes | None, end: str) -> None:
    """Give a recording what was spoken (None: a tone), ended by a key, by silence ("") or by "hangup"."""
    cue = leg.cue
    if not isinstance(cue, Recording):
        return
    if seconds > 0:
        leg.speak(seconds, wav)
    if end == "hangup":
        leg.hang_up()
    elif seconds < cue.most:
        # A tape that is full has ended the recording by itself, and a key would be taken for the next question's.
        leg.press(end) if end else leg.finish()


def message_seconds(wav: bytes) -> float:
    """Return how long a message plays; raise ValueError unless it is a WAV file as telephones have it."""
    length = sounds.length(wav)
    if length is None or wav != sounds.joined([wav]):
        raise ValueError("send a WAV file of 8 kHz, 16 bit, mono")
    return length


def state(leg: Leg) -> dict[str, object]:
    """Return how a call stands, as JSON: the cue and its number, status, seconds, and the place in a queue."""
    turn, cue = leg.turn, leg.cue  # In this order: a new cue under its old number is only shown once more.
    shown = to_json(replace(cue, url=local(cue.url)) if isinstance(cue, Playing) else cue)
    return {
        "call": leg.sid,
        "turn": turn,
        "cue": shown,
        "status": leg.status,
        "seconds": leg.seconds,
        "queue": _queue(leg),
    }


def local(url: str) -> str:
    """Return a sound's address as this page may load it: a path on this machine, a row of tones, or "" elsewhere."""
    parts = urlsplit(url)
    if url == MUSIC:
        return "/phone/music.wav"
    if parts.scheme == "dtmf":
        return url
    if parts.hostname not in LOOPBACK:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _queue(leg: Leg) -> dict[str, object] | None:
    if not isinstance(leg.place, CallQueue):
        return None
    members = leg.place.members
    found = [(place, member) for place, member in enumerate(members, 1) if member.leg is leg]
    return next(
        ({"name": leg.place.name, "place": place, "waited": leg.place.waited(member)} for place, member in found), None
    )
