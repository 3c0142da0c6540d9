"""A caller for tests and the terminal: listens until it must act, and then keys, speaks, waits or hangs up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.carrier.cues import Cue, Listening, Over, Playing, Queued, Recording, Ringing, Saying, Talking

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.leg import Leg

_A_KEY = 0.4
_MOST_PROMPTS = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing heard: kind `say` (text), `play` (url) or `beep`; `whole` False when a key cut it short."""

    kind: str
    text: str
    language: str = ""
    voice: str = ""
    whole: bool = True


class Caller:
    """Somebody with a phone in the hand."""

    def __init__(
        self,
        carrier: Carrier,
        from_: str = "",
        to: str = "",
        extra: Mapping[str, str] | None = None,
        leg: Leg | None = None,
    ) -> None:
        """Dial `to`; or take over the driving of `leg`, say an agent's that has just picked up."""
        self.carrier = carrier
        self.leg = leg or carrier.dial(from_, to, extra)
        self.heard: list[Heard] = []
        self._new: list[Heard] = []
        self._noted = -1

    @property
    def cue(self) -> Cue:
        """What is heard or waited for now."""
        return self.leg.cue

    @property
    def over(self) -> bool:
        """Whether the call is over."""
        return self.leg.over

    @property
    def status(self) -> str:
        """The call's status in Twilio's words."""
        return self.leg.status

    def listen(self) -> list[Heard]:
        """Listen until keys, a message, or somebody else is waited for, a waiting round is over, or the call is.

        What was heard since the last time, with sounds that a bridge or a transfer cut short. Raises RuntimeError
        when a thousand prompts in a row wait for nothing.
        """
        rounds = self.leg.rounds
        for _ in range(_MOST_PROMPTS):
            if self.leg.rounds != rounds or not self._note() or not self.leg.finish():
                return self._take()
        raise RuntimeError("the call goes on and on without waiting for the caller")

    def press(self, keys: str, interrupt: bool = False) -> list[Heard]:
        """Key in `keys`, one after the other, after listening to the end of the prompt (or, with `interrupt`, at once).

        What was heard before the keys. Keys that come when nobody gathers any are lost, as they are at Twilio.
        """
        heard = [] if interrupt else self.listen()
        for key in keys:
            self._note(whole=not interrupt)
            self.carrier.clock.advance(_A_KEY)
            self.leg.press(key)
        return heard + self._take()

    def silence(self) -> list[Heard]:
        """Do nothing: the present Gather or Record times out, or one waiting round passes; what was heard before it."""
        heard = self.listen()
        if isinstance(self.leg.cue, Listening | Recording):
            self.leg.finish()
        return heard

    def speak(self, seconds: float, wav: bytes | None = None) -> None:
        """Speak while the message is recorded; a key, silence() or hang_up() ends it. Raises RuntimeError else."""
        self.listen()
        if not isinstance(self.leg.cue, Recording):
            raise RuntimeError(f"nothing is recorded now, but {self.leg.cue}")
        self.leg.speak(seconds, wav)

    def hang_up(self) -> None:
        """Put the phone down."""
        self._note(whole=False)
        self.leg.hang_up()

    def _note(self, whole: bool = True) -> bool:
        """Note the present cue, once; whether it passes by itself."""
        cue = self.leg.cue
        if self._noted != self.leg.turn:
            self._noted = self.leg.turn
            match cue:
                case Saying(text=text, language=language, voice=voice):
                    self._new.append(Heard("say", text, language, voice, whole))
                case Playing(url=url):
                    self._new.append(Heard("play", url, whole=whole))
                case Recording(beep=True):
                    self._new.append(Heard("beep", ""))
        return not isinstance(cue, Listening | Recording | Ringing | Talking | Queued | Over)

    def _take(self) -> list[Heard]:
        new, self._new = self._new, []
        self.heard += new
        return new
