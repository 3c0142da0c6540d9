"""Numbers that are nobody's in place of those of a call: the same one for the same one, taken or refused alike."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.flow import numbers
from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, HungUp, InLine, Input, LeftQueue, Pressed, Recorded, Transferred
from ivr.flow.nodes.collect import Collect
from ivr.flow.questions import QUESTIONS
from ivr.flow.waits import Agent, Lookup, Room

TELLING: Final = re.compile(r"[0-9]{5,}")  # Shorter ones tell nobody apart.
CUSTOMER: Final = "+8613800138000"
FOREIGN: Final = "+12025550123"
WITHHELD: Final = "anonymous"
OUTSIDE: Final = "+862155555555"
AGENT: Final = "alice"
MOBILE: Final = "13800138000"
LANDLINE: Final = "02155555550"


@dataclass
class Practice:
    """The numbers given up to now, by those that they stand for."""

    flow: Flow
    given: dict[str, str] = field(default_factory=dict)

    def of(self, heard: Input, call: Call) -> Input:
        """Return what was heard at this point of a call without what names a person."""
        match heard:
            case Answered(caller):
                return Answered(self._caller(caller))
            case Pressed(str(keys)):
                return Pressed(keys if self._harmless(call.node) else TELLING.sub(self._number, keys))
            case InLine():
                # How many are on says nothing to the caller, but whether anybody is.
                return replace(heard, agents=min(abs(heard.agents), 1), keys=TELLING.sub(self._number, heard.keys))
            case Transferred():
                number, agent = OUTSIDE if heard.number else "", AGENT if heard.agent else ""
                return replace(heard, number=number, agent=agent)
            case Recorded():
                return replace(heard, sid=f"RE{0:032}" if heard.sid else "")
            case Found(facts, outcome) if isinstance(call.wait, Lookup):
                return Found(dict(self._facts(call.wait.question, facts, outcome)), outcome)
            case HungUp() if isinstance(call.wait, Agent | Room):
                return LeftQueue("hangup")  # Which of the two is told is chance.
            case _:
                return heard

    def _facts(self, question: str, facts: Mapping[str, str], outcome: str) -> Iterator[tuple[str, str]]:
        """Yield what the wallet told: amounts and moments name nobody."""
        known = QUESTIONS.get(question)
        sorts = known.outcomes.get(outcome, {}) if known else {}
        for name, value in facts.items():
            match sorts.get(name):
                case "amount" | "date" | "moment":
                    yield name, value
                case "phone":
                    yield name, CUSTOMER
                case _:
                    yield name, TELLING.sub(self._number, value)

    def _harmless(self, place: str) -> bool:
        node = self.flow.nodes.get(place)
        return isinstance(node, Collect) and node.form in ("amount", "date")

    def _caller(self, number: str) -> str:
        if not (number.startswith("+") and numbers.e164(number, number)):
            return WITHHELD
        return CUSTOMER if numbers.allowed(number, self.flow.hotline.callbacks.prefixes) else FOREIGN

    def _number(self, found: re.Match[str]) -> str:
        number = found[0]
        if number not in self.given:
            known = LANDLINE if number.startswith("0") else MOBILE
            whole = numbers.e164(number, self.flow.hotline.number) and len(number) == len(known)
            like = known if whole else f"88{'0' * (len(number) - 2)}"
            self.given[number] = f"{like[:-1]}{-len(self.given) % 10}"  # Far from the demo wallet's first accounts.
        return self.given[number]
