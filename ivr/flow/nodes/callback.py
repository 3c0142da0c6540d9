"""Arrange to ring the caller back: on the number that they ring from, or on another.

```yaml
callback:
  kind: callback
  say: 好的，我们给您回电。
  yours: 您现在用的号码是：{keyed:digits}。
  this: 就打这个号码          # the words of key 1
  other: 换一个号码           # the words of key 2
  ask: 请输入回电的号码。
  help: 手机号十一位；固定电话前面要加区号。
  refused: 抱歉，这个号码我们打不了。
  soon: 轮到您时，我们就给您打过去。
  later: 我们{opening:moment}以后给您打过去。
  then: goodbye
```
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from ivr.flow import numbers
from ivr.flow.asking import ask, everywhere, missed
from ivr.flow.call import Call
from ivr.flow.events import AskedBack, Learned
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input
from ivr.flow.move import Go, Move, Prompt
from ivr.flow.node import Invitation, Node, Path, Place, Words, keys_of
from ivr.flow.waits import FINISH, Keys

KEYED = "keyed"
SECONDS = 6


class Callback(Node):
    """A call back on this number or another one of those that we may ring (hotline.yaml, callbacks)."""

    reaches: ClassVar[bool] = True
    timed: ClassVar[bool] = True
    say: Words
    yours: Words
    this: Invitation
    other: Invitation
    ask: Words
    help: Words
    refused: Words
    soon: Words
    later: Words
    then: Place
    missed: Place | None = None

    def enter(self, flow: Flow, call: Call) -> Move:
        """Offer the caller's own number, or ask for one where there is none that we may ring."""
        if own := _own(flow, call):
            offer = self._read_back(flow, call, own)
            return Move(offer.then, (Learned(KEYED, own), self.prompt("say"), *offer.first))
        asked = self._ask(flow, call)
        return Move(asked.then, (Learned(KEYED, ""), self.prompt("say"), *asked.first))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Take a number, or the answer to the one that was read out."""
        if number := call.facts.get(KEYED):
            return self._answered(flow, call, heard, number)
        number = numbers.e164(keys_of(heard), flow.hotline.number)
        if number and numbers.allowed(number, flow.hotline.callbacks.prefixes):
            back = self._read_back(flow, call, number)
            return Move(back.then, (Learned(KEYED, number), *back.first))
        again = self._ask(flow, call, *(("refused", "ask") if number else ("help",)))
        return missed(flow, call, heard, "form", again, self.missed)

    def _answered(self, flow: Flow, call: Call, heard: Input, number: str) -> Move:
        match keys_of(heard):
            case "1":
                return self._arranged(flow, call, number)
            case "2":
                asked = self._ask(flow, call)
                return Move(asked.then, (Learned(KEYED, ""), *asked.first))
            case keyed if keyed == FINISH:  # Pressed out of habit after the number's last digit, so it is no miss.
                return self._read_back(flow, call, number)
        back = self._read_back(flow, call, number)
        again = Move(back.then, (*back.first, *everywhere(flow, call)))
        return missed(flow, call, heard, "wrong", again, self.missed)

    def _arranged(self, flow: Flow, call: Call, number: str) -> Move:
        queue = flow.queue_of(call)
        rings = flow.schedule.rings(queue, call.now)
        opening = {"opening": rings.isoformat()} if rings else {}
        told = self.prompt("soon") if rings == call.now else self.prompt("later", facts=opening)
        return Move(
            Go(self.then),
            (AskedBack(number, queue), Learned(KEYED, ""), told, Prompt("hotline.phrases.reached", numbers.CONNECT)),
        )

    def _ask(self, flow: Flow, call: Call, *fields: str) -> Move:
        asked = (self.prompt(field) for field in fields or ("ask",))
        finish = Prompt("hotline.phrases.finish", FINISH)
        return ask(Keys(numbers.LONGEST, FINISH, SECONDS), *asked, finish, *everywhere(flow, call, FINISH))

    def _read_back(self, flow: Flow, call: Call, number: str) -> Move:
        facts = {KEYED: numbers.spoken(number, flow.hotline.number)}
        if number == _own(flow, call):
            return ask(
                Keys(1),
                self.prompt("yours", facts=facts),
                self.prompt("this", keys="1"),
                self.prompt("other", keys="2"),
            )
        right, redo = Prompt("hotline.phrases.right", "1"), Prompt("hotline.phrases.redo", "2")
        return ask(Keys(1), Prompt("hotline.phrases.keyed_digits", facts=facts), right, redo)

    def keys(self, flow: Flow, call: Call) -> tuple[str, ...]:
        """Return a number that may be rung, or the answers to the one that was read out."""
        if call.facts.get(KEYED):
            return "1", "2", FINISH
        number = numbers.example(flow.hotline.number, flow.hotline.callbacks.prefixes)
        return (number,) if number else ()

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {KEYED: "phone", "opening": "moment"}

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of keys that mean something else everywhere."""
        for use, key in flow.hotline.keys.model_dump().items():
            if key in ("1", "2"):
                yield (), f"key {key} means {use!r} everywhere (hotline.yaml, keys), but chooses the number here"


def _own(flow: Flow, call: Call) -> str:
    """Return the number from which the caller rings, empty where it is withheld or none that we may ring."""
    if not call.caller.startswith("+"):
        return ""
    number = numbers.e164(call.caller, flow.hotline.number)
    return number if numbers.allowed(number, flow.hotline.callbacks.prefixes) else ""
