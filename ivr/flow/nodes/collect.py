"""Ask for a number by keypad, check its form, read it back and have it confirmed.

```yaml
account:
  kind: collect
  name: account
  say: 请输入您的账户号码。
  help: 账户号码是十位数字，在应用的“我的”页面上可以看到。
  digits: "10"           # or a range: "12-20"
  show: last4            # to agents, until they ask for all of it: as it names a person. Otherwise: whole
  then: advice
```
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from ivr.flow import numbers
from ivr.flow.asking import ask, everywhere, missed
from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input
from ivr.flow.move import Go, Move, Prompt
from ivr.flow.node import Node, Path, Place, Words, keys_of, shaped
from ivr.flow.waits import FINISH, Keys

KEYED = "keyed"
LENGTH = 'write how many digits, as in "10" or "12-20"'
LENGTHS = {"phone": "11", "amount": "1-10", "date": "4"}
POINT = "*"
SAMPLES = {"phone": "13812345678", "amount": "128", "date": "0101"}
AMOUNT = re.compile(rf"([0-9]{{1,7}})(?:{re.escape(POINT)}([0-9]{{1,2}}))?")
SPOKEN = {"amount": "keyed_amount", "date": "keyed_date"}


class Collect(Node):
    """A number of the caller's: digits of a known length, a mobile number, an amount (12*50), or a date (MMDD)."""

    name: Annotated[str, shaped("[a-z][a-z_]*", "name what is keyed in small letters and _, as in paid_on")]
    say: Words
    help: Words
    form: Literal["digits", "phone", "amount", "date"] = "digits"
    digits: Annotated[str, shaped(r"\d{1,2}(-\d{1,2})?", LENGTH)] | None = None
    show: Literal["whole", "last4"] | None = None
    seconds: int = Field(6, ge=3, le=30)
    then: Place
    missed: Place | None = None

    def enter(self, flow: Flow, call: Call) -> Move:
        """Ask for the number."""
        asked = self._ask(flow, call)
        return Move(asked.then, (*self._forget(call), *asked.first))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Check what was keyed and read it back, or take the answer to that."""
        if KEYED in call.facts:
            return self._confirmed(flow, call, heard)
        if value := self.value(keys_of(heard), call.now.astimezone(flow.zone).date()):
            back = self._read_back()
            return Move(back.then, (Learned(KEYED, value), *back.first))
        return missed(flow, call, heard, "form", self._ask(flow, call, "help"), self.missed)

    def value(self, keys: str, today: date) -> str:
        """Return what the keys mean, as stored: digits, fen, or an ISO date; empty where they are of the wrong form."""
        if self.form == "amount":
            return _fen(keys)
        least, most = self._lengths
        if not re.fullmatch(rf"[0-9]{{{least},{most}}}", keys):
            return ""
        match self.form:
            case "phone":
                return keys if numbers.mobile(keys) else ""
            case "date":
                return _latest(keys, today)
        return keys

    def _confirmed(self, flow: Flow, call: Call, heard: Input) -> Move:
        match keys_of(heard):
            case "1":
                return Move(Go(self.then), (Learned(self.name, call.facts[KEYED]), Learned(KEYED, "")))
            case "2":
                asked = self._ask(flow, call)
                return Move(asked.then, (Learned(KEYED, ""), *asked.first))
            case keyed if keyed == FINISH:  # Pressed out of habit after the number's last digit, so it is no miss.
                return self._read_back()
        return missed(flow, call, heard, "wrong", self._read_back(), self.missed)

    def _ask(self, flow: Flow, call: Call, field: str = "say") -> Move:
        least, most = self._lengths
        point = (Prompt("hotline.phrases.point", POINT),) if self.form == "amount" else ()
        # A number of one length ends by itself; whoever was told to press # would press it into what comes next.
        finish = (Prompt("hotline.phrases.finish", FINISH),) if least < most else ()
        wait = Keys(most, FINISH, self.seconds)
        return ask(wait, self.prompt(field), *point, *finish, *everywhere(flow, call, FINISH))

    def _read_back(self) -> Move:
        read = Prompt(f"hotline.phrases.{SPOKEN.get(self.form, 'keyed_digits')}")
        return ask(Keys(1), read, Prompt("hotline.phrases.right", "1"), Prompt("hotline.phrases.redo", "2"))

    def _forget(self, call: Call) -> tuple[Learned, ...]:
        return (Learned(KEYED, ""),) if KEYED in call.facts else ()

    @property
    def masked(self) -> bool:
        """Is an agent shown the last four digits until they ask for all? A phone number names a person, so yes."""
        return (self.show or ("last4" if self.form == "phone" else "whole")) == "last4"

    @cached_property
    def _lengths(self) -> tuple[int, int]:
        least, _, most = (self.digits or LENGTHS.get(self.form, "0")).partition("-")
        return int(least), int(most or least)

    def keys(self, flow: Flow, call: Call) -> tuple[str, ...]:
        """Return a number of the right form, or the answers to the one that was read back."""
        if KEYED in call.facts:
            return "1", "2", FINISH
        return (SAMPLES.get(self.form) or "1" * self._lengths[0],)

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {self.name: self.form, KEYED: self.form}

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of a length that is missing, turned round, or so short that one key alone would be a number."""
        least, most = self._lengths
        if self.form == "digits" and not self.digits:
            yield ("digits",), 'how many digits has the number? write digits: "10" or digits: "12-20"'
        elif self.form != "digits" and self.digits:
            yield ("digits",), f"the length of a number of form {self.form!r} is known: remove digits"
        elif self.form == "digits" and (least > most or least < 2):
            yield ("digits",), "a number has at least 2 digits, as one key alone means a person, back or again"


def _fen(keys: str) -> str:
    found = AMOUNT.fullmatch(keys)
    fen = int(found[1] + (found[2] or "").ljust(2, "0")) if found else 0
    return str(fen) if fen else ""


def _latest(keys: str, today: date) -> str:
    for year in range(today.year, today.year - 5, -1):
        try:
            day = date(year, int(keys[:2]), int(keys[2:]))
        except ValueError:
            continue
        if day <= today:
            return day.isoformat()
    return ""
