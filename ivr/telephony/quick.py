"""Turns for which memory suffices: one thread takes them beside each other while others are being written down."""

import re
from asyncio import get_running_loop, shield, timeout
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, TypeVar

import structlog

from ivr.desk.keeping import Outlook
from ivr.flow.call import Call
from ivr.flow.inputs import Answered, HungUp, InLine
from ivr.flow.waits import Agent
from ivr.replies import Foreseen, Reply, patiently
from ivr.store.errors import StoreError
from ivr.store.waking import Together
from ivr.store.writer import PATIENCE_SECONDS
from ivr.telephony.calls import Told, caller
from ivr.telephony.decode import decode, decode_wait
from ivr.telephony.routes import OVER, Line, foreseen, spoken

PATH: Final = re.compile(r"/voice/(?:(incoming|status)|(turn|wait)/([1-9][0-9]{0,5}))")
T = TypeVar("T")
READS: Final = 2.0  # Seconds; whoever waits for longer is better taken by the lifeboat.
LOOKS: Final = 1.0  # Seconds; whoever waits for longer is better played the next round of music.
CONCLUDES: Final = 3.5  # Seconds, a little longer than a reply waits for the wallet; the caller asks again then.
DONE: Final = ""  # Nothing is said to who only tells us something.
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Quick:
    """Answers what the carrier asks as `ivr.telephony.routes` does, or leaves it to them.

    What takes longer than a turn, as asking the wallet does, is done by `threads`.
    """

    line: Line
    threads: Executor
    outlooks: Together[tuple[str, Call], Outlook | None] = field(init=False)

    def __post_init__(self) -> None:
        """Make what looks ahead for all who ask for it at one moment."""
        object.__setattr__(self, "outlooks", Together(self.threads, self._outlooks))

    def signed(self, path: str, query: str, fields: Sequence[tuple[str, str]], signature: str) -> Told | None:
        """Return what the carrier tells of a call of ours, signed by it; None for all else."""
        form, line = Told(reversed(fields)), self.line
        if form.get("AccountSid") != line.account or not form.get("CallSid"):
            return None
        once = form.items() if len(form) == len(fields) else set(fields)
        return form if line.signatures.good(path, query, once, signature) else None

    async def answer(self, path: str, form: Told, until: float) -> str | None:
        """Return the TwiML, or `DONE`, for what is `signed`; None for whatever is not to be had from memory.

        What can be heard later is not waited for beyond a moment, `until`, of `perf_counter`.
        Raise what the writing down of it raises: it may be written all the same.
        """
        found, line, call = PATH.fullmatch(path), self.line, form["CallSid"]
        if found is None:
            return None
        if found[1] == "status":
            return await self._over(call, form, until)
        turn = int(found[3] or 0)
        if turn and self._behind(call, turn):
            await self._read(call)
        if found[2] == "wait":
            made = await self._waiting(call, turn, decode_wait(form), until)
        else:
            made = self._foreseen(call, path.removeprefix("/voice/"), form)
        reply = await self._taken(made, until) if made else None
        return None if reply is None else spoken(line, reply)

    def _behind(self, call: str, turn: int) -> bool:
        """Return whether another server had this call in hand since we had."""
        stored = self.line.hotline.journal.recent(call)
        return stored is None or stored.call.due < turn

    async def _read(self, call: str) -> None:
        """Have the call in memory as the database has it; raise StoreError where that takes too long."""
        try:
            async with timeout(READS):
                await self._apart(lambda: self.line.hotline.journal.fresh(call))
        except TimeoutError:
            raise StoreError(f"the database took longer than {READS:.0f} s to read a call") from None

    def _foreseen(self, call: str, asked: str, form: Told) -> Foreseen | None:
        if asked != "incoming":
            return self.line.hotline.foresee(call, asked, decode(form))
        rings = caller(form)
        if self.line.bars(rings.number):
            return None
        return self.line.hotline.foresee(call, asked, Answered(rings.number), rings)

    async def _waiting(self, call: str, turn: int, heard: InLine, until: float) -> Foreseen | None:
        """Add how long it still takes, where that is to be told: from memory, or else by a look at the line."""
        line = self.line
        if not heard.keys or heard.keys == line.flow().hotline.keys.again:
            stored = line.hotline.journal.recent(call)
            if stored is None or stored.call.due != turn:
                return None
            if (seen := line.desk.outlook_at_hand(call, stored.call)) is None:
                seen = await self._ahead(call, stored.call, until)
            elif line.desk.outlooks.due:
                self.outlooks.ask((call, stored.call))  # Whoever asks next finds the line as it stands by then.
            heard = foreseen(heard, seen) if seen else heard
        return line.hotline.foresee(call, f"wait/{turn}", heard)

    async def _ahead(self, call_id: str, call: Call, until: float) -> Outlook | None:
        """Look ahead for a caller; None where that takes too long, as what they hear is still to be written down."""
        try:
            async with timeout(min(LOOKS, until - perf_counter() - PATIENCE_SECONDS)):
                return await self.outlooks.ask((call_id, call))
        except TimeoutError:
            return None

    def _outlooks(self, asked: Sequence[tuple[str, Call]]) -> Sequence[Outlook | None]:
        try:
            return self.line.desk.outlooks_of(asked)
        except Exception:
            log.exception("no outlook", calls=[call for call, _ in asked])
            return [None] * len(asked)

    async def _over(self, call: str, form: Told, until: float) -> str | None:
        if form.get("CallStatus") not in OVER:
            return DONE
        stored = self.line.hotline.journal.recent(call)
        if stored is None or self.line.unwritten.behind(call):
            return None
        if not stored.call.ended:
            made = self.line.hotline.foresee(call, "hangup", HungUp())
            if made is None or await self._taken(made, until) is None:
                return None
        self.line.changed()
        return DONE

    async def _taken(self, made: Foreseen, until: float) -> Reply | None:
        """Write a turn down, and return what the caller hears; None where another was faster."""
        hotline = self.line.hotline
        if not await hotline.journal.appended(made.entry):
            return None
        if isinstance(made.entry.call.wait, Agent):
            self.outlooks.ask((made.entry.call_id, made.entry.call))  # As their waiting room is asked for next.
        if made.settled:
            return hotline.conclude(made)
        # It is written down, so it is also done where it waits for a thread longer than the caller does for an answer.
        concluded = get_running_loop().run_in_executor(self.threads, hotline.conclude, made)
        try:
            async with timeout(min(CONCLUDES, until - perf_counter())):
                return await shield(concluded)
        except TimeoutError:
            return patiently(made.reply, made.entry.call)

    async def _apart(self, job: Callable[[], T]) -> T:
        return await get_running_loop().run_in_executor(self.threads, job)
