"""One phone's part in a call, driven from outside: it shows a cue, and a driver tells it what the party does.

The driver's protocol. `leg.cue` is what the party hears or is waited for (see cues.py; `cues.to_json` makes it a
JSON object), `leg.turn` counts the cues. A cue with `seconds` ends by `leg.finish(turn)` after that time; with the
turn, a late call for a cue that is past does nothing. `leg.press(key)` is a key, `leg.speak(seconds, wav)` is
sound while recording, `leg.recorded(seconds, wav, key)` is sound and its end, `leg.hang_up()` ends the call. A
ringing phone takes `leg.pick_up()` or `leg.decline(status)`, once what made it ring is done.
`leg.wait_beyond(turn, seconds)` waits for the next cue, for a driver that watches from another thread. All others
return at once when nothing is to be done, else after the requests that they set off were answered.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ivr.carrier.cues import Cue, Over, Ringing
from ivr.carrier.signals import (
    Declined,
    Event,
    Finished,
    HungUp,
    Moved,
    Parted,
    PickedUp,
    Pressed,
    Request,
    Signal,
    Spoke,
    Started,
    Steps,
    Stirred,
    TakenFromQueue,
    Uttered,
)

if TYPE_CHECKING:
    from ivr.carrier.bridge import Bridge
    from ivr.carrier.company import Carrier

KEYS = "0123456789*#ABCD"
BELL_SECONDS = 2.0  # Of real time, in which whoever hears it ring may be quicker than what made it do so.


class Leg:
    """One phone in a call, as its driver and the interpreter of TwiML see it."""

    def __init__(
        self, carrier: Carrier, sid: str, from_: str, to: str, direction: str, parent: Leg | None = None
    ) -> None:
        self.carrier, self.sid, self.from_, self.to = carrier, sid, from_, to
        self.direction, self.parent = direction, parent
        self.extra: dict[str, str] = {}
        self.status = "ringing" if direction == "inbound" else "queued"
        self.verdict = "no-answer"
        self.created = self.since = carrier.clock()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.cue: Cue = Ringing(None)
        self.turn = 0
        self.fallback: Request | None = None
        self.cookies: dict[str, dict[str, str]] = {}
        self.hops = 0
        self.rounds = 0
        self.place: object = None
        self.bridge: Bridge | None = None
        self.after_fetch: list[Callable[[], None]] = []
        self.on_change: list[Callable[[Leg], None]] = []
        self._life: Steps[None] | None = None
        self._inbox: deque[Event | Signal] = deque()
        self._busy = False
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """Whether the call is over for this phone."""
        return isinstance(self.cue, Over)

    @property
    def answered(self) -> bool:
        """Whether it was picked up."""
        return self.answered_at is not None

    @property
    def seconds(self) -> int:
        """Whole seconds from being answered until the end, or until now."""
        if self.answered_at is None:
            return 0
        return round(((self.ended_at or self.carrier.clock()) - self.answered_at).total_seconds())

    # What a driver does.

    def finish(self, turn: int | None = None) -> bool:
        """The present cue has come to its end; False when it has none, or is not the one of `turn` any more."""
        seconds = self.cue.seconds
        if seconds is None or (turn is not None and turn != self.turn):
            return False
        self.carrier.clock.reach(self.since + timedelta(seconds=seconds))
        return self._act(Finished(), turn)

    def press(self, key: str) -> bool:
        """One key of the phone; lost, as at Twilio, while nobody gathers keys or a document is being fetched."""
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"{key!r} is no key")
        return self._act(Pressed(key))

    def speak(self, seconds: float, wav: bytes | None = None) -> bool:
        """Sound of `seconds` while recording; without `wav` it will be a practice tone of that length."""
        return self._act(Spoke(seconds, wav))

    def utter(self, words: str, confidence: float = 0.9) -> bool:
        """Words said to a Gather that takes speech."""
        return self._act(Uttered(words, confidence))

    def recorded(self, seconds: float, wav: bytes | None = None, key: str = "") -> bool:
        """The recording is ready: sound of `seconds`, ended by `key` or, without one, by silence."""
        if seconds > 0:
            self.speak(seconds, wav)
        return self.press(key) if key else self.finish()

    def hang_up(self) -> None:
        """The party puts the phone down."""
        self.signal(HungUp())

    def pick_up(self) -> bool:
        """Answer the ringing phone."""
        return self._act(PickedUp(), patience=BELL_SECONDS)

    def decline(self, status: str = "busy") -> bool:
        """Do not answer the ringing phone: busy, no-answer or failed."""
        return self._act(Declined(status), patience=BELL_SECONDS)

    def wait_beyond(self, turn: int, seconds: float) -> bool:
        """Wait in real time until another cue than that of `turn` is shown; False when none came in `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self.turn != turn, seconds)

    # What the carrier does.

    def start(self, life: Steps[None]) -> None:
        """Begin; `life` is what the leg does from now to its end."""
        self._life = life
        self._put(Started())

    def tell(self, event: Event) -> None:
        """Something happened elsewhere that the leg may be waiting for."""
        self._put(event)

    def signal(self, signal: Signal) -> None:
        """Break into whatever the leg is doing; nothing happens when it does not concern it any more."""
        self._put(signal)

    def answer(self) -> None:
        """The call is answered, if it was not before."""
        if self.answered_at is None:
            self.answered_at = self.carrier.clock()
            self.verdict = "completed"
            self.change("in-progress")

    def change(self, status: str) -> None:
        """The call's status is another; those who watch are told."""
        self.status = status
        for watcher in self.on_change:
            watcher(self)

    def _act(self, event: Event, turn: int | None = None, patience: float = 0.0) -> bool:
        """Have it happen; False where it is lost: the leg is over, elsewhere, or busy for longer than `patience`."""
        with self._changed:
            if patience and self._changed.wait_for(lambda: not self._busy, patience) and self.answered:
                return False
            if self._busy or self.over or (turn is not None and turn != self.turn):
                return False
            self._busy = True
            self._inbox.append(event)
        self.carrier.errands.run(self._drain)
        return True

    def _put(self, event: Event | Signal) -> None:
        with self._changed:
            self._inbox.append(event)
            if self._busy:
                return
            self._busy = True
        self.carrier.errands.run(self._drain)

    def _drain(self) -> None:
        while True:
            with self._changed:
                if not self._inbox:
                    self._busy = False
                    self._changed.notify_all()
                    return
                event = self._inbox.popleft()
            try:
                self._step(event)
            except BaseException:
                self.verdict = "failed"
                self._end()
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
                raise

    def _step(self, event: Event | Signal) -> None:
        if self._life is None or self.over:
            return
        try:
            match event:
                case Started():
                    cue = next(self._life)
                case HungUp() | Moved() | TakenFromQueue() | Parted() | Stirred():
                    if not self._concerns(event):
                        return
                    cue = self._life.throw(event)
                case _:
                    cue = self._life.send(event)
        except (StopIteration, HungUp):
            self._end()
        else:
            self._show(cue)

    def _concerns(self, signal: Signal) -> bool:
        match signal:
            case HungUp(status=status):
                self.verdict = status or self.verdict
                self.status = self.verdict
                return True
            case TakenFromQueue(bridge=bridge):
                return self.bridge is bridge
            case Parted(bridge=bridge):
                return self.bridge is bridge
            case Stirred(room=room):
                return self.place is room
            case _:
                return True

    def _show(self, cue: Cue) -> None:
        if cue is self.cue:
            return
        with self._changed:
            self.hops = 0
            self.cue, self.since = cue, self.carrier.clock()
            self.turn += 1
            self._changed.notify_all()

    def _end(self) -> None:
        self.ended_at = self.carrier.clock()
        self._show(Over(self.verdict))
        self.change(self.verdict)
