"""Ask the wallet something, and go where its answer leads.

```yaml
why:
  kind: lookup
  ask: freeze_reason       # a question of ivr/flow/questions.py; it is about facts that the call knows
  outcomes:                # every outcome of the question, each with where it leads
    none: not_frozen
    attempts: attempts
    risk: risk
    breach: breach
    held: held
    unavailable: person
    slow: person
```
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVEN
from ivr.flow.inputs import Input
from ivr.flow.move import Go, Hold, Move, Prompt
from ivr.flow.node import Mark, Node, Path, Place, Words, shaped
from ivr.flow.questions import QUESTIONS, UNAVAILABLE, Question, outcome
from ivr.flow.waits import Lookup as Wait

NTH: Final = "nth"
MOST: Final = 5  # Things of a list that are told.
SHAPE: Final = shaped("|".join(QUESTIONS), f"write one of the questions {', '.join(QUESTIONS)}")
ENUM: Final = WithJsonSchema({"type": "string", "enum": list(QUESTIONS), "x-use": "question"})


def _schema(schema: dict[str, Any]) -> None:
    """Tell editors that each question has its own outcomes, and which are about a list."""
    schema["allOf"] = [
        {"if": {"properties": {"ask": {"const": name}}, "required": ["ask"]}, "then": _asked(question)}
        for name, question in QUESTIONS.items()
    ]


def _asked(question: Question) -> dict[str, Any]:
    known = {"required": list(question.all), "propertyNames": {"enum": list(question.all)}}
    nth = {"required": [NTH]} if NTH in question.about else {"not": {"required": [NTH]}}
    return {"properties": {"outcomes": known}} | nth


class Lookup(Node):
    """A question to the wallet; of a list, the `first` thing or the `next` one is asked for."""

    model_config = ConfigDict(json_schema_extra=_schema)

    say: Words | None = None
    ask: Annotated[str, SHAPE, Mark("question"), ENUM]
    nth: Literal["first", "next"] | None = None
    outcomes: dict[str, Place] = Field(min_length=1)

    @property
    def question(self) -> Question:
        """What is asked."""
        return QUESTIONS[self.ask]

    @property
    def asks(self) -> bool:
        """Whether the caller is asked anything: it is the wallet that answers."""
        return False

    def enter(self, flow: Flow, call: Call) -> Move:
        """Ask about what is known; raise LookupError where the call does not know what the question is about."""
        first: tuple[Learned | Prompt, ...] = (self.prompt("say"),) if self.say else ()
        facts: Mapping[str, str] = call.facts
        if self.nth:
            number = 1 if self.nth == "first" else int(facts.get(NTH, "0")) + 1
            if number > MOST:
                return Move(Go(self.outcomes["none"]), first)
            first, facts = (Learned(NTH, str(number)), *first), {**facts, NTH: str(number)}
        return Move(Hold(Wait(self.ask, tuple(self._about(flow, facts)))), first)

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Keep what the wallet found, and go where that leads."""
        came, found = outcome(heard)
        known = came if came in self.outcomes else UNAVAILABLE
        told = self.question.outcomes.get(came, {})
        return Move(Go(self.outcomes[known]), tuple(Learned(name, found.get(name, "")) for name in told))

    def _about(self, flow: Flow, facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        question = self.question
        if question.proven and PROVEN not in facts:
            raise LookupError(f"{self.place} asks about somebody who has not proven who they are: prove it before")
        for name in question.about:
            if name not in facts:
                raise LookupError(f"{self.place} asks about {name!r}, which nobody has told before it")
            yield name, facts[name]
        # What was keyed for another matter, before the caller came to this one, is not about this one.
        own = _told_in(flow, facts.get("matter", "")) if question.may else set()
        yield from ((name, facts[name]) for name in question.may if name in facts and name in own)

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        found: dict[str, str] = {NTH: "count"} if self.nth else {}
        for told in self.question.outcomes.values():
            found |= told
        return found

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of outcomes without a way on, of ways that nothing leads to, and of what the question is about."""
        question = self.question
        if flow.hotline.wallet is None:
            yield ("ask",), "hotline.yaml says nothing of the wallet: add wallet: with the words around its questions"
        for name in question.all:
            if name not in self.outcomes:
                yield ("outcomes",), f"the wallet may answer {name!r} to {self.ask!r}, but that leads nowhere: add it"
        for name in self.outcomes:
            if name not in question.all:
                known = ", ".join(question.all)
                yield ("outcomes", name), f"{name!r} is no answer to {self.ask!r}: known are {known}"
        if (NTH in question.about) != bool(self.nth):
            yield ("nth",), "nth: first or nth: next goes with a question about a list, and only with it"
        told = {fact for node in flow.nodes.values() for fact in node.learns()} | {"matter"}
        for name in question.about:
            if name not in told:
                yield ("ask",), f"nothing tells {name!r}, which {self.ask!r} is about: ask the caller for it before"


def _told_in(flow: Flow, matter: str) -> set[str]:
    """Return the facts that a matter's own nodes may learn, and which matter it is."""
    nodes = (node for place, node in flow.nodes.items() if place.partition(".")[0] == matter)
    return {"matter"}.union(*(node.learns() for node in nodes))
