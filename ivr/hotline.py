"""The one door to a call: whatever the carrier tells comes in here, and what happened comes out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from time import monotonic, sleep
from typing import Final

import structlog

from ivr.due import ADRIFT, AT_ONCE, BESIDE, LATE, fresh, overdue, sealed, used_up
from ivr.flow.call import Call, fold
from ivr.flow.engine import step
from ivr.flow.events import Ended, Event, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, HungUp, Input, NotFound, Recorded, Rescued, Silence
from ivr.flow.questions import QUESTIONS, SLOW
from ivr.flow.waits import Lookup
from ivr.replies import UNTOLD, Caller, Foreseen, Reply, alone, asks, patiently
from ivr.store.entries import Entry, Start, Stored
from ivr.store.journal import Journal
from ivr.teller import Asks, NoWallet

TRIES: Final = 8
SLOW_AFTER: Final = timedelta(seconds=8)
JOINTLY: Final = timedelta(seconds=2.5)  # A little longer than a reply waits for the wallet.
# Longer than most checks of a code take, which two are not to make at once, and shorter than any reply may take.
OUTLIVED: Final = timedelta(seconds=3.5)
LOOKS_AGAIN: Final = 0.05
AGAIN_AFTER: Final = timedelta(seconds=4)  # Whoever had asked would know by then, so they are gone.
WARNS_AGAIN: Final = timedelta(minutes=1)
log = structlog.get_logger()


class UnknownCallError(LookupError):
    """The carrier goes on with a call that never rang here."""


@dataclass(frozen=True, slots=True)
class Hotline:
    """Takes every call by the version of the menus it began with, and writes each turn down before it answers.

    `flows` gives the flow of a version, `at_hand` only one that was read already, `latest` the version for new calls,
    `now` the moment in UTC; `teller` asks the wallet, whose answers are turns like any other.
    """

    journal: Journal
    flows: Callable[[int], Flow]
    latest: Callable[[], int]
    now: Callable[[], datetime]
    teller: Asks = field(default_factory=NoWallet)
    at_hand: Callable[[int], Flow | None] = lambda _version: None
    warned: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def foresee(self, call_id: str, asked: str, heard: Input, caller: Caller | None = None) -> Foreseen | None:
        """Return what this turn makes of the call, by what is in memory alone; who rings is told with the first one.

        None where more has to be looked at: ask by `answer`, `hear` or `hang_up`. Else write it down, then `conclude`.
        """
        stored = self.journal.recent(call_id)
        if stored is None:
            known = caller is not None
        else:
            known = caller is None and fresh(stored.call, asked, heard) and not asked.startswith(BESIDE)
        if not known or self.at_hand(stored.version if stored else self.latest()) is None:
            return None
        return self._foresee(call_id, asked, heard, stored, caller, self.now())

    def answer(self, call_id: str, caller: Caller) -> Reply:
        """Take a call that rings; the same call told again gets the same reply."""
        # Hardly any call that rings is in the database already, and if one is, its first turn is found taken.
        return self._take(call_id, "incoming", Answered(caller.number), caller, self.journal.recent(call_id))

    def hear(self, call_id: str, asked: str, heard: Input, at: datetime | None = None) -> Reply:
        """Go on with a call; `asked` is what the carrier was told to ask (`turn/7`, `wait/8`).

        The same `asked` told again gets the same reply. One that was never offered gets the present prompt. What could
        not be written down when it happened is told with the moment `at` which it did.
        Raise UnknownCallError where no such call ever rang.
        """
        stored = self.journal.call(call_id)
        if stored and not fresh(stored.call, asked, heard) and asked != f"turn/{stored.call.due}":
            stored = self.journal.fresh(call_id)
        if stored and isinstance(stored.call.wait, Lookup) and asked == f"turn/{stored.call.due}":
            return self._still(call_id, asked, self.journal.fresh(call_id) or stored)
        return self._take(call_id, asked, heard, None, stored, at)

    def rescue(self, call_id: str, failed: str, caller: Caller) -> Reply:
        """Have a caller whom a fault of ours left without an answer get a person, or leave a message at closed hours.

        `failed` is what was asked in vain; it brings back once. The call need not be known.
        """
        return self._take(call_id, f"{ADRIFT}{failed}", Rescued(caller.number), caller, self.journal.call(call_id))

    def save(self, call_id: str, told: Recorded, caller: Caller, at: datetime | None = None) -> Reply:
        """End a call with a message that was left after a fault of ours; the call need not be known, or may be over."""
        heard = replace(told, adrift=True)
        return self._take(call_id, f"{ADRIFT}{told.sid}", heard, caller, self.journal.call(call_id), at)

    def hang_up(self, call_id: str, caller: Caller = UNTOLD, at: datetime | None = None) -> None:
        """End a call whose caller is gone; a call that never rang here is written down as ended, too."""
        stored = self.journal.call(call_id)
        if stored is None or not stored.call.ended:
            self._take(call_id, "hangup", HungUp(), caller, stored, at)

    def present(self, call_id: str, turn: int) -> Call | None:
        """Return the call that waits for this turn; None where it does not wait for that, by now."""
        stored = self.journal.call(call_id)
        if stored and stored.call.turn < turn:
            stored = self.journal.fresh(call_id)
        return stored.call if stored and stored.call.due == turn else None

    def _take(
        self,
        call_id: str,
        asked: str,
        heard: Input,
        caller: Caller | None,
        stored: Stored | None,
        at: datetime | None = None,
        place: str = "",
    ) -> Reply:
        """Take a turn that is asked by this name, for what the call waits for at `place` where that has another."""
        place = place or asked
        if stored and not fresh(stored.call, place, heard):
            stored = self.journal.fresh(call_id)
        for _ in range(TRIES):
            if stored is None and caller is None:
                raise UnknownCallError(f"call {call_id} asks {asked!r}, but it never rang here")
            if stored and (not fresh(stored.call, place, heard) or self._told(call_id, asked)):
                self._keep(call_id, place, heard, stored, at)
                self._settle_taken(call_id, asked, heard, stored)
                return self._again(call_id, asked, stored, heard)
            if reply := self._step(call_id, asked, heard, stored, caller, at or self.now()):
                return reply
            stored = self.journal.fresh(call_id)
        raise RuntimeError(f"call {call_id}: {TRIES} other processes were faster at {asked!r}")

    def _keep(self, call_id: str, place: str, heard: Input, stored: Stored, at: datetime | None) -> None:
        """Write down, once, what a call no longer waits for at this place, where that must not be lost."""
        kind, _, number = place.partition("/")
        if kind != "turn" or not number.isdecimal() or not isinstance(heard, Found | NotFound | Recorded):
            return
        if kept := overdue(self.journal.turns(call_id), int(number), heard):
            # After none, an answer may yet come.
            name = f"{LATE}{number}/{kept.why}" if isinstance(kept, NotFound) else f"{LATE}{number}"
            self._take(call_id, name, kept, None, stored, at)

    def _told(self, call_id: str, asked: str) -> bool:
        """Was this told before, which tells no turn? A caller who was sent on waits again, as before the talk."""
        return asked.startswith(BESIDE) and any(turn.asked == asked for turn in self.journal.turns(call_id))

    def _step(
        self, call_id: str, asked: str, heard: Input, stored: Stored | None, caller: Caller | None, at: datetime
    ) -> Reply | None:
        foreseen = self._foresee(call_id, asked, heard, stored, caller, at)
        return self.conclude(foreseen) if self.journal.append(foreseen.entry) else None

    def _foresee(
        self, call_id: str, asked: str, heard: Input, stored: Stored | None, caller: Caller | None, at: datetime
    ) -> Foreseen:
        version = stored.version if stored else self.latest()
        flow = self.flows(version)
        call = stored.call if stored else flow.new_call()
        done = step(flow, call, heard, max(at, call.at or at))
        start = Start(caller.number, caller.called, version, call.language) if caller and not stored else None
        entry = Entry(call_id, asked, call.turn, done.events, done.call, start)
        return Foreseen(entry, call, heard, Reply(done.events, flow, done.call.language))

    def conclude(self, foreseen: Foreseen) -> Reply:
        """Return the reply to a turn that is written down, and see to what comes of it."""
        entry, before, reply = foreseen.entry, foreseen.before, foreseen.reply
        if isinstance(foreseen.heard, HungUp | Rescued):
            self._settle(entry.call_id, before)
        if alone(entry.call) and not alone(before):
            self._warn(entry.call_id, reply.flow.queue_of(entry.call), reply.language)
        return self._go_on(entry.call_id, entry.asked, entry.call, reply)

    def _go_on(self, call_id: str, asked: str, call: Call, reply: Reply) -> Reply:
        """Add to a reply what comes of the wallet's answer, if that comes in time; else the caller hears to wait."""
        if not isinstance(call.wait, Lookup):
            return reply
        if (answer := self._ask(call_id, call)) is None:
            return patiently(reply, call)
        place = f"turn/{call.due}"  # Where another process took the answer, the call waits for a later one by now.
        more = self._take(call_id, f"{asked}{AT_ONCE}", answer, None, self.journal.call(call_id), place=place)
        return Reply((*reply.events, *more.events), more.flow, more.language)

    def _ask(self, call_id: str, call: Call) -> Found | NotFound | None:
        wait, turn = call.wait, call.due
        if not isinstance(wait, Lookup):
            raise TypeError(f"call {call_id} waits for {wait}, which no wallet answers")
        return self.teller.ask(call_id, turn, wait, call.caller, lambda answer: self._late(call_id, turn, answer))

    def _late(self, call_id: str, turn: int, answer: Found | NotFound) -> None:
        """Write down an answer for which no request waits any more: the next one of the call finds it."""
        self._take(call_id, f"turn/{turn}", answer, None, self.journal.fresh(call_id))

    def _settle(self, call_id: str, call: Call) -> None:
        """Ask once more for an act whose caller is elsewhere by now: whoever asked may be gone, and it is done once."""
        known = QUESTIONS.get(call.wait.question) if isinstance(call.wait, Lookup) else None
        if known and known.acts and known.proven and (answer := self._ask(call_id, call)) is not None:
            self._late(call_id, call.due, answer)

    def _settle_taken(self, call_id: str, asked: str, heard: Input, stored: Stored) -> None:
        """See to what comes of a turn that is taken: who took it may have been told too late that it was written."""
        if not isinstance(heard, HungUp | Rescued):
            return
        told = self.journal.turns(call_id)
        before = takewhile(lambda turn: turn.asked != asked, told)
        call = fold(self.flows(stored.version).new_call(), [event for turn in before for event in turn.events])
        if f"{LATE}{call.due}" not in {turn.asked for turn in told}:
            self._settle(call_id, call)

    def _still(self, call_id: str, asked: str, stored: Stored) -> Reply:
        """Reply to a caller who waits for the wallet; whom it leaves without an answer for too long hears that."""
        call = stored.call
        if asked != f"turn/{call.due}" or not isinstance(call.wait, Lookup):
            return self._again(call_id, asked, stored, Silence())
        self.teller.linger(lambda: self.journal.turn(call_id) > call.turn)
        if self.journal.turn(call_id) > call.turn:
            return self._again(call_id, asked, self.journal.fresh(call_id) or stored, Silence())
        waited = self.now() - call.now
        if waited >= SLOW_AFTER:
            return self._take(call_id, asked, NotFound(SLOW), None, stored)
        gone = waited >= AGAIN_AFTER or waited < timedelta()  # The clock was put back.
        if gone and (answer := self._ask(call_id, call)) is not None:
            return self._take(call_id, asked, answer, None, stored)
        flow = self.flows(stored.version)
        return patiently(Reply((Waiting(call.wait, call.due),), flow, call.language), call)

    def _warn(self, call_id: str, queue: str, language: str) -> None:
        """Warn of the first caller of a minute: a hundred lines would say no more, and hide what else there is."""
        now, place = self.now(), (queue, language)
        if place not in self.warned or now - self.warned[place] >= WARNS_AGAIN:
            self.warned[place] = now
            log.warning("somebody waits, and nobody is on", call=call_id, queue=queue, language=language)

    def _told_before(self, call_id: str, asked: str, flow: Flow) -> tuple[Call, tuple[Event, ...], tuple[Event, ...]]:
        """Return the call after what was asked before, its last turn, and all that this was answered with, if it was.

        Where it was never asked, the call is as it stands now. Who was asked to wait asks by its number for a turn that
        another request of theirs may have taken at once, by its own name.
        """
        call, last, told, name = flow.new_call(), tuple[Event, ...](), tuple[Event, ...](), asked
        for turn in self.journal.turns(call_id):
            if turn.asked.startswith(LATE):
                call = fold(call, turn.events)
                continue
            if told and turn.asked != name:
                break
            due, call, last = call.due, fold(call, turn.events), turn.events
            if turn.asked == name or (turn.asked.endswith(AT_ONCE) and f"turn/{due}" == asked):
                told, name = (*told, *last), turn.asked + AT_ONCE
        return call, last, told

    def _anew(self, call_id: str, asked: str, flow: Flow, heard: Input) -> Reply | None:
        """Ask what a process that died was to ask: it alone knew what was keyed, which the carrier tells once more."""
        *before, last = self.journal.turns(call_id)
        if last.asked != asked or not sealed(last.events[-1]):
            return None
        call = fold(flow.new_call(), [event for turn in before for event in turn.events])
        done = step(flow, call, heard, self.now())
        return self._go_on(call_id, asked, done.call, Reply(last.events, flow, done.call.language))

    def _again(self, call_id: str, asked: str, stored: Stored, heard: Input) -> Reply:
        """Reply as before to what was asked before; else, to a call that is not over, with its present prompt.

        A caller who comes back to a call that ended after all hears its end.
        """
        flow = self.flows(stored.version)
        call, last, told = self._told_before(call_id, asked, flow)
        jointly = OUTLIVED if told and used_up(told[-1]) else JOINTLY
        end = monotonic() + jointly.total_seconds()
        while asks(told) and self.now() - call.now < jointly and monotonic() < end:
            # Whoever was first to take this turn waits for the wallet, and both are to say the same.
            sleep(LOOKS_AGAIN)
            call, last, told = self._told_before(call_id, asked, flow)
        if told and (reply := self._anew(call_id, asked, flow, heard)):
            return reply
        if told:
            return patiently(Reply(told, flow, call.language), call)
        if not call.ended and not isinstance(heard, Found | NotFound):
            log.warning("turn never offered", status=409, call=call_id, asked=asked, present=call.due)
        # An empty answer would have the carrier ask for a round of music again and again.
        over = call.ended and not asked.startswith(ADRIFT)
        shown = tuple(event for event in last if isinstance(event, Ended)) if over else last
        return patiently(Reply(shown, flow, call.language), call)
