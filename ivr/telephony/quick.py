"""Turns for which memory suffices: one thread takes them beside each other while others are being written down."""

import re
from asyncio import get_running_loop
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from ivr.flow.inputs import Answered, HungUp, InLine
from ivr.replies import Foreseen, Reply
from ivr.telephony.calls import Told, caller
from ivr.telephony.decode import decode, decode_wait
from ivr.telephony.routes import OVER, Line, foreseen, spoken

PATH: Final = re.compile(r"/voice/(?:(incoming|status)|(turn|wait)/([1-9][0-9]{0,5}))")
DONE: Final = ""  # Nothing is said to who only tells us something.


@dataclass(frozen=True, slots=True)
class Quick:
    """Answers what the carrier asks as `ivr.telephony.routes` does, or leaves it to them.

    What takes longer than a turn, as asking the wallet does, is done by `threads`.
    """

    line: Line
    threads: Executor

    async def answer(self, path: str, query: str, fields: Sequence[tuple[str, str]], signature: str) -> str | None:
        """Return the TwiML, or `DONE`; None for whatever is not signed, not known, or not to be had from memory.

        Raise what the writing down of it raises: it may be written all the same.
        """
        form, found, line = Told(reversed(fields)), PATH.fullmatch(path), self.line
        if found is None or form.get("AccountSid") != line.account or not (call := form.get("CallSid")):
            return None
        if not line.signatures.good(path, query, fields, signature):
            return None
        if found[1] == "status":
            return await self._over(call, form)
        made = self._foreseen(call, found[1] or found[2], found[3] or "", form)
        reply = await self._taken(made) if made else None
        return None if reply is None else spoken(line, reply)

    def _foreseen(self, call: str, kind: str, turn: str, form: Told) -> Foreseen | None:
        hotline = self.line.hotline
        match kind:
            case "incoming":
                rings = caller(form)
                return hotline.foresee(call, kind, Answered(rings.number), rings)
            case "wait":
                heard = self._in_line(call, int(turn), decode_wait(form))
                return hotline.foresee(call, f"wait/{turn}", heard) if heard else None
            case _:
                return hotline.foresee(call, f"turn/{turn}", decode(form))

    def _in_line(self, call: str, turn: int, heard: InLine) -> InLine | None:
        """Add how long it still takes, where that is to be told and is known."""
        line = self.line
        if heard.keys and heard.keys != line.flow().hotline.keys.again:
            return heard
        stored = line.hotline.journal.recent(call)
        seen = line.desk.outlook_at_hand(call, stored.call) if stored and stored.call.due == turn else None
        return foreseen(heard, seen) if seen else None

    async def _over(self, call: str, form: Told) -> str | None:
        if form.get("CallStatus") not in OVER:
            return DONE
        stored = self.line.hotline.journal.recent(call)
        if stored is None or self.line.unwritten.behind(call):
            return None
        if not stored.call.ended:
            made = self.line.hotline.foresee(call, "hangup", HungUp())
            if made is None or await self._taken(made) is None:
                return None
        self.line.changed()
        return DONE

    async def _taken(self, made: Foreseen) -> Reply | None:
        """Write a turn down, and return what the caller hears; None where another was faster."""
        hotline = self.line.hotline
        if not await hotline.journal.appended(made.entry):
            return None
        if made.settled:
            return hotline.conclude(made)
        return await get_running_loop().run_in_executor(self.threads, hotline.conclude, made)
