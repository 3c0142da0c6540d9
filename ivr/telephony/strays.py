"""Recordings and calls that nobody told us of, or only half: those of another host's lifeboat, or of a broken line."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog
from twilio.base.exceptions import TwilioException

from ivr.flow.flow import Flow
from ivr.flow.inputs import Recorded
from ivr.hotline import Hotline
from ivr.replies import UNTOLD, Caller
from ivr.store.messages import Messages
from ivr.telephony.facts import Left, Over, Ready
from ivr.telephony.rest import Rang, Rest, Tape
from ivr.telephony.unwritten import Unwritten

BACK: Final = timedelta(days=7)
LATELY: Final = timedelta(days=1)  # There are many more calls than messages, and less is lost with one.
AT_ONCE: Final = 500  # Of which the database is asked whether it knows them.
LONGEST: Final = timedelta(hours=4)  # The longest call that the carrier lets be.
SETTLED: Final = timedelta(minutes=10)  # By then the carrier has told what it had to tell.
T = TypeVar("T", Tape, Rang)
log = structlog.get_logger()


@dataclass
class Strays:
    """Takes in what callers left; of a call that we never knew it is urgent, as it may be the report of a theft.

    All of these days is looked through after a start. From then on only what may be new since the last look. What we
    were told and have yet to write down is no stray.
    """

    rest: Rest
    hotline: Hotline
    messages: Messages
    unwritten: Unwritten
    flow: Callable[[], Flow]
    now: Callable[[], datetime]
    _looked: datetime | None = None  # When all was taken in.

    def take(self) -> int:
        """Take in what of these days we do not know, or nobody hears; return how many recordings and calls that was.

        Raise what REST raises, once all others are taken in.
        """
        failed, now, behind = list[Exception](), self.now(), self.unwritten.calls()
        taken = self._unheard() + self._each(self._tapes, self.messages.unknown, self._tape, behind, failed)
        taken += self._each(self._rang, self.hotline.journal.unknown, self._call, behind, failed)
        if failed:
            raise failed[0]
        if not behind:  # Else not all was looked at.
            self._looked = now
        return taken

    def _since(self, back: timedelta) -> datetime:
        """Return since when what began may be new to us."""
        since = self.now() - back
        return max(since, self._looked - SETTLED - LONGEST) if self._looked else since

    def _each(
        self,
        look: Callable[[], list[T]],
        unknown: Callable[[Sequence[str]], set[str]],
        take: Callable[[T], bool],
        behind: Collection[str],
        failed: list[Exception],
    ) -> int:
        found, taken = list[T](), 0
        with _noted(failed):
            found = [one for one in look() if one.call not in behind]
        for start in range(0, len(found), AT_ONCE):
            some = found[start : start + AT_ONCE]
            strange = unknown([one.sid for one in some])
            for one in some:
                if one.sid in strange:
                    with _noted(failed):  # It keeps no other from being heard.
                        taken += take(one)
        return taken

    def _unheard(self) -> int:
        """Have recordings heard of which only the carrier's callback told, as the caller's own request never came."""
        now = self.now()
        found = self.messages.unheard(now - BACK, now - SETTLED)
        for one in found:
            left = Recorded(one.recording_sid or "", one.seconds or 0)
            self.unwritten.write(Left(one.call_id, UNTOLD, left, one.created_at))
            log.warning("a message that was nobody's work", call=one.call_id, message=one.id)
        return len(found)

    def _tapes(self) -> list[Tape]:
        now = self.now()
        return [tape for tape in self.rest.tapes(self._since(BACK)) if tape.seconds and tape.at <= now - SETTLED]

    def _tape(self, tape: Tape) -> bool:
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

    def _rang(self) -> list[Rang]:
        now = self.now()
        number = self.flow().hotline.number
        return [one for one in self.rest.rang(number, self._since(LATELY)) if one.at <= now - SETTLED]

    def _call(self, one: Rang) -> bool:
        """Have a call that only another host's lifeboat knew stand in the log, as given up."""
        self.unwritten.write(Over(one.sid, Caller(one.caller, one.called), one.at))
        log.warning("a call that nobody told us of", call=one.sid)
        return True


@contextmanager
def _noted(failed: list[Exception]) -> Iterator[None]:
    try:
        yield
    except (TwilioException, OSError) as error:
        failed.append(error)
