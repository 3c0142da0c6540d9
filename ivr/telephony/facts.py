"""What the carrier tells that must be written down whenever the database takes it: as data that a disk can keep."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

import structlog
from pydantic import TypeAdapter

from ivr.desk.keeping import Desk
from ivr.flow.events import Texted
from ivr.flow.inputs import Recorded
from ivr.hotline import Hotline
from ivr.replies import Caller
from ivr.store.messages import Messages, Status
from ivr.store.texts import Texts


@dataclass(frozen=True, slots=True)
class Over:
    """A call is over."""

    call: str
    caller: Caller
    at: datetime

    @property
    def name(self) -> str:
        """What is told, by which it is known when it is told again."""
        return "over"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The caller spoke what the flow asked for at this turn."""

    call: str
    turn: str
    recorded: Recorded
    at: datetime

    @property
    def name(self) -> str:
        """What is told, by which it is known when it is told again."""
        return self.turn


@dataclass(frozen=True, slots=True)
class Left:
    """The caller left a message, or a report, in the lifeboat."""

    call: str
    caller: Caller
    recorded: Recorded
    at: datetime

    @property
    def name(self) -> str:
        """What is told, by which it is known when it is told again."""
        return f"left/{self.recorded.sid}"


@dataclass(frozen=True, slots=True)
class Ready:
    """A recording is ready, or never will be; one of a talk is named by its `place` in line."""

    call: str
    sid: str
    state: Status
    seconds: int
    at: datetime
    place: str = ""

    @property
    def name(self) -> str:
        """What is told, by which it is known when it is told again."""
        return f"ready/{self.sid}"


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody is to be told by SMS what was done for a caller in the lifeboat."""

    call: str
    texted: Texted
    at: datetime

    @property
    def name(self) -> str:
        """What is told, by which it is known when it is told again."""
        return f"told/{self.texted.place}"


log = structlog.get_logger()
Fact = Over | Spoken | Left | Ready | Told
KINDS: Final[dict[str, TypeAdapter[Any]]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Fact)}


def write(fact: Fact) -> str:
    """Return a fact as JSON."""
    kind = type(fact).__name__
    return json.dumps({"is": kind, "told": KINDS[kind].dump_python(fact, mode="json")}, ensure_ascii=False)


def read(text: str) -> Fact:
    """Return the fact that `write` wrote; raise ValueError or KeyError for anything else."""
    data = json.loads(text)
    fact: Fact = KINDS[data["is"]].validate_python(data["told"])
    return fact


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes facts down, each as often as it is told, which does no harm.

    `wanted` is told that the file of a message is to be fetched, `changed` that somebody may have left the line;
    `parties` asks the carrier who rang in a call, and whom.
    """

    hotline: Hotline
    messages: Messages
    desk: Desk
    wanted: Callable[[], object]
    changed: Callable[[], object]
    parties: Callable[[str], tuple[str, str]]
    texts: Texts

    def write(self, fact: Fact) -> None:
        """Write a fact down; raise StoreError where the database does not take it."""
        match fact:
            case Over(call, caller, at):
                self.hotline.hang_up(call, caller, at)
                self.changed()
            case Spoken(call, turn, recorded, at):
                self.hotline.hear(call, turn, recorded, at)
            case Left(call, caller, recorded, at):
                self.hotline.save(call, recorded, self._rang(call, caller), at)
                self.changed()
            case Ready():
                self._ready(fact)
            case Told(call, texted, at):
                self.texts.add(call, texted, at)

    def _rang(self, call: str, told: Caller) -> Caller:
        """Return who rang; a call that only the lifeboat of another host knew is told of without it."""
        if told.number or self.hotline.journal.call(call):
            return told
        try:
            return Caller(*self.parties(call))
        except Exception as error:  # What was said counts more than who said it.
            log.warning("who rang is not known", call=call, why=type(error).__name__)
            return told

    def _ready(self, fact: Ready) -> None:
        told = (fact.state, fact.seconds, fact.at)
        if not fact.place:
            self.messages.report(fact.sid, fact.call, *told)
        elif found := self.desk.place(fact.place):
            self.messages.report(fact.sid, found.call_id, *told, "talk")
        self.wanted()
