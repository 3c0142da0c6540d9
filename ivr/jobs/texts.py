"""How the SMS that callers are to get are sent: each once, however often it is tried and whatever breaks meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final, Protocol

import structlog

from ivr.desk.allowance import Allowance, UsedUpError
from ivr.store.answers import Gone, Later, Refused, Taken, Unsure
from ivr.store.texts import LEASE, Sms, Texts

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
SETTLED: Final = timedelta(seconds=30)  # So long after a try whose end nobody knows, the carrier knows of it.
SPENT: Final = timedelta(minutes=20)  # Until a text beyond the day's allowance is tried again.
SLACK: Final = timedelta(minutes=10)  # So far may the carrier's clock be from ours.
MOST: Final = 10  # Texts to one number in a day.
NOT_THERE: Final = "ALLOWED_PREFIXES has no beginning of this number"
NO_SENDER: Final = "there is no number to send from: TWILIO_SMS_FROM is not set"
log = structlog.get_logger()


class Carrier(Protocol):
    """Who sends our texts."""

    def send(self, number: str, words: str) -> Taken | Refused | Later | Unsure:
        """Send a text to a number (E.164); return what came of it, in a few seconds."""

    def sent(self, number: str) -> list[Gone] | Unsure:
        """Return the latest texts to a number that it has, whoever asked for them; or that nobody knows."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends texts by a carrier; without one, none is sent. `chance` (0 to 1) spreads the tries of many.

    `prefixes` are how numbers must begin that may be written to: whoever asks for SMS to dear numbers gets none. What
    is beyond the day's `allowance` goes once there is some again: nobody can keep an owner's warning away for good.
    """

    texts: Texts
    carrier: Carrier | None
    now: Callable[[], datetime]
    prefixes: tuple[str, ...] = ("+",)
    chance: Callable[[], float] = SystemRandom().random
    most: int = MOST
    allowance: Allowance | None = None  # Without one, as many go as are asked for.

    def send(self, text_id: str) -> None:
        """Send one text if it is due; where it does not go it is due again later, until it is given up."""
        begun = self.now()
        if (taken := self.texts.claim(text_id, begun)) is None:
            return
        text, unsure = taken
        if self.carrier is None:
            self._give_up(text, NO_SENDER)
        elif not text.number.startswith(self.prefixes):
            self._give_up(text, NOT_THERE)
        elif self.texts.before(text) >= self.most:
            self._give_up(text, "capped")
        elif self._used_up():
            log.error("the day's texts are used up")
            self._later(text, "the day's texts are used up", SPENT, unsure)
        elif answer := self._answer(self.carrier, text, unsure, begun):
            self._note(text, answer)

    def _used_up(self) -> bool:
        try:
            if self.allowance:
                self.allowance.spend()
        except UsedUpError:
            return True
        return False

    def due(self) -> list[str]:
        """Return the ids of the texts whose time has come."""
        return self.texts.due(self.now())

    def _answer(
        self, carrier: Carrier, text: Sms, unsure: bool, begun: datetime
    ) -> Taken | Refused | Later | Unsure | None:
        """Return what came of it; None where that took so long that another may have it in hand by now."""
        if unsure:
            found = self._found(carrier, text)
            if found is not None:
                return found
        if self.now() > begun + LEASE / 2:
            return None
        return carrier.send(text.number, text.words)

    def _found(self, carrier: Carrier, text: Sms) -> Taken | Unsure | None:
        """Return that the carrier has it already, or did not say; None where it has none but those of other rows."""
        gone = carrier.sent(text.number)
        if isinstance(gone, Unsure):
            return gone
        same = [one for one in gone if one.words == text.words and one.at >= text.created_at - SLACK]
        others = self.texts.known([one.sid for one in same])
        return next((Taken(one.sid, one.failed) for one in reversed(same) if one.sid not in others), None)

    def _note(self, text: Sms, answer: Taken | Refused | Later | Unsure) -> None:
        match answer:
            case Taken(sid, failed):
                if not self.texts.sent(text.id, sid, self.now(), failed):
                    self._later(text, "another text was taken for it", SETTLED, unsure=True)
                elif failed:
                    log.warning("text not delivered", text=text.id, call=text.call_id, why=failed)
            case Refused(why):
                self._give_up(text, why)
            case Later(why, seconds):
                self._later(text, why, timedelta(seconds=seconds or 0), unsure=False)
            case Unsure(why, seconds):
                self._later(text, why, max(SETTLED, timedelta(seconds=seconds or 0)), unsure=True)

    def _later(self, text: Sms, why: str, least: timedelta, unsure: bool) -> None:
        pause: timedelta = min(FIRST_PAUSE * 2 ** min(text.tries - 1, 20), LONGEST_PAUSE) * (0.75 + self.chance() / 2)
        # What the carrier asks for is kept to, and spread as well: all were told the same.
        at = self.now() + max(pause, least * (1 + self.chance() / 4))
        again = self.texts.later(text, why, at, unsure)
        log.warning("text not sent", text=text.id, call=text.call_id, why=why, again=at if again else None)

    def _give_up(self, text: Sms, why: str) -> None:
        self.texts.give_up(text.id, why)
        log.warning("text given up", text=text.id, call=text.call_id, why=why)
