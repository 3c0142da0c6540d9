"""Recordings that nobody told us of, or only half: made in the lifeboat of another host, or as the line broke."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from twilio.base.exceptions import TwilioException

from ivr.flow.flow import Flow
from ivr.flow.inputs import Recorded
from ivr.hotline import Hotline
from ivr.replies import UNTOLD, Caller
from ivr.store.messages import Messages
from ivr.telephony.facts import Left, Ready
from ivr.telephony.rest import Rest, Tape
from ivr.telephony.unwritten import Unwritten

BACK: Final = timedelta(days=7)
SETTLED: Final = timedelta(minutes=10)  # By then the carrier has told what it had to tell.
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Strays:
    """Takes in what callers left; of a call that we never knew it is urgent, as it may be the report of a theft."""

    rest: Rest
    hotline: Hotline
    messages: Messages
    unwritten: Unwritten
    flow: Callable[[], Flow]
    now: Callable[[], datetime]

    def take(self) -> int:
        """Take in the recordings of the last days that we do not know, or nobody hears; return how many.

        Raise what REST raises, once all others are taken in.
        """
        return self._unheard() + self._unknown()

    def _unheard(self) -> int:
        """Have recordings heard of which only the carrier's callback told, as the caller's own request never came."""
        now = self.now()
        found = self.messages.unheard(now - BACK, now - SETTLED)
        for one in found:
            left = Recorded(one.recording_sid or "", one.seconds or 0)
            self.unwritten.write(Left(one.call_id, UNTOLD, left, one.created_at))
            log.warning("a message that was nobody's work", call=one.call_id, message=one.id)
        return len(found)

    def _unknown(self) -> int:
        taken, failed = 0, list[Exception]()
        for tape in self._found():
            try:
                taken += self._take(tape)
            except (TwilioException, OSError) as error:  # It keeps no other from being heard.
                failed.append(error)
        if failed:
            raise failed[0]
        return taken

    def _found(self) -> Iterator[Tape]:
        now = self.now()
        for tape in self.rest.tapes(now - BACK):
            if tape.seconds and tape.at <= now - SETTLED and not self.messages.recorded(tape.sid):
                yield tape

    def _take(self, tape: Tape) -> bool:
        hotline = self.flow().hotline
        caller = Caller(*self.rest.parties(tape.call))
        if caller.called != hotline.number:
            return False
        known = self.hotline.journal.call(tape.call)
        matter = hotline.lifeboat.matter if hotline.lifeboat and not known else ""
        self.unwritten.write(Ready(tape.call, tape.sid, "completed", tape.seconds, tape.at))
        self.unwritten.write(Left(tape.call, caller, Recorded(tape.sid, tape.seconds, matter=matter), tape.at))
        log.warning("a recording that nobody told us of", call=tape.call, recording=tape.sid)
        return True
