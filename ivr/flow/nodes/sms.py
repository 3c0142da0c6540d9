"""Send the caller something to keep as an SMS: a receipt number, a link.

```yaml
texted:
  kind: sms
  to: registered         # the account's phone, once its holder has proven who they are; or caller, who rings
  text: 【数字钱包】请在应用的登录页面点“忘记密码”，重设密码。
  say: 短信已经发出，请留意查收。
  none: 抱歉，这个号码收不了短信。   # where there is no mobile number
  then: next
```
"""

from collections.abc import Iterator
from typing import Final, Literal

from ivr.flow import numbers
from ivr.flow.call import Call
from ivr.flow.events import Texted
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVEN
from ivr.flow.move import Go, Move
from ivr.flow.node import Node, Path, Place, Unspoken, Words

LONGEST: Final = 300


class Sms(Node):
    """An SMS to whoever rings, or to the phone of the account that was proven."""

    to: Literal["registered", "caller"] = "caller"
    text: Unspoken
    say: Words | None = None
    none: Words | None = None
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Send it, where there is somewhere to send it to, and go on."""
        number = self._number(flow, call)
        said = self.say if number else self.none
        told = (self.prompt("say" if number else "none"),) if said else ()
        return Move(Go(self.then), (*((self._texted(flow, call, number),) if number else ()), *told))

    def _number(self, flow: Flow, call: Call) -> str:
        given = call.facts.get("registered", "") if self.to == "registered" and PROVEN in call.facts else ""
        given = call.caller if self.to == "caller" else given
        number = numbers.mobile(given) if given.startswith("+") else ""
        return number if numbers.allowed(number, flow.hotline.callbacks.prefixes) else ""

    def _texted(self, flow: Flow, call: Call, number: str) -> Texted:
        place = f"{self.place}.text"
        return Texted(number, place, flow.write(place, call), call.language)

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of words that nobody sends: an SMS goes whole or not at all."""
        for language, words in flow.words.items():
            if len(words.get(f"{self.place}.text", "")) > LONGEST:
                yield ("text",), f"in {language} the SMS is longer than {LONGEST} characters: make it shorter"
