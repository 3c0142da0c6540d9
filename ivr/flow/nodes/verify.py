"""Have the caller prove who they are: by account number or registered phone, then by PIN or a one-time code by SMS.

```yaml
prove:
  kind: verify
  say: 先核实一下您的身份。
  first: code              # a code is sent at once; unless given, the caller chooses between PIN and code
  then: why                # it is proven, now or before in this call
  refused: person          # tried too often by PIN and by code, or not able to
  unavailable: person      # the wallet cannot be asked
```
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, Literal

from ivr.flow.asking import ask, everywhere, missed
from ivr.flow.call import Call
from ivr.flow.events import Event, Learned
from ivr.flow.flow import Flow
from ivr.flow.identity import BARRED, PROVEN, PROVING, TRIES, WAYS, WHO, ways
from ivr.flow.inputs import Input, Pressed
from ivr.flow.move import Go, Hold, Move, Prompt
from ivr.flow.node import Node, Path, Place, Words, keys_of
from ivr.flow.numbers import mobile
from ivr.flow.questions import HOLDER, LIMITED, outcome
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import FINISH, Keys, Lookup

MOST: Final = 3  # Tries in a call.
DIGITS: Final = 6  # Of a PIN, and of a code.
ACCOUNT: Final = 10
PHONE: Final = 11
PIN, CODE, AGAIN, INSTEAD = "1", "2", "1", "2"
SECRET: Final = Keys(DIGITS, FINISH, 8, secret=True)
WHOSE: Final = Keys(PHONE, FINISH, 6, least=ACCOUNT)


class Verify(Node):
    """Proof of who calls; nothing in it tells whether an account is known."""

    say: Words | None = None
    first: Literal["code"] | None = None
    then: Place
    refused: Place
    unavailable: Place
    # The facts under which what was keyed is kept, of which agents are shown the last four digits.
    masked: ClassVar[tuple[str, ...]] = ("account", "phone")

    def enter(self, flow: Flow, call: Call) -> Move:
        """Go on where it is proven already; else ask who it is, or how they prove it where that is known."""
        if PROVEN in call.facts:
            return Move(Go(self.then))
        if int(call.facts.get(TRIES, "0")) >= MOST or not ways(call.facts):
            return Move(Go(self.refused), (_words("limited"),))
        intro = (self.prompt("say"),) if self.say else ()
        return self._ask_who(flow, call, *intro)

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Take what was asked for, by the stage at which it is."""
        if isinstance(call.wait, Lookup):
            return self._answered(flow, call, call.wait.question, heard)
        match call.facts.get(PROVING):
            case "way":
                return self._way(flow, call, heard)
            case "pin" | "code" as by:
                return self._secret(flow, call, heard, by)
            case _:
                return self._who(flow, call, heard)

    def _ask_who(self, flow: Flow, call: Call, *first: Prompt | Event, help: str = "who") -> Move:
        finish = Prompt("hotline.phrases.finish", FINISH)
        told = (Learned(PROVING, "who"), *first, _words(help), finish, *everywhere(flow, call, FINISH))
        return Move(Hold(WHOSE), told)

    def _prove(self, flow: Flow, call: Call, who: str) -> Move:
        """Go on by the way that is left; where both are, by a code at once or as the caller chooses."""
        match ways(call.facts):
            case ("pin",):
                return self._ask_secret(flow, call, "pin")
            case ("code",):
                return self._send(call, who)
        return self._send(call, who) if self.first else self._ask_way(flow, call)

    def _ask_way(self, flow: Flow, call: Call) -> Move:
        asked = ask(Keys(1), _words("by_pin", PIN), _words("by_code", CODE), *everywhere(flow, call))
        return Move(asked.then, (Learned(PROVING, "way"), *asked.first))

    def _ask_secret(self, flow: Flow, call: Call, by: str, *first: Prompt | Event) -> Move:
        """Ask for a PIN or a code; whoever missed it hears what else they can do."""
        pin = (_words("by_pin", INSTEAD + FINISH),) if "pin" in ways(call.facts) else ()
        else_ = (_words("again", AGAIN + FINISH), *pin) if by == "code" else ()
        more = (*else_, *everywhere(flow, call, FINISH)) if call.silences + call.wrongs else ()
        asked = (Learned(PROVING, by), *first, _words(by), *more)
        return Move(Hold(SECRET), asked)

    def _who(self, flow: Flow, call: Call, heard: Input) -> Move:
        keyed = keys_of(heard)
        if not (name := _named(keyed)):
            return missed(flow, call, heard, "form", self._ask_who(flow, call, help="who_help"), self.refused)
        known = (Learned(WHO, keyed), Learned(name, keyed))
        on = self._prove(flow, call, keyed)
        return Move(on.then, (*known, *on.first))

    def _way(self, flow: Flow, call: Call, heard: Input) -> Move:
        match keys_of(heard):
            case "1":
                return self._ask_secret(flow, call, "pin")
            case "2":
                return self._send(call, call.facts[WHO])
        return missed(flow, call, heard, "wrong", self._ask_way(flow, call), self.refused)

    def _secret(self, flow: Flow, call: Call, heard: Input, by: str) -> Move:
        keyed = heard.keys if isinstance(heard, Pressed) else ""
        if isinstance(keyed, Secret) or keyed == SEALED or (keyed.isdigit() and len(keyed) == DIGITS):
            secret = keyed if isinstance(keyed, Secret) or keyed == SEALED else Secret(keyed)
            about = ((WHO, call.facts[WHO]), (by, secret))
            return Move(Hold(Lookup(f"check_{by}", about)))
        if by == "code" and keyed == AGAIN:
            return self._send(call, call.facts[WHO])
        if by == "code" and keyed == INSTEAD and "pin" in ways(call.facts):
            return self._ask_secret(flow, call, "pin")
        counted = call._replace(wrongs=call.wrongs + 1)
        return missed(flow, call, heard, "form", self._ask_secret(flow, counted, by), self.refused)

    def _send(self, call: Call, who: str) -> Move:
        return Move(Hold(Lookup("send_code", ((WHO, who), ("language", call.language)))))

    def _answered(self, flow: Flow, call: Call, question: str, heard: Input) -> Move:
        came, facts = outcome(heard)
        match came:
            case "sent":
                return self._ask_secret(flow, call, "code", _words("sent"))
            case "right":
                by = question.removeprefix("check_")
                told = (Learned(name, facts.get(name, "")) for name in HOLDER)
                return Move(Go(self.then), (Learned(PROVEN, by), *told, Learned(PROVING, ""), _words("proven")))
            case "wrong":
                return self._wrong(flow, call, question.removeprefix("check_"))
            case _ if came == LIMITED:
                return self._limited(flow, call, "pin" if question == "check_pin" else "code")
        return Move(Go(self.unavailable))

    def _limited(self, flow: Flow, call: Call, by: str) -> Move:
        """Go on by the other way, as strangers may have used this one up; remember it, so as not to come back to it."""
        barred = Learned(BARRED, " ".join(way for way in WAYS if way == by or way not in ways(call.facts)))
        known = call.after(barred)
        if not ways(known.facts):
            return Move(Go(self.refused), (barred, _words("limited")))
        on = self._prove(flow, known, call.facts[WHO])
        told = _words(f"{by}_limited")
        return Move(on.then, (barred, *((told,) if told.place in flow.words[flow.base] else ()), *on.first))

    def _wrong(self, flow: Flow, call: Call, by: str) -> Move:
        """Ask again, from the second time on for the number, too: as nobody tells which of the two was wrong."""
        tries = int(call.facts.get(TRIES, "0")) + 1
        counted = Learned(TRIES, str(tries))
        if tries >= MOST:
            return Move(Go(self.refused), (counted, _words("limited")))
        wrong = _words(f"wrong_{by}")
        if tries == 1:
            return self._ask_secret(flow, call, by, counted, wrong)
        return self._ask_who(flow, call, counted, wrong)

    def keys(self, flow: Flow, call: Call) -> tuple[str, ...]:
        """Return what leads on at each stage."""
        match call.facts.get(PROVING):
            case "way":
                return PIN, CODE
            case "pin":
                return ("246810",)
            case "code":
                return ("135790", AGAIN, INSTEAD) if "pin" in ways(call.facts) else ("135790", AGAIN)
        return "8800000001", "13800138000"

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {"account": "digits", "phone": "phone", "who": "digits", "holder": "digits", "registered": "phone"}

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of words that are missing, and of keys that mean something else everywhere."""
        if flow.hotline.wallet is None:
            yield ("then",), "hotline.yaml says nothing of the wallet: add wallet: with the words around its questions"
        for use, key in flow.hotline.keys.model_dump().items():
            if key in (PIN, CODE):
                yield (), f"key {key} means {use!r} everywhere (hotline.yaml, keys), but chooses the way to prove here"


def _words(name: str, keys: str = "") -> Prompt:
    return Prompt(f"hotline.wallet.{name}", keys)


def _named(keyed: str) -> str:
    """Return as what a number is known that was keyed, empty for what is neither an account's nor a phone's."""
    if not (keyed.isdigit() and keyed.isascii()):
        return ""
    return "account" if len(keyed) == ACCOUNT else "phone" if mobile(keyed) else ""
